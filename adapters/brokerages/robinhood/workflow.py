"""Signing in to Robinhood: the verification workflow and the proofs of the person (sheet, 2B).

user_machine ── user_view ──┬ prompt ── looked at again and again ──┐
                            └ sms, email, app ── code ── respond ───┴ continue ── password grant
"""

from dataclasses import replace

from adapters.brokerages.robinhood import conversation
from adapters.brokerages.robinhood.conversation import Continuing, LoggingIn, Opening, Proving, Viewing
from adapters.kit import rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Moment, Move, Send
from adapters.kit.wire import Response, get, post_form
from domain.challenges import Answer
from domain.errors import BrokerageUnavailable, ChallengeWrong, UnreadableReply


def opened(state: Opening, response: Response, moment: Moment) -> Move:
    if conversation.busy(response):
        return conversation.wait(state, state.until)
    if response.status not in {200, 201}:
        raise failure_of(response, moment.now) or UnreadableReply()
    return conversation.view(
        Viewing(
            state.who, conversation.id_of(conversation.object_of(response)), moment.now + conversation.WINDOW
        )
    )


def viewed(state: Viewing, response: Response, moment: Moment) -> Move:
    if conversation.busy(response):
        return conversation.wait(state, state.until)
    if response.status != 200:
        raise failure_of(response, moment.now) or UnreadableReply()
    told = conversation.object_of(response)
    context = rows.optional_mapping(told, "context")
    if "sheriff_challenge" not in context:
        context = rows.optional_mapping(rows.optional_mapping(told, "type_context"), "context")
    if not context.get("sheriff_challenge"):
        return conversation.wait(state, state.until)
    challenge = rows.mapping(context, "sheriff_challenge")
    proof = conversation.proof_of(challenge, moment)
    if challenge.get("status") == "validated":
        return conversation.go_on(Continuing(state.who, state.machine, state.until))
    return conversation.ask(Proving(state.who, proof, state.machine))


def continued(state: Continuing, response: Response, moment: Moment) -> Move:
    if conversation.busy(response):  # 500 is seen for some seconds after the approval
        return conversation.wait(state, state.until)
    if response.status >= 400:
        raise failure_of(response, moment.now) or UnreadableReply()
    told = conversation.object_of(response)
    result = rows.optional_mapping(told, "type_context").get("result")
    status = result or rows.optional_mapping(told, "verification_workflow").get("workflow_status")
    match status:
        case "workflow_status_approved":
            return conversation.log_in(LoggingIn(state.who, until=state.until))
        case "workflow_status_internal_pending":
            return conversation.wait(state, state.until)
        case str():
            raise ChallengeWrong("Robinhood did not approve this sign-in.")
        case _:
            raise UnreadableReply("the verification has no result")


def answered(state: Proving, answer: Answer, moment: Moment) -> Move:
    proof = state.proof
    if moment.now >= proof.expires_at:
        return conversation.expired()
    if proof.type == "prompt":
        return Send(get(f"/push/{proof.id}/get_prompts_status/", group="auth"), state)
    code = (answer.code or "").strip()
    if not code:
        return conversation.ask(state)
    if not proof.id:
        return conversation.log_in(LoggingIn(state.who, proof, state.proved + 1), ("mfa_code", code))
    return Send(post_form(f"/challenge/{proof.id}/respond/", ("response", code)), state)


def proved(state: Proving, response: Response, moment: Moment) -> Move:
    if conversation.busy(response):
        if state.proof.type == "prompt":
            return conversation.ask(state)
        raise failure_of(response, moment.now) or BrokerageUnavailable()
    told = conversation.object_of(response)
    word = told.get("challenge_status", told.get("status"))
    if response.status == 200 and word == "validated":
        if state.machine:
            return conversation.go_on(Continuing(state.who, state.machine, moment.now + conversation.WINDOW))
        return conversation.log_in(LoggingIn(state.who, proved=state.proved + 1), challenge=state.proof.id)
    if response.status == 200 and state.proof.type == "prompt" and isinstance(word, str):
        return conversation.ask(state)
    if response.status == 400 and isinstance(told.get("challenge"), dict):
        refused = told["challenge"]
        if refused.get("status") == "expired":
            return conversation.expired()
        again = conversation.proof_of(refused, moment)
        if again.attempts_left is not None and again.attempts_left <= 0:
            raise ChallengeWrong
        return conversation.ask(replace(state, proof=again))
    raise failure_of(response, moment.now) or UnreadableReply()

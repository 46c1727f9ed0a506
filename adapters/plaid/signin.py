"""Plaid, signing in: a person goes through Link on a page of Plaid's, and we get the token of their item.

    institutions/search ─┬─ a public token is given (the caller runs Link itself) ─────────────┐
                         ├─ link/token/create ── Ask: hosted page ── link/token/get ───────────┴─ exchange ─┐
                         │                            └────── not finished: ask again ──┘                   │
                         └─ reconnect: item/get ── link/token/create (update mode) ── Ask ──────────────────┤
                                                                                                            │
                                 Done ── the right institution ── item/get ─────────────────────────────────┘
                                         another one: item/remove, and refused

In update mode the item, its access token and all its ids stay. Numbers in brackets are sections of the sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.kit import rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, post_json
from adapters.plaid import failures
from adapters.plaid.reads import HOST
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    CapabilityUnsupported,
    ChallengeExpired,
    IdentityMismatch,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

VERSION = "2020-09-14"
PRODUCTS = ["investments"]
COUNTRIES = ["US"]
POLL = timedelta(seconds=3)
DEAD = frozenset({"ITEM_NOT_FOUND", "INVALID_ACCESS_TOKEN"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What one brokerage's door asks of Plaid: an institution by its name."""

    institution: str


@dataclass(frozen=True, slots=True)
class Talk:
    """What all moves know. `institutions`: the ids that the institution has at Plaid. `access_token`: of
    the item that is being mended, or of the new one. `used`: what Link calls this person."""

    client_id: str
    secret: str = field(repr=False)
    used: str
    client_name: str
    redirect: str
    webhook: str
    public_token: str = field(repr=False, default="")
    access_token: str = field(repr=False, default="")
    item_id: str = ""
    institutions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Searching:
    talk: Talk


@dataclass(frozen=True, slots=True)
class Inspecting:
    """The item that is to be mended is being looked at."""

    talk: Talk


@dataclass(frozen=True, slots=True)
class Linking:
    """A link token was asked for. `mends`: for the item that there is already."""

    talk: Talk
    mends: bool = False


@dataclass(frozen=True, slots=True)
class AtPlaid:
    """The person is in Link; or Plaid is being asked whether they have come to its end."""

    talk: Talk
    link_token: str = field(repr=False)
    url: str = field(repr=False)
    until: float
    mends: bool = False


@dataclass(frozen=True, slots=True)
class Exchanging:
    talk: Talk


@dataclass(frozen=True, slots=True)
class Checking:
    """The new item is being looked at: is it the right institution's?"""

    talk: Talk


@dataclass(frozen=True, slots=True)
class Leaving:
    """An item of another institution is being removed: it would cost money, and nobody would read it."""

    talk: Talk


State = Searching | Inspecting | Linking | AtPlaid | Exchanging | Checking | Leaving
STATES = (Talk, Searching, Inspecting, Linking, AtPlaid, Exchanging, Checking, Leaving)


def begin(desk: Desk, given: Given, moment: Moment) -> Move:
    told = given.fields
    client_id, secret = told.get("plaid_client_id"), told.get("plaid_secret")
    if not client_id or not secret:
        raise OperatorSettingMissing("Neither the caller nor the operator gave Plaid's client id and secret.")
    talk = Talk(
        client_id=client_id,
        secret=secret,
        used=moment.nonce,
        client_name=told.get("plaid_client_name") or "brokerlink",
        redirect=given.redirect_uri or told.get("plaid_redirect_uri", ""),
        webhook=told.get("plaid_webhook", ""),
        public_token=told.get("plaid_public_token", ""),
        access_token=given.former.get("access_token", ""),
        item_id=given.former.get("item_id", ""),
    )
    # Whether Plaid reads investments there at all is to be asked before it is promised (sofi, 3.5).
    body = {"query": desk.institution, "country_codes": COUNTRIES, "products": PRODUCTS}
    return _send("/institutions/search", body, Searching(talk))


def hear(desk: Desk, state: State, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case AtPlaid(), Answer():
            return _look(state, moment)
        case Inspecting(talk), Response() if _code(heard) in DEAD:
            return _link(replace(talk, access_token="", item_id=""))  # what it was is gone: link anew
        case AtPlaid(), Response() if state.mends and _mended(heard) is False:
            return _ask(state)
        case _, Response():
            return _told(desk, state, _object(heard, moment))
        case _:
            raise AssertionError("no such move in Plaid's sign-in")


def _told(desk: Desk, state: State, told: Mapping[str, Any]) -> Move:
    match state:
        case Searching(talk):
            return _searched(desk, talk, told)
        case Inspecting(talk):
            return _link(talk, mends=True, widens=not _has_investments(rows.mapping(told, "item")))
        case Linking(talk, mends):
            return _ask(
                AtPlaid(
                    talk,
                    rows.text(told, "link_token"),
                    rows.text(told, "hosted_link_url"),
                    rows.instant(told.get("expiration"), "expiration").timestamp(),
                    mends,
                )
            )
        case AtPlaid(talk, mends=True):
            return _done(talk, rows.mapping(told, "item"))
        case AtPlaid(talk):
            public = _public_token(told)
            return _ask(state) if public is None else _exchange(replace(talk, public_token=public))
        case Exchanging(talk):
            token, item_id = rows.text(told, "access_token"), rows.text(told, "item_id")
            made = replace(talk, access_token=token, item_id=item_id, public_token="")
            return _send("/item/get", {"access_token": token}, Checking(made))
        case Checking(talk):
            item = rows.mapping(told, "item")
            if rows.optional_text(item, "institution_id") in talk.institutions:
                return _done(talk, item)
            return _send("/item/remove", {"access_token": talk.access_token}, Leaving(talk))
        case Leaving():
            raise IdentityMismatch(f"The login is one at another institution than {desk.institution}.")


def _searched(desk: Desk, talk: Talk, told: Mapping[str, Any]) -> Move:
    found = [row for row in rows.sequence(told, "institutions") if isinstance(row, dict)]
    name = desk.institution.casefold()
    ids = tuple(
        rows.text(row, "institution_id") for row in found if name in rows.text(row, "name").casefold()
    )
    if not ids:
        raise CapabilityUnsupported(f"Plaid reads no investments at {desk.institution}.")
    known = replace(talk, institutions=ids)
    if known.public_token:
        return _exchange(known)
    if known.access_token:
        return _send("/item/get", {"access_token": known.access_token}, Inspecting(known))
    return _link(known)


def _link(talk: Talk, *, mends: bool = False, widens: bool = False) -> Move:
    """A link token with a page of Plaid's. In update mode `products` are left out (2)."""
    body: dict[str, Any] = {
        "client_name": talk.client_name,
        "language": "en",
        "country_codes": COUNTRIES,
        "user": {"client_user_id": talk.used},
        "hosted_link": {"completion_redirect_uri": talk.redirect} if talk.redirect else {},
    }
    if mends:
        body["access_token"] = talk.access_token
        body |= {"additional_consented_products": PRODUCTS} if widens else {}
    else:
        body |= {"products": PRODUCTS, "account_filters": {"investment": {"account_subtypes": ["all"]}}}
    body |= {"webhook": talk.webhook} if talk.webhook else {}
    return _send("/link/token/create", body, Linking(talk, mends))


def _ask(state: AtPlaid) -> Move:
    """With an address to come back to it is a redirect; without one we look whether it is done."""
    where = state.talk.redirect
    prompt = "Choose your accounts on Plaid's page" + (", and come back." if where else "; then say so.")
    challenge = Challenge(
        ChallengeKind.REDIRECT if where else ChallengeKind.DEVICE_APPROVAL,
        prompt,
        authorize_url=state.url,
        expires_at=datetime.fromtimestamp(state.until, tz=UTC),
        poll_after=None if where else POLL,
    )
    return Ask(challenge, state)


def _look(state: AtPlaid, moment: Moment) -> Move:
    """The page is left. What came of it is asked of Plaid: the address it led back to proves nothing."""
    if moment.now.timestamp() >= state.until:
        raise ChallengeExpired
    if state.mends:
        return _send("/item/get", {"access_token": state.talk.access_token}, state)
    return _send("/link/token/get", {"link_token": state.link_token}, state)


def _mended(response: Response) -> bool | None:
    """False where the item still waits for its user."""
    try:
        item = rows.optional_mapping(rows.fields(response.body), "item")
        error = rows.optional_mapping(item, "error")
    except UnreadableReply:
        return None
    waits = isinstance(failures.failure_of(error), ReauthorizationRequired)
    return False if waits or _code(response) == "ITEM_LOGIN_REQUIRED" else None


def _has_investments(item: Mapping[str, Any]) -> bool:
    """Whether the user has consented to them; an old item may be one of bank accounts only."""
    lists = (item.get("products"), item.get("billed_products"), item.get("consented_products"))
    return any(name in listed for listed in lists if isinstance(listed, list) for name in PRODUCTS)


def _public_token(told: Mapping[str, Any]) -> str | None:
    """`link_sessions[].results.item_add_results[].public_token`; None while the person is not done."""
    for session in told.get("link_sessions") or ():
        if not isinstance(session, dict):
            continue
        for result in rows.optional_mapping(session, "results").get("item_add_results") or ():
            if isinstance(result, dict):
                return rows.text(result, "public_token")
    return None


def _exchange(talk: Talk) -> Move:
    return _send("/item/public_token/exchange", {"public_token": talk.public_token}, Exchanging(talk))


def _done(talk: Talk, item: Mapping[str, Any]) -> Move:
    """The access token does not expire; the consent behind it may."""
    until = rows.optional_text(item, "consent_expiration_time")
    values = {
        "plaid_client_id": talk.client_id,
        "plaid_secret": talk.secret,
        "access_token": talk.access_token,
        "item_id": talk.item_id or rows.text(item, "item_id"),
    }
    ends = rows.instant(until, "consent_expiration_time") if until else None
    return Done(Grant(values, renewable_until=ends, handle=values["item_id"]))


def _send(path: str, body: dict[str, Any], state: State) -> Move:
    request = post_json(path, body, HOST)
    return Send(request.with_headers(*_keys(state.talk.client_id, state.talk.secret)), state)


def _keys(client_id: str, secret: str) -> tuple[tuple[str, str], ...]:
    return (("PLAID-CLIENT-ID", client_id), ("PLAID-SECRET", secret), ("Plaid-Version", VERSION))


def _object(response: Response, moment: Moment) -> Mapping[str, Any]:
    failure = failures.explain(response) or failure_of(response, moment.now)
    if failure is not None:
        if _code(response) == "INVALID_PUBLIC_TOKEN":
            raise ChallengeExpired("Plaid does not take this public token: it lives half an hour, and once.")
        raise failure
    return rows.fields(response.body)


def _code(response: Response) -> str | None:
    if response.status < 400:
        return None
    try:
        told = rows.fields(response.body)
    except UnreadableReply:
        return None
    code = told.get("error_code")
    return code if isinstance(code, str) else None


# Afterwards.


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """The keys are headers; the access token is a member of the body."""
    body = {"access_token": grant.values["access_token"], **msgspec.json.decode(request.body)}
    signed = replace(request, body=msgspec.json.encode(body))
    return signed.with_headers(*_keys(grant.values["plaid_client_id"], grant.values["plaid_secret"]))


def revoke(grant: Grant, moment: Moment) -> Request:
    return authorise(post_json("/item/remove", {}, HOST), grant, moment)

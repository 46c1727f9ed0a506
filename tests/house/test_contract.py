"""What every message and every RPC of the contract keeps to."""

import re
from collections.abc import Iterator

import pytest
from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import FieldOptions, MethodOptions

from brokerlink.v1 import (
    accounts_pb2,
    admin_pb2,
    brokerages_pb2,
    connections_pb2,
    options_pb2,
    portfolios_pb2,
    syncs_pb2,
    transactions_pb2,
)

FILES = (
    accounts_pb2,
    admin_pb2,
    brokerages_pb2,
    connections_pb2,
    portfolios_pb2,
    syncs_pb2,
    transactions_pb2,
)
METHODS = [
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
EACH_METHOD = pytest.mark.parametrize(
    "method", METHODS, ids=lambda m: m.full_name.removeprefix("brokerlink.v1.")
)

SCOPES = {
    "connections:read",
    "connections:write",
    "portfolio:read",
    "transactions:read",
    "sync:read",
    "sync:write",
    "admin",
}
# The REST service that was there before, and what answers its calls now.
OLD_PATHS = {
    "ListBrokerages": ("get", "/brokerage_integrations/brokerages/supported"),
    "Connect": ("post", "/brokerage_integrations/brokerages/connect"),
    "ListAccounts": ("get", "/brokerage_integrations/brokerages/user/{user_id}/accounts"),
    "StartSync": ("post", "/brokerage_integrations/brokerages/accounts/{account_id}/sync"),
    "Disconnect": ("delete", "/brokerage_integrations/brokerages/accounts/{account_id}/disconnect"),
    "GetPortfolio": ("get", "/brokerage_integrations/brokerages/accounts/{account_id}/portfolio"),
    "ListTransactions": ("get", "/brokerage_integrations/brokerages/accounts/{account_id}/transactions"),
}
# Names under which a secret could travel, and the names that only look like it.
SECRET = re.compile(
    r"credential|secret|token|password|passphrase|private|cookie|(^|_)(key|code|pin|otp|grant)($|_)"
)
HARMLESS = {
    "currency_code",  # ISO 4217
    "next_page_token",  # a place in a list
    "brokerlink.v1.ChallengeOption.key",  # what to answer with, not with what to sign in
    "brokerlink.v1.CredentialField.key",  # the name of a credential
    "brokerlink.v1.CredentialField.secret",  # whether to hide it while it is typed
    "brokerlink.v1.Door.credential_fields",  # which credentials are asked for
}
SECRETS_IN = {"credentials", "code", "callback_url", "answer_text"}


def only_reads(method: MethodDescriptor) -> bool:
    return method.name.startswith(("Get", "List", "Watch"))


def fields_below(message: Descriptor) -> Iterator[FieldDescriptor]:
    """Every field that a message can hold, at any depth. Keys and values of maps are named by the map."""
    seen: set[str] = set()
    waiting = [message]
    while waiting:
        here = waiting.pop()
        if here.full_name in seen or not here.full_name.startswith("brokerlink."):
            continue
        seen.add(here.full_name)
        for field in here.fields:
            if not here.GetOptions().map_entry:
                yield field
            if field.message_type is not None:
                waiting.append(field.message_type)


def http_rules(method: MethodDescriptor) -> list[tuple[str, str]]:
    """(verb, path) of a method and of its further bindings."""
    first = method.GetOptions().Extensions[annotations_pb2.http]
    rules: list[http_pb2.HttpRule] = [first, *first.additional_bindings]
    return [(verb, getattr(rule, verb)) for rule in rules if (verb := rule.WhichOneof("pattern"))]


@EACH_METHOD
def test_a_response_has_no_field_that_could_hold_a_secret(method: MethodDescriptor) -> None:
    fields = list(fields_below(method.output_type))

    suspects = {f.full_name for f in fields if SECRET.search(f.name) and f.name not in HARMLESS}

    assert suspects - HARMLESS == set()


@EACH_METHOD
def test_a_request_marks_what_is_secret_in_it(method: MethodDescriptor) -> None:
    secret = [field for field in fields_below(method.input_type) if field.name in SECRETS_IN]

    assert all(options_of(field).debug_redact for field in secret)


def options_of(field: FieldDescriptor) -> FieldOptions:
    options = field.GetOptions()
    assert isinstance(options, FieldOptions)
    return options


@EACH_METHOD
def test_an_rpc_names_the_scope_its_caller_needs(method: MethodDescriptor) -> None:
    scope = method.GetOptions().Extensions[options_pb2.scope]

    assert scope in SCOPES
    assert scope == "admin" or scope.endswith(":read") is only_reads(method)


@EACH_METHOD
def test_an_rpc_says_whether_it_may_be_repeated(method: MethodDescriptor) -> None:
    harmless = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS

    assert harmless is only_reads(method)


@EACH_METHOD
def test_an_rpc_that_changes_something_takes_a_request_id(method: MethodDescriptor) -> None:
    assert ("request_id" in method.input_type.fields_by_name) is not only_reads(method)


@EACH_METHOD
def test_an_rpc_has_a_path_whose_variables_its_request_has(method: MethodDescriptor) -> None:
    rules = http_rules(method)

    variables = {name for _, path in rules for name in re.findall(r"\{(\w+)\}", path)}

    assert rules
    assert variables <= set(method.input_type.fields_by_name)
    assert all((verb == "get") is only_reads(method) for verb, _ in rules)


def test_no_two_rpcs_share_a_path() -> None:
    paths = [
        (verb, re.sub(r"\{\w+\}", "{}", path)) for method in METHODS for verb, path in http_rules(method)
    ]

    assert len(paths) == len(set(paths))


def test_the_old_paths_still_lead_somewhere() -> None:
    by_name = {method.name: http_rules(method) for method in METHODS}

    lost = {name: path for name, path in OLD_PATHS.items() if path not in by_name[name]}

    assert lost == {}


@EACH_METHOD
def test_a_figure_is_text_and_never_a_float(method: MethodDescriptor) -> None:
    kinds = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
    fields = [*fields_below(method.input_type), *fields_below(method.output_type)]

    assert [field.full_name for field in fields if field.type in kinds] == []


@pytest.mark.parametrize("method", [m for m in METHODS if m.name.startswith("List")], ids=lambda m: m.name)
def test_a_list_comes_in_pages(method: MethodDescriptor) -> None:
    assert {"page_size", "page_token"} <= set(method.input_type.fields_by_name)
    assert "next_page_token" in method.output_type.fields_by_name

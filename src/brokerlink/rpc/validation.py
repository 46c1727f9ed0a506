"""The rules of the contract, checked before a request reaches anything of ours."""

import protovalidate
from google.protobuf.message import Message

from brokerlink.rpc.errors import FieldsInvalid
from brokerlink.rpc.methods import methods

MOST = 20  # violations told of one request

_validator = protovalidate.Validator()


def warm() -> None:
    """Compile all rules: the first use of a message takes milliseconds, later ones next to nothing."""
    for method in methods().values():
        _validator.collect_violations(method.request())


def check(request: Message) -> None:
    """Raises FieldsInvalid. What it says names fields and rules, and nothing of what was given."""
    violations = _validator.collect_violations(request)
    if violations:
        raise FieldsInvalid([(_path(one), one.proto.message or "is not valid") for one in violations[:MOST]])


def _path(violation: protovalidate.Violation) -> str:
    """The path of the field, without keys of maps: those are the caller's, and may be secrets that were
    put into the wrong place."""
    field = violation.proto.field
    if field is None:
        return ""
    words = []
    for element in field.elements:
        subscript = element.subscript
        index = f"[{subscript.value}]" if subscript is not None and subscript.field == "index" else ""
        words.append(f"{element.field_name}{index}")
    return ".".join(words)

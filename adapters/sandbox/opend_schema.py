"""A gateway's messages, read from the text of their .proto files: for the codec and for strict checks."""

import re
from dataclasses import dataclass, field

_MESSAGE = re.compile(r"message\s+(\w+)\s+\{(.*?)\}", re.DOTALL)
_FIELD = re.compile(r"(required|optional|repeated)\s+(\w+)\s+(\w+)\s+=\s+(\d+);")
WHOLE = frozenset({"int32", "int64", "uint32", "uint64"})


@dataclass(frozen=True, slots=True)
class Line:
    """One field: `label` is required, optional or repeated, `kind` a scalar's name or a message's."""

    label: str
    kind: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Schema:
    """`messages` by name. `calls` names what is asked and told of each protocol."""

    messages: dict[str, tuple[Line, ...]]
    calls: dict[int, tuple[str, str]] = field(default_factory=dict)

    def complaint(self, kind: str, told: object, where: str = "c2s") -> str | None:
        """What is wrong with a message as JSON; None for a good one."""
        if not isinstance(told, dict):
            return f"{where} is no message"
        lines = {line.name: line for line in self.messages[kind]}
        for name in told:
            if name not in lines:
                return f"{where}.{name} is unknown"
        for line in lines.values():
            value = told.get(line.name)
            if value is None:
                if line.label == "required":
                    return f"missing necessary parameter: {where}.{line.name}"
                continue
            wrong = self._of_value(line, value, f"{where}.{line.name}")
            if wrong is not None:
                return wrong
        return None

    def _of_value(self, line: Line, value: object, where: str) -> str | None:
        if line.label == "repeated" and not isinstance(value, list):
            return f"{where} is no list"
        for one in value if isinstance(value, list) else [value]:
            if line.kind in self.messages:
                wrong = self.complaint(line.kind, one, where)
                if wrong is not None:
                    return wrong
            elif not _fits(line.kind, one):
                return f"{where} is no {line.kind}"
        return None


def _fits(kind: str, value: object) -> bool:
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            # 64-bit numbers come as texts too.
            return type(value) is int or (isinstance(value, str) and value.lstrip("-").isdigit())


def schema(text: str, calls: dict[int, tuple[str, str]]) -> Schema:
    messages = {
        name: tuple(
            Line(label, kind, called, int(number)) for label, kind, called, number in _FIELD.findall(body)
        )
        for name, body in _MESSAGE.findall(text)
    }
    return Schema(messages, calls)

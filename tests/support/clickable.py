"""What a person can click on a page: its forms, filled as a browser would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass
class Form:
    """One form: where its button leads. A GET form puts its fields into the query."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: int = 0

    @property
    def url(self) -> str:
        return f"{self.action}?{urlencode(self.fields)}" if self.method == "GET" else self.action


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.forms.append(Form(told["method"].upper(), told["action"]))
            case "input" if told.get("type") == "hidden":
                self.forms[-1].fields.append((told["name"], told["value"]))
            case "button":
                self.forms[-1].buttons += 1
            case "script":
                raise AssertionError("a page has a script")


def forms(page: bytes) -> list[Form]:
    """The forms of a page; each has one button."""
    reader = _Reader()
    reader.feed(page.decode())
    assert all(form.buttons == 1 for form in reader.forms)
    return reader.forms

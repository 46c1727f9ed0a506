"""Flex XML, cut into statements of flat rows with the line of each; or what the service says in its place.

A reader that builds no tree, follows no entity and takes no document type: a bomb ends it at its first
line. Every value stays the text that it was.
"""

from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from domain.errors import StatementUnreadable

MAX_DEPTH = 12
SECTION = 3
MAX_ROWS = 500_000
QUERY, RESPONSE = "FlexQueryResponse", "FlexStatementResponse"


@dataclass(frozen=True, slots=True)
class Element:
    name: str
    values: dict[str, str]
    line: int


@dataclass(slots=True)
class FlexStatement:
    """What a query says of one account: the elements of all its sections, in the order of the document."""

    values: dict[str, str]
    line: int
    elements: list[Element] = field(default_factory=list)
    sections: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        return self.values.get("accountId", "").strip()

    def named(self, *names: str) -> list[Element]:
        return [element for element in self.elements if element.name in names]


@dataclass(frozen=True, slots=True)
class Said:
    """FlexStatementResponse: a reference code to fetch the statement with, or an error code."""

    status: str = ""
    code: str = ""
    reference: str = ""
    url: str = ""


def document(content: bytes) -> list[FlexStatement] | Said:
    """Raises StatementUnreadable with the line, for all that is no Flex document."""
    reader = _Reader()
    try:
        parseString(content, reader, forbid_dtd=True)
    except DefusedXmlException:
        message = "The file has a document type or entities, which no statement has."
        raise StatementUnreadable(message, reader.line) from None
    except SAXParseException as broken:
        raise StatementUnreadable("The XML ends or breaks here.", broken.getLineNumber() or 0) from None
    except (SAXException, ValueError, LookupError):
        raise StatementUnreadable("The file is no XML.", reader.line) from None
    if reader.root == RESPONSE:
        told = {name: "".join(parts).strip() for name, parts in reader.texts.items()}
        names = ("Status", "ErrorCode", "ReferenceCode", "Url")
        return Said(*(told.get(name, "") for name in names))
    if reader.count.isdigit() and int(reader.count) != len(reader.statements):
        raise StatementUnreadable("The file says that it has more statements than it has, or fewer.")
    return reader.statements


class _Reader(ContentHandler):
    """FlexQueryResponse > FlexStatements > FlexStatement > section > row; some rows stand beside sections."""

    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self.count = ""
        self.statements: list[FlexStatement] = []
        self.texts: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._rows = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: ANN401, N802  the handler's own name
        self._locator = locator

    @property
    def line(self) -> int:
        return (self._locator.getLineNumber() or 0) if self._locator is not None else 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: ANN401, N802
        depth = len(self._path)
        self._path.append(name)
        if depth == 0:
            self.root = name
            if name not in {QUERY, RESPONSE}:
                raise StatementUnreadable("This XML is no Flex statement.", self.line)
        if depth > MAX_DEPTH or self._rows > MAX_ROWS:
            raise StatementUnreadable("The file is deeper or longer than a statement can be.", self.line)
        if self.root == RESPONSE:
            self.texts[name] = []
        elif name == "FlexStatements":
            self.count = attrs.get("count", "")
        elif name == "FlexStatement":
            self.statements.append(FlexStatement(dict(attrs.items()), self.line))
        elif not attrs.getLength() and depth == SECTION and self.statements:
            self.statements[-1].sections.add(name)
        elif attrs.getLength() and self.statements:
            self._rows += 1
            self.statements[-1].elements.append(Element(name, dict(attrs.items()), self.line))

    def endElement(self, name: str) -> None:  # noqa: N802
        self._path.pop()

    def characters(self, content: str) -> None:
        if self.root == RESPONSE and len(self._path) > 1:
            self.texts[self._path[-1]].append(content)

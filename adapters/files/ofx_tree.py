"""An OFX document as a tree, whichever family it is of: SGML (1.x) or XML (2.x). Sheet: ofx, 3.2.

Bounded before anything is made of it: so many elements, so deep. What cannot be read is refused with its
line.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from adapters.files import ofx_sgml
from adapters.files.ofx_sgml import NO_ENTITIES, Bounds
from domain.errors import StatementUnreadable

HEAD = 4096
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Node:
    """An element: a leaf with a text, or an aggregate with children. Tags are upper-case."""

    tag: str
    line: int
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def find(self, *path: str) -> "Node | None":
        """The first element down the path of tags; None where there is none."""
        found: Node | None = self
        for tag in path:
            found = next((child for child in found.children if child.tag == tag), None) if found else None
        return found

    def all(self, tag: str) -> list["Node"]:
        return [child for child in self.children if child.tag == tag]

    def value(self, *path: str) -> str:
        """The text of a leaf, without the padding that some write; empty where it is not told."""
        found = self.find(*path)
        return found.text if found is not None else ""

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def written(self) -> bytes:
        """The element as it came, but for line breaks and padding."""
        return "".join(self._parts()).encode()

    def _parts(self) -> Iterator[str]:
        yield f"<{self.tag}>{self.text}"
        for child in self.children:
            yield from child._parts()  # noqa: SLF001  its own kind
        if self.children:
            yield f"</{self.tag}>"


def fits(content: bytes) -> bool:
    """Whether it looks like OFX of any family."""
    head = content[:HEAD].upper()
    return b"OFXHEADER" in head or b"<OFX>" in head


def document(content: bytes) -> Node:
    """The element OFX. Raises StatementUnreadable with the line."""
    head = content[:HEAD].removeprefix(BOM).lstrip()
    if head.startswith(b"<?xml") or head.upper().startswith(b"<?OFX"):
        return _from_xml(content)
    return _from_sgml(content)


def _from_sgml(content: bytes) -> Node:
    top, bounds, line = Node("", 0), Bounds(), 0
    stack = [top]
    for event in ofx_sgml.events(content):
        line = event.line
        if event.kind == "close":
            _close(stack, event.tag, line)
            continue
        bounds.one_more(len(stack), line)
        node = Node(event.tag, line, event.text)
        stack[-1].children.append(node)
        if event.kind == "open":
            stack.append(node)
    if len(stack) > 1:
        raise StatementUnreadable("The file breaks off here.", line)
    return _only(top)


def _close(stack: list[Node], tag: str, line: int) -> None:
    """End an aggregate. What still stands open inside it were leaves without a text: they end by rule, and
    what came after them is their neighbour."""
    if all(node.tag != tag for node in stack[1:]):
        raise StatementUnreadable("Something is closed here that was not open.", line)
    while stack[-1].tag != tag:
        empty = stack.pop()
        stack[-1].children += empty.children
        empty.children = []
    stack.pop()


def _from_xml(content: bytes) -> Node:
    reader = _Reader()
    try:
        parseString(content.removeprefix(BOM).lstrip(), reader, forbid_dtd=True)
    except DefusedXmlException:
        raise StatementUnreadable(NO_ENTITIES, reader.line) from None
    except SAXParseException as broken:
        raise StatementUnreadable("The XML ends or breaks here.", broken.getLineNumber() or 0) from None
    except (SAXException, ValueError, LookupError):
        raise StatementUnreadable("The file is no XML.", reader.line) from None
    return _only(reader.top)


def _only(top: Node) -> Node:
    if len(top.children) != 1 or top.children[0].tag != "OFX":
        line = top.children[1].line if len(top.children) > 1 else 0
        raise StatementUnreadable("The file is not one OFX document.", line)
    return top.children[0]


class _Reader(ContentHandler):
    """Builds the tree from XML."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Node("", 0)
        self._stack = [self.top]
        self._texts: list[str] = []
        self._bounds = Bounds()
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: ANN401, N802  the handler's own name
        self._locator = locator

    @property
    def line(self) -> int:
        return (self._locator.getLineNumber() or 0) if self._locator is not None else 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: ANN401, N802
        self._bounds.one_more(len(self._stack), self.line)
        node = Node(name.upper(), self.line)
        self._stack[-1].children.append(node)
        self._stack.append(node)
        self._texts.clear()

    def endElement(self, name: str) -> None:  # noqa: N802
        node = self._stack.pop()
        if not node.children:
            node.text = ofx_sgml.tidy("".join(self._texts), node.line)
        self._texts.clear()

    def characters(self, content: str) -> None:
        self._texts.append(content)

"""OFX documents of both families become one tree, bounded, or are refused with the line."""

import pytest

from adapters.files import ofx_sgml, ofx_tree
from adapters.files.ofx_tree import Node
from domain.errors import StatementUnreadable

HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="220"?>\n'


def tree(body: str, head: str = HEAD) -> Node:
    return ofx_tree.document((head + body).encode("cp1252"))


def shape(node: Node) -> object:
    return (
        (node.tag, node.text) if not node.children else (node.tag, [shape(child) for child in node.children])
    )


WANTED = ("OFX", [("A", [("B", "1"), ("C", "two words"), ("D", "3")])])


@pytest.mark.parametrize(
    "body",
    [
        "<OFX><A><B>1<C>two words<D>3</A></OFX>",
        "<OFX><A><B>1</B><C>two words</C><D>3</D></A></OFX>",
        "<OFX><A><B>1<C>two words</C><D>3</A></OFX>",
        "<ofx>\n <a>\n  <b>1\n  <c>two words   \n  <d> 3\n </a>\n</ofx>\n",
    ],
)
def test_leaves_may_be_closed_or_not_and_mixed(body: str) -> None:
    assert shape(tree(body)) == WANTED


@pytest.mark.parametrize("body", ["<OFX><A><B><C>two<D>3</A></OFX>", "<OFX><A><B></B><C>two<D>3</A></OFX>"])
def test_a_leaf_that_says_nothing_is_no_aggregate(body: str) -> None:
    assert shape(tree(body)) == ("OFX", [("A", [("B", ""), ("C", "two"), ("D", "3")])])


def test_many_unclosed_empty_leaves_are_not_deep() -> None:
    rows = "<R><MEMO><X>1</R>" * 500

    assert len(tree(f"<OFX><L>{rows}</L></OFX>").find("L").children) == 500  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("\n", "\r\n"),
        "OFXHEADER:100 DATA:OFXSGML VERSION:102 CHARSET:1252 ENCODING:USASCII ",
        "\ufeff\n\n   OFXHEADER:100\n  DATA:OFXSGML\n\n\n",
        "",
    ],
)
def test_headers_are_read_leniently(head: str) -> None:
    content = (head + "<OFX><A><B>1</A></OFX>").encode("utf-8")

    assert shape(ofx_tree.document(content)) == ("OFX", [("A", [("B", "1")])])
    assert ofx_tree.fits(content)


@pytest.mark.parametrize(
    ("header", "codec"),
    [
        ("ENCODING:USASCII\nCHARSET:1252\n", "cp1252"),
        ("ENCODING:UTF-8\nCHARSET:NONE\n", "utf-8"),
        ("ENCODING:UNICODE\n", "utf-8"),
        ("ENCODING:USASCII\nCHARSET:ISO-8859-1\n", "latin-1"),
        ("ENCODING:USASCII\nCHARSET:NONE\n", "utf-8"),
    ],
)
def test_the_header_says_which_letters_are_meant(header: str, codec: str) -> None:
    content = f"OFXHEADER:100\n{header}\n<OFX><A><B>Société</A></OFX>".encode(codec)

    assert ofx_tree.document(content).value("A", "B") == "Société"


def test_entities_and_stray_signs_in_texts_of_sgml() -> None:
    told = tree("<OFX><A><B>AT&amp;T &lt;x&gt;&nbsp;<C>M&A <D>a < b</A></OFX>")

    assert [told.value("A", name) for name in "BCD"] == ["AT&T <x>", "M&A", "a < b"]


def test_cdata_is_text() -> None:
    assert tree("<OFX><A><B><![CDATA[a <b> & c]]></A></OFX>").value("A", "B") == "a <b> & c"


def test_xml_is_the_same_tree() -> None:
    body = "<OFX>\n<A><B>1</B><C>two words</C><D> 3 </D></A></OFX>"

    assert shape(ofx_tree.document((XML + body).encode())) == WANTED
    assert ofx_tree.fits((XML + body).encode())


def test_elements_know_their_lines() -> None:
    sgml = tree("<OFX>\n<A>\n<B>1\n<C>2\n</A></OFX>")
    xml = ofx_tree.document((XML + "<OFX>\n<A>\n<B>1</B>\n<C>2</C>\n</A></OFX>").encode())

    assert [node.line for node in sgml.walk()] == [7, 8, 9, 10]
    assert [node.line for node in xml.walk()] == [3, 4, 5, 6]


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>\n"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (XML.partition("\n")[0] + "\n" + BOMB + "<OFX><A>&b;</A></OFX>", 2, "entities"),
        (HEAD + "<OFX>\n" + BOMB + "<A><B>1</A></OFX>", 8, "entities"),
        (HEAD + '<OFX>\n<!ENTITY xxe SYSTEM "file:///etc/passwd">\n<A><B>&xxe;</A></OFX>', 8, "entities"),
        (HEAD + "<OFX>\n<A><B>1\n", 8, "breaks off"),
        (HEAD + "<OFX>\n<A>\n<B>1</A>\n</C></OFX>", 10, "closed here"),
        (XML + "<OFX>\n<A><B>1</A></OFX>", 4, "breaks"),
        (XML + "<OFX>\n<A>", 4, "breaks"),
        (HEAD + "<OFX></OFX>\n<OFX></OFX>", 8, "not one"),
        (HEAD + "<OFX>" + "<A>\n" * 60, 46, "deeper"),
        (HEAD + "<OFX>\n<A>\n" + "x" * 5000 + "</A></OFX>", 8, "longer"),
        ("OFXHEADER:100\nSECURITY:TYPE1\n\n<OFX></OFX>", 1, "encrypted"),
        ("OFXHEADER:100\nCOMPRESSION:GZIP\n\n<OFX></OFX>", 1, "compressed"),
        ("OFXHEADER:100\n\nno document", 0, "no OFX document"),
    ],
)
def test_bombs_breaks_and_lies_are_refused_with_the_line(content: str, line: int, said: str) -> None:
    with pytest.raises(StatementUnreadable) as refused:
        ofx_tree.document(content.encode())

    assert (refused.value.line, said in refused.value.message) == (line, True), refused.value.message


def test_more_elements_than_a_statement_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ofx_sgml, "MAX_ELEMENTS", 100)
    rows = "<R><X>1</R>\n" * 60

    for content in (HEAD + f"<OFX>{rows}</OFX>", XML + f"<OFX>{rows.replace('1<', '1</X><')}</OFX>"):
        with pytest.raises(StatementUnreadable, match="deeper or longer"):
            ofx_tree.document(content.encode())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.7", b'"Date","Action"\n', b"<html>"])
def test_what_is_no_ofx_does_not_fit(content: bytes) -> None:
    assert not ofx_tree.fits(content)

"""Tables in CSV files: found by their columns' names, with the lines they are on."""

from datetime import date
from decimal import Decimal

import pytest

from adapters.files import csv_table
from adapters.files.csv_table import Found, Layout, Line
from domain.errors import StatementUnreadable, UnreadableReply

PEOPLE = Layout("people", frozenset({"name", "age", "town"}), totals=("Total",))
THINGS = Layout("things", frozenset({"thing", "price ($)"}), ends_blank=True)
HEADER = "Name,Age,Town\n"


def read(text: str) -> Found:
    return csv_table.read(text.encode(), (PEOPLE, THINGS))


def cells(text: str) -> list[dict[str, str]]:
    return [line.cells for table in read(text).tables for line in table.rows]


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "Ann,7,Ulm\n",
        "\ufeff" + HEADER + "Ann,7,Ulm\n",
        "\r\n\r\nReport of today\r\n\r\nName,Age,Town\r\nAnn,7,Ulm\r\n",
        "Town,More, NAME ,age\nUlm,x,Ann,7\n",
        '"Name","Age","Town",\n"Ann","7"," Ulm ",\n',
        "Name,Age,Town\nAnn,7,Ulm,\n",
        ",,,\n,,,\nName,Age,Town\nAnn,7,Ulm\n\nThis is small print.\nTotal,7,\n",
    ],
)
def test_a_table_is_found_by_the_names_of_its_columns(text: str) -> None:
    (row,) = cells(text)

    assert {name: row[name] for name in ("name", "age", "town")} == {"name": "Ann", "age": "7", "town": "Ulm"}


def test_several_tables_of_one_file_and_what_lies_between() -> None:
    found = read(HEADER + "Ann,7,Ulm\n\n\nTitle of the next\nThing,Price ($)\nhat,1\n\nsmall print,here\n")

    assert [(table.layout.id, table.line, len(table.rows)) for table in found.tables] == [
        ("people", 1, 1), ("things", 6, 1),
    ]  # fmt: skip
    assert [line.cells[""] for line in found.outside] == ["Title of the next", "small print here"]


def test_rows_know_their_lines_and_how_they_came() -> None:
    (table,) = read('Title\n\nName,Age,Town\nAnn,7,"Ulm,\nnew"\n\nBob,8,Rom\n').tables

    assert [row.number for row in table.rows] == [4, 7]
    assert table.rows[0].raw == b'Ann,7,"Ulm,\nnew"'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("no table\nat all,here\n", 0, "None of the tables"),
        (HEADER + "Ann,7,Ulm\nBob,8\n", 3, "more or fewer cells"),
        (HEADER + "Ann,7,Ulm,extra,cells\n", 2, "more or fewer cells"),
        (HEADER + 'Ann,7,Ulm\n"Bob,8,Rom\n', 3, "quoted cell"),
        (HEADER + 'Ann,7,Ulm\n"Bob"x,8,Rom\n', 3, "quoted cell"),
        (HEADER + "Ann,7," + "x" * 5000 + "\n", 2, "longer"),
        (HEADER + "," * 500 + "\n", 2, "longer"),
        (HEADER + "Ann,\x00,Ulm\n", 2, "no text"),
    ],
)
def test_broken_files_are_refused_with_the_line(text: str, line: int, said: str) -> None:
    with pytest.raises(StatementUnreadable) as refused:
        read(text)

    assert (refused.value.line, said in refused.value.message) == (line, True), refused.value.message


def test_more_lines_than_a_statement_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MAX_LINES", 10)

    with pytest.raises(StatementUnreadable, match="longer"):
        read(HEADER + "Ann,7,Ulm\n" * 20)


def test_letters_of_windows_are_read() -> None:
    (table,) = csv_table.read((HEADER + "Ann,7,Köln\n").encode("cp1252"), (PEOPLE,)).tables

    assert table.rows[0].cells["town"] == "Köln"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"), ("-1.5", "-1.5"), ("$1,234.50", "1234.50"), ("-$12.00", "-12.00"), ("$-5", "-5"),
        ("+$3302.50", "3302.50"), ("($1,012.50)", "-1012.50"), ("(37.50)", "-37.50"), ("18.30%", "18.30"),
        ("1,234,567.89", "1234567.89"), (".5", "0.5"), ("12.", "12"), ("0.000", "0.000"),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, value: str) -> None:
    assert csv_table.amount(text, "amount") == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "$", "1,5", "12,34.5", "1.2.3", "--5", "1e5", "NaN", "(", "1_0", "\u0661", "1 2x", "9" * 60]
)
def test_a_comma_that_is_none_between_thousands_is_not_guessed_at(text: str) -> None:
    with pytest.raises(UnreadableReply, match="amount"):
        csv_table.amount(text, "amount")


@pytest.mark.parametrize("text", ["", "--", "n/a", "N/A", "-", "Processing"])
def test_what_is_not_told_is_none(text: str) -> None:
    assert Line(1, {"x": text}, b"").figure("x") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("11/3/2026", date(2026, 11, 3)), ("11/03/2026", date(2026, 11, 3)),
        ("2026-11-03", date(2026, 11, 3)),
        ("2026/11/03", date(2026, 11, 3)), ("Nov-03-2026", date(2026, 11, 3)), ("03.11.2026", None),
        ("13/31/2026", None), ("", None), ("1/1/0001", None),
    ],
)  # fmt: skip
def test_days_as_web_sites_write_them(text: str, day: date | None) -> None:
    assert csv_table.day(text) == day


def test_a_cell_that_is_no_figure_names_its_column_and_line_and_not_itself() -> None:
    line = Line(12, {"amount": "my secret"}, b"")

    with pytest.raises(StatementUnreadable, match="Line 12: amount is not a number") as refused:
        line.figure("amount")
    assert "secret" not in refused.value.message


def test_only_the_head_of_a_file_is_looked_at() -> None:
    assert csv_table.fits(("x\n" * 100 + HEADER).encode(), (PEOPLE,))
    assert not csv_table.fits(("x\n" * 20_000 + HEADER).encode(), (PEOPLE,))
    assert not csv_table.fits(b"\x00\xff\xfe" * 100, (PEOPLE,))

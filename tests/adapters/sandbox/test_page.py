"""The pages on which a person says yes: nothing in them that a query brought can be more than text."""

import clickable

from adapters.sandbox.page import button, link, say_page, shown, text

EVIL = """"'><script>alert(1)</script>&amp;"""


def test_whatever_is_put_on_a_page_is_text() -> None:
    page = say_page(EVIL, text(EVIL), link(EVIL, EVIL), button(EVIL, EVIL, [(EVIL, EVIL)]), shown(EVIL, EVIL))

    (form,) = clickable.forms(page.body)

    assert (form.method, form.action, form.fields) == ("GET", EVIL, [(EVIL, EVIL)])
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_page_is_a_whole_document_that_nobody_keeps() -> None:
    page = say_page("Hello", text("You."), status=404)

    assert page.status == 404
    assert page.text.startswith('<!doctype html><html lang="en">')
    assert "<h1>Hello</h1><p>You.</p>" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-type"] == "text/html; charset=utf-8"

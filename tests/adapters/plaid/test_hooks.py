"""Webhooks: what Plaid has signed is believed, and nothing else; what each of them asks for."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from adapters.kit.wire import Response
from adapters.plaid import hooks
from adapters.plaid.notices import Notices
from adapters.sandbox.asked import to_json
from adapters.sandbox.create import create
from domain.errors import ConsentRevoked, UnreadableReply
from domain.ports.notices import Deed, Forged, Notice

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
BODY = b'{"webhook_type":"HOLDINGS","webhook_code":"DEFAULT_UPDATE","item_id":"I"}'


@pytest.fixture(scope="module")
def signer() -> Notices:
    return Notices(create("sofi", today=NOW.date(), persona="empty").play)


@pytest.fixture(scope="module")
def key(signer: Notices) -> hooks.Key:
    return hooks.key_of(Response(200, {}, to_json({"key": signer.key(signer.kid, NOW), "request_id": "r"})))


def test_what_plaid_signed_is_believed(signer: Notices, key: hooks.Key) -> None:
    header = signer.signed(BODY, NOW)

    assert hooks.kid_of(header) == key.kid
    hooks.check(header, BODY, key, NOW + timedelta(minutes=4))


def test_another_body_is_forged(signer: Notices, key: hooks.Key) -> None:
    with pytest.raises(Forged):
        hooks.check(signer.signed(BODY, NOW), BODY + b" ", key, NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-2)])
def test_an_old_one_and_one_of_the_future_are_forged(
    signer: Notices, key: hooks.Key, late: timedelta
) -> None:
    with pytest.raises(Forged):
        hooks.check(signer.signed(BODY, NOW), BODY, key, NOW + late)


def test_another_key_is_forged(signer: Notices) -> None:
    other = Notices(create("sofi", seed=8, today=NOW.date(), persona="empty").play)
    theirs = other.key(other.kid, NOW) | {"kid": signer.kid}
    key = hooks.key_of(Response(200, {}, to_json({"key": theirs})))

    with pytest.raises(Forged):
        hooks.check(signer.signed(BODY, NOW), BODY, key, NOW)


def test_a_key_that_has_expired_signs_nothing_any_more(signer: Notices) -> None:
    told = signer.key(signer.kid, NOW) | {"expired_at": int(NOW.timestamp())}
    key = hooks.key_of(Response(200, {}, to_json({"key": told})))

    hooks.check(signer.signed(BODY, NOW), BODY, key, NOW - timedelta(seconds=1))
    with pytest.raises(Forged):
        hooks.check(signer.signed(BODY, NOW), BODY, key, NOW)


def turned(header: str, place: int, value: dict[str, object]) -> str:
    pieces = header.split(".")
    pieces[place] = base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return ".".join(pieces)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "es256", None, 7])
def test_any_other_algorithm_is_refused_before_a_key_is_looked_for(
    signer: Notices, algorithm: object
) -> None:
    with pytest.raises(Forged):
        hooks.kid_of(turned(signer.signed(BODY, NOW), 0, {"alg": algorithm, "kid": signer.kid}))


@pytest.mark.parametrize("place", [0, 1])
def test_header_and_claims_are_what_was_signed(signer: Notices, key: hooks.Key, place: int) -> None:
    header = signer.signed(BODY, NOW)
    part = header.split(".")[place]
    value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    with pytest.raises(Forged):
        hooks.check(turned(header, place, value | {"more": 1}), BODY, key, NOW)


@pytest.mark.parametrize("header", ["", ".", "..", "a.b.c", "e30.e30.e30", "ä.ä.ä", "x" * 9000, "e30.e30"])
def test_what_is_no_token_is_forged_and_nothing_worse(header: str, key: hooks.Key) -> None:
    with pytest.raises(Forged):
        hooks.kid_of(header)
    with pytest.raises(Forged):
        hooks.check(header, BODY, key, NOW)


@pytest.mark.parametrize(
    "changed", [{"kty": "RSA"}, {"crv": "P-384"}, {"alg": "none"}, {"x": "AAAA"}, {"x": "%"}, {"y": None}]
)
def test_a_key_that_is_none_for_es256_is_unreadable(signer: Notices, changed: dict[str, object]) -> None:
    told = signer.key(signer.kid, NOW) | changed

    with pytest.raises(UnreadableReply):
        hooks.key_of(Response(200, {}, to_json({"key": told})))


# What they say.


def notice(kind: str, code: str, **more: object) -> Notice:
    told = {"webhook_type": kind, "webhook_code": code, "item_id": "I"} | more
    return hooks.notice_of(json.dumps(told).encode(), NOW)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("HOLDINGS", "DEFAULT_UPDATE"),
        ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE"),
        ("INVESTMENTS_TRANSACTIONS", "HISTORICAL_UPDATE"),
    ],
)
def test_news_ask_for_a_sync(kind: str, code: str) -> None:
    assert notice(kind, code) == Notice("I", Deed.SYNC, f"{kind}/{code}")


def test_a_login_that_is_repaired_ends_what_was_told_ahead() -> None:
    assert notice("ITEM", "LOGIN_REPAIRED") == Notice("I", Deed.MENDED, "ITEM/LOGIN_REPAIRED")


def test_a_permission_that_is_revoked_asks_the_user() -> None:
    found = notice("ITEM", "USER_PERMISSION_REVOKED", error=None)

    assert (found.handle, found.deed) == ("I", Deed.ASK_USER)
    assert isinstance(found.failure, ConsentRevoked)


@pytest.mark.parametrize("reason", ["INSTITUTION_MIGRATION", "INSTITUTION_TOKEN_EXPIRATION"])
def test_a_disconnect_that_is_pending_is_a_warning_for_seven_days_in_which_data_still_come(
    reason: str,
) -> None:
    found = notice("ITEM", "PENDING_DISCONNECT", reason=reason)

    assert (found.handle, found.deed, found.failure) == ("I", Deed.WARN_USER, None)
    assert found.until == NOW + timedelta(days=7)


def test_consent_that_ends_on_a_day_is_a_warning() -> None:
    found = notice("ITEM", "PENDING_EXPIRATION", consent_expiration_time="2026-12-24T00:00:00Z")

    assert (found.handle, found.deed) == ("I", Deed.WARN_USER)
    assert found.until == datetime(2026, 12, 24, tzinfo=UTC)


def test_an_error_asks_the_user_if_only_they_can_help_and_else_for_a_look() -> None:
    login = notice("ITEM", "ERROR", error={"error_type": "ITEM_ERROR", "error_code": "ITEM_LOGIN_REQUIRED"})
    down = notice(
        "ITEM", "ERROR", error={"error_type": "INSTITUTION_ERROR", "error_code": "INSTITUTION_DOWN"}
    )

    assert login.deed is Deed.ASK_USER
    assert down.deed is Deed.SYNC


def test_a_notice_that_nobody_knows_asks_for_nothing() -> None:
    assert notice("LINK", "SESSION_FINISHED").deed is Deed.NOTHING


def test_a_notice_without_words_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        hooks.notice_of(b'{"item_id":"I"}', NOW)

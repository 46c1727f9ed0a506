"""Keys of notices that cannot be had just now: the notice is not forged, and may come again."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest

from adapters.brokerages import card
from adapters.kit.catalogue import Configured
from adapters.kit.http import MemoryWire
from adapters.kit.notices import MOST_KEYS, ProvedNotices
from adapters.kit.wire import Request, Response
from adapters.plaid.notices import Notices
from adapters.sandbox.asked import to_json
from adapters.sandbox.create import create
from domain.errors import BrokerageUnavailable, Failure, OperatorSettingMissing
from domain.ports.notices import Deed, Forged

OPERATOR = {"plaid_client_id": "id", "plaid_secret": "secret"}
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
BODY = b'{"webhook_type":"HOLDINGS","webhook_code":"DEFAULT_UPDATE","item_id":"I"}'
OUR_KEYS = b'{"error_type":"INVALID_INPUT","error_code":"INVALID_API_KEYS"}'


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [
        (Response(500), BrokerageUnavailable),
        (Response(502, {"content-type": "text/html"}, b"<html>"), BrokerageUnavailable),
        (Response(400, {}, OUR_KEYS), OperatorSettingMissing),
    ],
)
async def test_trouble_with_the_key_says_nothing_about_the_notice(
    trouble: Response, failure: type[Failure]
) -> None:
    signer = Notices(create("sofi", today=NOW.date(), persona="empty").play)
    key = Response(200, {}, to_json({"key": signer.key(signer.kid, NOW)}))
    answers = [trouble, key]
    notices = ProvedNotices(
        ("sofi",),
        card,
        MemoryWire(lambda *_: answers.pop(0)),
        lambda _: Configured(operator=OPERATOR),
        lambda: NOW,
    )
    headers = {"plaid-verification": signer.signed(BODY, NOW)}

    with pytest.raises(failure):
        await notices.read("sofi", headers, BODY)
    assert (await notices.read("sofi", headers, BODY)).deed is Deed.SYNC


async def test_names_that_are_made_up_do_not_push_out_the_key_that_is_in_use() -> None:
    signer = Notices(create("sofi", today=NOW.date(), persona="empty").play)
    key, unknown = Response(200, {}, to_json({"key": signer.key(signer.kid, NOW)})), Response(400, {}, b"{}")
    asked: list[bytes] = []
    now = [NOW]

    def answer(request: Request, url: str) -> Response:
        asked.append(request.body)
        return key if signer.kid.encode() in request.body else unknown

    wire = MemoryWire(answer)
    notices = ProvedNotices(("sofi",), card, wire, lambda _: Configured(operator=OPERATOR), lambda: now[0])
    await notices.read("sofi", {"plaid-verification": signer.signed(BODY, NOW)}, BODY)
    for n in range(MOST_KEYS + 5):
        now[0] += timedelta(seconds=3)
        head = urlsafe_b64encode(to_json({"alg": "ES256", "kid": f"made-up-{n}"})).decode().rstrip("=")
        with pytest.raises(Forged):
            await notices.read("sofi", {"plaid-verification": f"{head}.e30."}, BODY)

    told = await notices.read("sofi", {"plaid-verification": signer.signed(BODY, now[0])}, BODY)
    assert told.deed is Deed.SYNC
    assert len(asked) == 1 + MOST_KEYS + 5

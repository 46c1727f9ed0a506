"""Keys of notices that cannot be had just now: the notice is not forged, and may come again."""

from datetime import UTC, datetime

import pytest

from adapters.brokerages import card
from adapters.kit.catalogue import Configured
from adapters.kit.http import MemoryWire
from adapters.kit.notices import ProvedNotices
from adapters.kit.wire import Response
from adapters.plaid.notices import Notices
from adapters.sandbox.asked import to_json
from adapters.sandbox.create import create
from domain.errors import BrokerageUnavailable, Failure, OperatorSettingMissing
from domain.ports.notices import Deed

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
    operator = {"plaid_client_id": "id", "plaid_secret": "secret"}
    notices = ProvedNotices(
        ("sofi",),
        card,
        MemoryWire(lambda *_: answers.pop(0)),
        lambda _: Configured(operator=operator),
        lambda: NOW,
    )
    headers = {"plaid-verification": signer.signed(BODY, NOW)}

    with pytest.raises(failure):
        await notices.read("sofi", headers, BODY)
    assert (await notices.read("sofi", headers, BODY)).deed is Deed.SYNC

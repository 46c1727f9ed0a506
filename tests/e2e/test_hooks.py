"""A running `serve` hears notices on the address that the operator names, and stops in order."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
from served import Server, free_port

from adapters.brokerages.sofi.sandbox import SofiSandbox
from adapters.sandbox.create import create
from adapters.sandbox.server import serving


def test_serve_hears_notices_where_it_is_told_to(tmp_path: Path) -> None:
    sandbox = create("sofi", persona="empty")
    assert isinstance(sandbox, SofiSandbox)
    known, port = sandbox.credentials(), free_port()
    settings = {"BROKERLINK_HOOKS_LISTEN": f"127.0.0.1:{port}"} | {
        f"BROKERLINK_BROKERAGES__sofi__OPERATOR__{name}": known[name]
        for name in ("plaid_client_id", "plaid_secret")
    }
    body = b'{"webhook_type":"HOLDINGS","webhook_code":"DEFAULT_UPDATE","item_id":"of nobody"}'
    with (
        serving([sandbox]) as running,
        Server(tmp_path, running.address, settings) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as world,
    ):
        signed = {"Plaid-Verification": sandbox.desk.notices.signed(body, datetime.now(UTC))}

        statuses = [
            world.post("/hooks/sofi", content=body, headers=signed).status_code,
            world.post("/hooks/sofi", content=body + b" ", headers=signed).status_code,
            world.post("/hooks/alpaca", content=body, headers=signed).status_code,
            world.get("/hooks/sofi").status_code,
        ]

        assert statuses == [200, 401, 404, 405]
        assert server.stop() == 0

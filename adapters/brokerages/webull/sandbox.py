"""Webull, played by us: the OpenAPI in its three generations over one seeded customer.

Written from the fact sheet that the README names; the numbers in brackets are its sections. `generations` are
those that are served; `x-version` chooses between the two ways to page of a path that has both.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from adapters.brokerages.webull import market, tell
from adapters.brokerages.webull.asked import Refused, after, day, moment, whole
from adapters.brokerages.webull.gate import Gate, error, unauthorized
from adapters.brokerages.webull.trading import Desk
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.life import NEW_YORK
from adapters.sandbox.play import Play
from adapters.sandbox.profile import UNCOMPARED, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

Json = dict[str, Any]
FIRST, SECOND, THIRD = "1", "2", "3"
USUAL, MOST, OF_A_KEY = 10, 100, 50
USUAL_SPAN, LOOK_BACK = timedelta(days=7), timedelta(days=731)

PROFILE = Profile(
    "webull",
    types=frozenset(
        "BUY SELL SELL_SHORT BUY_TO_COVER BUY_TO_OPEN BUY_TO_CLOSE SELL_TO_OPEN SELL_TO_CLOSE DIVIDEND"
        " INTEREST MARGIN_INTEREST DEPOSIT WITHDRAWAL TRANSFER_IN TRANSFER_OUT FEE TAX".split()
    ),
    kinds=frozenset({"equity", "etf", "mutual_fund", "option", "crypto"}),
    account_names=("Individual Margin", "Individual Cash"),
    order_fills=False,
    coin_fees=False,
    pending=False,
    history_days=729,
    # The CUSIP stands in transfers only, and what is known of an instrument is shown everywhere.
    uncompared=UNCOMPARED | {"instrument.cusip"},
    gross_places=None,
    instant_places=3,
    number_pattern="5@@#####",
    key_pattern="@@@@@@@@################",
    tell=tell.told,
    tell_instrument=tell.told_instrument,
)


class Webull:
    """`most` bounds what a page holds, whatever is asked for."""

    id = "webull"

    def __init__(self, play: Play) -> None:
        self.play, self.profile = play, play.profile
        self.gate, self.desk = Gate(play), Desk(play)
        self.generations = {FIRST, SECOND, THIRD}
        self.most, self.of_a_key = MOST, OF_A_KEY
        self.late = timedelta(0)  # so long an order is not shown after it was filled (4)
        self._told: dict[tuple[str, int], Json] = {}
        self._by_id: dict[str, tuple[int, dict[str, TruthTransaction]]] = {}
        # A sign-in lists the accounts once by itself.
        play.revoked_after += 1 + len(play.truth.accounts)
        self._router = Router(missing=self._unrouted)
        self._routes()

    def answer(self, asked: Asked) -> Response:
        said = self._router.answer(asked)
        name = {"x-request-id": self.play.uuid("request")}
        return Response(said.status, dict(said.headers) | name, said.body)

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """Its own words for what a planned fault says."""
        words = {
            400: "ILLEGAL_PARAMETER",
            403: "ACCOUNT_ACCESS_DENIED",
            429: "TOO_MANY_REQUESTS",
            500: "INTERNAL_ERROR",
            503: "SERVICE_NOT_AVAILABLE",
            504: "GATEWAY_TIMEOUT",
        }
        if status == 401:
            return unauthorized("planned")
        if status == 404:
            return say({"error_msg": "404 Route Not Found"}, 404)
        return error(status, words[status], "planned") if status in words else None

    def credentials(self) -> dict[str, str]:
        return {"app_key": self.gate.app_key, "app_secret": self.gate.app_secret}

    def announce(self) -> list[str]:
        return [f"app key {self.gate.app_key}", f"app secret {self.gate.app_secret}"]

    # ---- which address tells what

    def _routes(self) -> None:
        signed = self._signed
        self._router.get("/openapi/config", signed(self._config))
        for path, handler in (("create", self.gate.create), ("check", self.gate.check)):
            self._post(f"/openapi/auth/token/{path}", f"/auth/tokens/{path}", signed(handler))
        # The official client refreshes here, whatever else it calls.
        self._router.post("/openapi/auth/token/refresh", signed(self.gate.refresh))
        both = self._both
        both("/openapi/account/list", "/trading/accounts/list", self._accounts, "")
        both("/openapi/assets/balance", "/trading/assets/balances/get", self._balance, "total_asset_currency")
        both("/openapi/assets/positions", "/trading/assets/positions/list", self._positions, "")
        both("/openapi/trade/order/detail", "/trading/orders/get", self._order, "client_order_id")
        old = "page_size last_client_order_id"
        both(
            "/openapi/trade/order/open", "/trading/orders/open-orders/list", self._open, old, "pagination_key"
        )
        both(
            "/openapi/trade/order/history",
            "/trading/orders/historical-orders/list",
            self._history,
            f"{old} start_date end_date last_order_id",
            "start_time end_time pagination_key",
        )
        filters = "activity_types start_time end_time"
        both(
            "/openapi/trade/activities/cash",
            "/trading/activities/cash-activities/list",
            self._activities,
            f"{filters} last_activity_id page_size",
            f"{filters} pagination_key",
        )
        listed = "transfer_method direction status acats_transfer_types start_time end_time pagination_key"
        both("", "/trading/activities/transfer-activities/list", self._transfers, "", listed)
        both("", "/trading/activities/transfer-activities/get", self._transfer, "", "transfer_id")
        asked_for = "symbols category extend_hour_required overnight_required"
        quotes = "/openapi/market-data/stock/snapshot", "/market-data/stocks/snapshots/list"
        both(*quotes, lambda asked: market.snapshots(asked, self.play), asked_for)
        asked_for = "symbols category status sub_category instrument_ids"
        profiles = "/openapi/instrument/stock/list", "/trading/instruments/stocks/profiles/list"
        old, new = f"{asked_for} page_size last_instrument_id", f"{asked_for} pagination_key"
        both(*profiles, lambda asked: market.profiles(asked, self.play), old, new)
        for path, handler, known in (
            ("/app/subscriptions/list", self._first_accounts, "subscription_id"),
            ("/account/balance", self._first_balance, "account_id total_asset_currency"),
            ("/account/positions", self._first_positions, "account_id page_size last_instrument_id"),
        ):
            old_read = self._admitted(handler, frozenset(known.split()))
            self._router.get(path, self._served(FIRST, old_read))
        for word, moved in (
            ("preview", self.desk.preview),
            ("place", self.desk.place),
            ("batch-place", self.desk.batch),
            ("replace", self.desk.replace),
            ("cancel", self.desk.cancel),
        ):
            deed = self._admitted(moved, frozenset())
            self._post(f"/openapi/trade/order/{word}", f"/trading/orders/{word}", deed)

    def _both(self, second: str, third: str, handler: Handler, old: str, new: str | None = None) -> None:
        """A read of both generations. Parameters by version; without `new` both have the same."""
        words = {"v2": frozenset(f"account_id {old}".split())}
        words["v3"] = words["v2"] if new is None else frozenset(f"account_id {new}".split())

        def versioned(asked: Asked) -> Response:
            version = asked.header("x-version")
            known = words.get(version, words["v3"])
            if second and asked.path == second:
                known = known | words["v2"]
            return self._admitted(handler, known)(asked)

        for generation, path in ((SECOND, second), (THIRD, third)):
            if path:
                self._router.get(path, self._served(generation, versioned))

    def _post(self, second: str, third: str, handler: Handler) -> None:
        self._router.post(second, self._served(SECOND, handler))
        self._router.post(third, self._served(THIRD, handler))

    def _served(self, generation: str, handler: Handler) -> Handler:
        def answer(asked: Asked) -> Response:
            return handler(asked) if generation in self.generations else self._unrouted(asked)

        return answer

    def _unrouted(self, asked: Asked) -> Response:
        """Under /openapi a wrong signature is told first (3.0)."""
        refused = self.gate.refuses(asked) if asked.path.startswith("/openapi") else None
        return refused or say({"error_msg": "404 Route Not Found"}, 404)

    def _signed(self, handler: Handler) -> Handler:
        return lambda asked: self.gate.refuses(asked) or handler(asked)

    def _admitted(self, handler: Handler, known: frozenset[str]) -> Handler:
        def answer(asked: Asked) -> Response:
            refused = self.gate.refuses_data(asked)
            if refused is not None:
                return refused
            try:
                for name, _ in asked.query:
                    if name not in known:
                        raise Refused(name[:40])
                return handler(asked)
            except Refused as wrong:
                return error(417, "ILLEGAL_PARAMETER", f"Illegal parameter: {wrong}")

        return answer

    def _config(self, asked: Asked) -> Response:
        return say({"token_check_enabled": self.gate.token_check})

    # ---- accounts

    def _account(self, asked: Asked) -> TruthAccount:
        found = next((a for a in self.play.accounts if a.key == asked.param("account_id")), None)
        if found is None:
            raise Refused("account_id")
        return found

    def _accounts(self, asked: Asked) -> Response:
        return say([tell.account(one, self.play.customer.uuid) for one in self.play.accounts])

    def _balance(self, asked: Asked) -> Response:
        return say(tell.balance(self._account(asked)))

    def _positions(self, asked: Asked) -> Response:
        known = self._account(asked)
        return say([tell.position(one, known.currency, n) for n, one in enumerate(known.positions)])

    def _first_accounts(self, asked: Asked) -> Response:
        return say(market.first_accounts(self.play.accounts, self.play.customer.uuid))

    def _first_balance(self, asked: Asked) -> Response:
        return say(market.first_balance(self._account(asked)))

    def _first_positions(self, asked: Asked) -> Response:
        known = self._account(asked)
        rows = [market.first_position(one, known.currency) for one in known.positions]
        size, last = whole(asked, "page_size", USUAL, MOST), asked.param("last_instrument_id")
        start = after(rows, last, lambda one: one["instrument_id"], "last_instrument_id") if last else 0
        return say({"has_next": start + size < len(rows), "holdings": rows[start : start + size]})

    # ---- orders

    def _trades(self, known: TruthAccount) -> list[TruthTransaction]:
        """Newest first; asked for once in each answer, for new ones may come."""
        return [row for row in self.play.rows(known) if row.trade]

    def _history(self, asked: Asked) -> Response:
        """By the day on which an order was placed. One that was cancelled stands at the head."""
        shown = asked.now - self.late
        trades = [row for row in self._trades(self._account(asked)) if row.executed_at <= shown]
        if asked.header("x-version") == "v3" and asked.path.startswith("/trading"):
            start, end = self._span(asked)
            trades = [row for row in trades if start <= row.executed_at < end]
        else:
            first, last = self._days(asked)
            trades = [row for row in trades if first <= row.trade_date <= last]
        groups = [self._once("group", row, tell.group) for row in trades]
        place = next((n for n, row in enumerate(trades) if not self.play.grown(row)), None)
        if place is not None:
            groups.insert(place, tell.cancelled(trades[place]))
        return self._page(
            asked, groups, "last_client_order_id", lambda one: one["orders"][-1]["client_order_id"]
        )

    def _order(self, asked: Asked) -> Response:
        name = asked.param("client_order_id")
        known = self._account(asked)
        row = self._ordered(known).get(tell.stem(name))
        if row is not None:
            whole = tell.group(row, detailed=True), tell.cancelled(row)
            for told in whole:
                if name in [order["client_order_id"] for order in told["orders"]]:
                    return say(told)
        for order in self.desk.waiting.get(known.key, []):
            if order["client_order_id"] == name:
                return say({"client_order_id": name, "combo_type": "NORMAL", "orders": [order]})
        raise Refused("client_order_id")

    def _ordered(self, known: TruthAccount) -> dict[str, TruthTransaction]:
        """The orders of an account by the stems of their clients' ids; made anew when there are more."""
        many, found = self._by_id.get(known.key, (-1, {}))
        if many != len(known.transactions):
            trades = [row for row in known.transactions if row.trade]
            found = {tell.stem(tell.client_order_id(row)): row for row in trades}
            self._by_id[known.key] = len(known.transactions), found
        return found

    def _once(self, kind: str, row: TruthTransaction, make: Callable[[TruthTransaction], Json]) -> Json:
        """A row as it is told: a large account is told many times over."""
        known = self._told.get((kind, row.number))
        if known is None:
            known = self._told[kind, row.number] = make(row)
        return known

    def _open(self, asked: Asked) -> Response:
        waiting = self.desk.waiting.get(self._account(asked).key, [])
        groups = [
            {"client_order_id": o["client_order_id"], "combo_type": "NORMAL", "orders": [o]} for o in waiting
        ]
        return self._page(asked, groups, "last_client_order_id", lambda one: one["client_order_id"])

    # ---- cash and transfers

    def _activities(self, asked: Asked) -> Response:
        """All that moves cash; what moves in kind does not."""
        known = self._account(asked)
        start, end = self._span(asked)
        wanted = set(filter(None, asked.param("activity_types").split(",")))
        rows = [
            self._once("activity", row, lambda row: tell.activity(row, known))
            for row in self.play.rows(known)
            if start <= row.executed_at < end and not (tell.by_transfer(row) and row.quantity is not None)
        ]
        found = [row for row in rows if not wanted or row["activity_type"] in wanted]
        return self._page(asked, found, "last_activity_id", lambda one: one["id"])

    def _transfers(self, asked: Asked) -> Response:
        """A rejected one, which never moved anything, stands at the head."""
        known = self._account(asked)
        start, end = self._span(asked)
        rows = [
            row for row in self.play.rows(known) if tell.by_transfer(row) and start <= row.executed_at < end
        ]
        found = [tell.transfer(row, known) for row in rows]
        if found:
            found.insert(0, found[0] | {"transfer_id": f"{found[0]['transfer_id']}R", "status": "REJECTED"})
        for name in ("transfer_method", "direction", "status", "acats_transfer_types"):
            wanted = set(filter(None, asked.param(name).split(",")))
            found = [one for one in found if not wanted or one[name] in wanted]
        return self._page(asked, found, "", lambda one: one["transfer_id"])

    def _transfer(self, asked: Asked) -> Response:
        known = self._account(asked)
        name = asked.param("transfer_id")
        for row in known.transactions:
            if tell.by_transfer(row) and f"T{row.number}" == name.removesuffix("R"):
                detail = tell.transfer_detail(row, known)
                if name.endswith("R"):
                    detail |= {"transfer_id": name, "status": "REJECTED", "cash": None, "positions": []}
                return say(detail)
        raise Refused("transfer_id")

    # ---- pages

    def _page(self, asked: Asked, found: Sequence[Json], last: str, name: Callable[[Json], str]) -> Response:
        """v2: a list, after the last one told. v3 of the third generation: an object with a key."""
        if asked.header("x-version") == "v3" and asked.path.startswith("/trading"):
            key, size = asked.param("pagination_key"), min(self.of_a_key, self.most)
            start = after(found, key.removeprefix("after-"), name, "pagination_key") if key else 0
            page = found[start : start + size]
            more = {"pagination_key": f"after-{name(page[-1])}"} if start + size < len(found) else {}
            return say({"data": page} | more)
        size = min(whole(asked, "page_size", USUAL, MOST), self.most)
        told = asked.param(last)
        start = after(found, told, name, last) if told else 0
        return say(found[start : start + size])

    def _span(self, asked: Asked) -> tuple[datetime, datetime]:
        """start_time and end_time; without both the last seven days."""
        end = moment(asked, "end_time") or asked.now + timedelta(days=1)
        start = moment(asked, "start_time") or end - USUAL_SPAN - timedelta(days=1)
        if start > end or asked.now - start > LOOK_BACK + timedelta(days=1):
            raise Refused("start_time")
        return start, end

    def _days(self, asked: Asked) -> tuple[date, date]:
        today = asked.now.astimezone(NEW_YORK).date()
        last = day(asked, "end_date") or today
        first = day(asked, "start_date") or last - USUAL_SPAN
        if first > last or today - first > LOOK_BACK:
            raise Refused("start_date")
        return first, last


def sandbox(play: Play) -> Webull:
    return Webull(play)

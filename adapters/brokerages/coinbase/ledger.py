"""The ledger of v2: a list for each wallet, cut by no date.

One walk goes through all wallets that v3 lists for the key's portfolio (v2 would list those of all
portfolios), newest rows first in each. Its cursor is the whole state. A wallet that was never used has no
ledger: v2 answers 404, and lists it under the code of its currency instead of an id of its own. So at the
first 404 v2's list of wallets is read, and only what it tells to be unused is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import msgspec

from adapters.brokerages.coinbase.reads import PAGE, V3, of_portfolio, plain, take_wallets
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.replies import failure_of
from adapters.kit.wire import Request, Response, get, raw_rows
from domain.errors import UnreadableReply

WALLETS_OF_A_WALK = "50"
NO_LEDGER = 404


@dataclass(frozen=True, slots=True)
class Wallet:
    uuid: str
    code: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk stands: `wallets` are left, the first of them from behind the row `after` on; `more`
    is where v3's list of wallets goes on, None at its end. `unused` are the codes under which v2 lists
    wallets that were never used, None while nobody had to ask; while that list is being read, `listing` is
    the row behind which it goes on ("": its beginning)."""

    wallets: list[Wallet]
    after: str | None = None
    more: str | None = None
    unused: list[str] | None = None
    listing: str | None = None

    @classmethod
    def of(cls, call: Call) -> "Place":
        """Where an earlier page left off. A place that another version wrote down is none: the walk begins
        again, and rows that come again are known."""
        try:
            return cls([]) if call.cursor is None else msgspec.json.decode(call.cursor, type=cls)
        except msgspec.ValidationError:
            return cls([])

    @property
    def cursor(self) -> str | None:
        """As text; None: this was the last wallet."""
        return msgspec.json.encode(self).decode() if self.wallets or self.more else None

    @property
    def behind(self) -> "Place":
        """At the next wallet."""
        return replace(self, wallets=self.wallets[1:], after=None)


def ask(call: Call) -> Request:
    place = Place.of(call)
    if not place.wallets:
        return get(f"{V3}/accounts", ("limit", WALLETS_OF_A_WALK), ("cursor", place.more))
    if place.listing is not None:
        after = ("starting_after", place.listing or None)
        return get("/v2/accounts", ("limit", PAGE), after, group="ledger")
    return get(
        f"/v2/accounts/{plain(place.wallets[0].uuid)}/transactions",
        ("limit", PAGE),
        ("order", "desc"),
        ("starting_after", place.after),
        group="ledger",
    )


def take(response: Response, call: Call) -> Rows:
    """Rows of a ledger; of both lists of wallets none, but a place from which the walk goes on."""
    place = Place.of(call)
    if response.status == NO_LEDGER:
        return Rows([], _without_ledger(response, call, place).cursor)
    if not place.wallets:
        return Rows([], _listed(response, call, place).cursor)
    if place.listing is not None:
        return Rows([], _unused(response, place, place.listing).cursor)
    return _lines(response, call, place)


def _lines(response: Response, call: Call, place: Place) -> Rows:
    told = raw_rows(dig(response, ("data",)))
    following = _following(response, told, place.after)
    if call.since is not None:
        days = [_day(raw) for raw in told]
        if days and days[-1] < call.since:
            following = None
        told = [raw for raw, day in zip(told, days, strict=True) if day >= call.since]
    return Rows(told, (replace(place, after=following) if following else place.behind).cursor)


def _listed(response: Response, call: Call, place: Place) -> Place:
    """The wallets of the key's portfolio, and of no other (3.3)."""
    cut = take_wallets(response, Call(call.account, call.since, call.until, place.more, call.now))
    if not cut.rows and place.more is None:
        raise UnreadableReply("no wallet is listed: nobody knows what happened")
    wallets = [rows.fields(raw) for raw in cut.rows]
    mine = [
        Wallet(rows.text(wallet, "uuid"), rows.text(wallet, "currency"))
        for wallet in wallets
        if of_portfolio(wallet, call.routed.key)
    ]
    return Place(list(dict.fromkeys(mine)), None, cut.cursor, place.unused)


def _without_ledger(response: Response, call: Call, place: Place) -> Place:
    """The wallet has no ledger. Raises what 404 means elsewhere, unless v2 lists it as never used."""
    asked = bool(place.wallets) and place.listing is None and place.after is None
    if asked and place.unused is None:
        return replace(place, unused=[], listing="")
    if asked and place.wallets[0].code in (place.unused or ()):
        return place.behind
    raise failure_of(response, call.now) or UnreadableReply()


def _unused(response: Response, place: Place, before: str) -> Place:
    """The codes of a page of GET /v2/accounts whose wallets were never used (3.3)."""
    told = raw_rows(dig(response, ("data",)))
    codes = [code for raw in told if (code := _never_used(rows.fields(raw)))]
    following = _following(response, told, before or None)
    return replace(place, unused=[*(place.unused or ()), *codes], listing=following)


def _never_used(wallet: rows.Row) -> str | None:
    """The code of a wallet whose id is its code, without a first day and with nothing in it. `currency` is
    an object, or (older) the code itself."""
    told = wallet.get("currency")
    code = rows.text(told if isinstance(told, dict) else {"code": told}, "code")
    named = rows.text(wallet, "id") == code and wallet.get("created_at") is None
    return code if named and not rows.number(rows.mapping(wallet, "balance"), "amount") else None


def _following(response: Response, told: Sequence[bytes], before: str | None) -> str | None:
    """The row behind which the next page begins (3.4). `next_uri` is relative and may lack the limit."""
    pagination = rows.fields(bytes(dig(response, ("pagination",))))
    if not pagination.keys() & {"next_starting_after", "next_uri"}:
        raise UnreadableReply("the answer does not say whether rows follow")
    following = rows.optional_text(pagination, "next_starting_after")
    uri = rows.optional_text(pagination, "next_uri")
    if not following and uri:
        last = rows.optional_text(rows.fields(told[-1]), "id") if told else None
        following = dict(parse_qsl(urlsplit(uri).query)).get("starting_after") or last
    if following and following == before:
        raise UnreadableReply("the same page comes again")
    return following or None


def _day(raw: bytes) -> date:
    return rows.market_day(rows.instant(rows.fields(raw).get("created_at"), "created_at"))

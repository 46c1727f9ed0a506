"""The stage of one sandbox: its truth, the tokens it has issued, what it was asked, how it grows.

A brokerage's `sandbox.py` gets a Play and answers from it. Nothing here reads a clock or a socket.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked
from adapters.sandbox.growth import Growth
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import Customer, Truth, TruthAccount, TruthTransaction

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DIGITS = "0123456789"
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

PERSONAS = (
    "plain",
    "mfa",
    "device-approval",
    "slow",
    "rate-limited",
    "flaky",
    "garbage",
    "empty",
    "revoked",
    "large",
    "growing",
)

# So many calls of `withdrawn` say no before a `revoked` customer's grants are dead: enough to sign
# in and list the accounts, not enough to sync them.
REVOKED_AFTER = 2


class Sandbox(Protocol):
    """One brokerage, played by us."""

    @property
    def id(self) -> str: ...

    @property
    def profile(self) -> Profile: ...

    @property
    def play(self) -> "Play": ...

    def answer(self, asked: Asked) -> Response: ...

    def credentials(self) -> dict[str, str]:
        """What a client needs to sign in: keyed as the card's fields, and the fixed codes."""
        ...

    def announce(self) -> list[str]:
        """Lines printed at the start: fixed codes, verifiers, keys."""
        ...


@dataclass(slots=True)
class Grant:
    """Something issued: a token, a code, a challenge, a machine. `facts` is the sandbox's own."""

    token: str
    kind: str
    issued_at: datetime
    expires_at: datetime | None
    facts: dict[str, str] = field(default_factory=dict)
    used: int = 0
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One line of the request log. No query, header or body: those hold secrets."""

    at: datetime
    method: str
    host: str
    path: str
    status: int
    note: str = ""


class Play:
    """State of one sandbox between its answers."""

    def __init__(
        self,
        truth: Truth,
        profile: Profile,
        persona: str = "plain",
        marker: str = "",
        *,
        interactive: bool = False,
    ) -> None:
        self.truth = truth
        self.profile = profile
        self.persona = persona
        self.marker = marker
        self.interactive = interactive
        self.revoked = False
        self.revoked_after = REVOKED_AFTER
        self.log: list[Heard] = []
        self.counters: dict[str, int] = {}
        self._grants: dict[str, Grant] = {}
        self._nonces: set[str] = set()
        self._growth: Growth | None = None
        self._began: frozenset[str] = frozenset()

    # --- what is so ---

    @property
    def seed(self) -> int:
        return self.truth.seed

    @property
    def customer(self) -> Customer:
        return self.truth.customer

    @property
    def accounts(self) -> tuple[TruthAccount, ...]:
        """The accounts as they are now, grown rows included."""
        return self.truth.accounts if self._growth is None else self._growth.accounts()

    def account(self, name: str) -> TruthAccount | None:
        """By number, key, hash or uuid."""
        for account in self.accounts:
            if name in (account.number, account.key, account.hash, account.uuid):
                return account
        return None

    def rows(self, account: TruthAccount) -> tuple[TruthTransaction, ...]:
        """The account's transactions, newest first, for one answer of a transactions endpoint.

        For the persona `growing` each call may find new rows at the head.
        """
        if self.persona == "growing":
            if self._growth is None:
                self._growth = Growth(self.truth, self.profile)
                known = (row.uuid for one in self.truth.accounts for row in one.transactions)
                self._began = frozenset(known)
            return self._growth.rows(account)
        return next(known.transactions for known in self.accounts if known.number == account.number)

    def grown(self, row: TruthTransaction) -> bool:
        """Whether a row has come since the beginning. What a sandbox makes up beside the newest row
        is made up beside the newest of the beginning: an order that was told once does not vanish.
        """
        return self._growth is not None and row.uuid not in self._began

    def truth_now(self) -> Truth:
        """The truth with everything that has happened since: what a sync that ends now must show."""
        return self.truth if self._growth is None else self._growth.truth()

    # --- secrets, fixed by the seed ---

    def digest(self, *parts: str) -> bytes:
        """64 bytes that belong to this seed, brokerage and these words."""
        text = "\x1f".join((str(self.truth.seed), self.truth.brokerage, *parts))
        return hashlib.sha512(text.encode()).digest()

    def seed_of(self, *parts: str) -> bytes:
        """The 32 bytes of a private key of this seed. They end with the marker."""
        marker = self.marker.encode()
        return self.digest(*parts)[: 32 - len(marker)] + marker

    def word(self, kind: str, length: int, alphabet: str = CAPITALS) -> str:
        """A fixed word of any length, for example a verifier of five letters."""
        letters = ""
        part = 0
        while len(letters) < length:
            letters += "".join(
                alphabet[byte % len(alphabet)] for byte in self.digest("word", kind, str(part))
            )
            part += 1
        return letters[:length]

    def code(self, kind: str, digits: int = 6) -> str:
        """A fixed code of digits, as an SMS would bring it."""
        return self.word(f"code {kind}", digits, DIGITS)

    def token(self, kind: str, n: int | None = None, length: int = 40, alphabet: str = URL_SAFE) -> str:
        """A secret of this seed. With no `n`, another one each time. It ends with the marker."""
        if n is None:
            n = self.count(f"token {kind}")
        return self.word(f"token {kind} {n}", length, alphabet) + self.marker

    def uuid(self, kind: str, n: int | None = None) -> str:
        """A UUID-shaped id, fixed by kind and n, or another one each time."""
        if n is None:
            n = self.count(f"uuid {kind}")
        hexes = self.digest("uuid", kind, str(n)).hex()
        return f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:32]}"

    # --- what was issued and used ---

    def issue(
        self, token: str, kind: str, now: datetime, seconds: float | None = None, **facts: str
    ) -> Grant:
        """Remember a token of a kind ("access", "refresh", "code" ...). None: it never expires."""
        expires_at = None if seconds is None else now + timedelta(seconds=seconds)
        grant = Grant(token, kind, now, expires_at, dict(facts))
        self._grants[token] = grant
        return grant

    def grant(self, token: str, kind: str, now: datetime) -> Grant | None:
        """The living grant of that token and kind; None if unknown, expired or revoked."""
        grant = self._grants.get(token)
        if grant is None or grant.kind != kind or grant.revoked:
            return None
        if grant.expires_at is not None and now >= grant.expires_at:
            return None
        return grant

    def find(self, token: str) -> Grant | None:
        """The grant of that token whatever its state, to tell *why* it is refused."""
        return self._grants.get(token)

    def spend(self, token: str, kind: str, now: datetime) -> Grant | None:
        """As `grant`, and dead afterwards: codes and rotating refresh tokens work once."""
        grant = self.grant(token, kind, now)
        if grant is not None:
            grant.used += 1
            grant.revoked = True
        return grant

    def revoke(self, kind: str | None = None) -> None:
        """Make all grants of a kind (or all) dead."""
        for grant in self._grants.values():
            if kind is None or grant.kind == kind:
                grant.revoked = True

    def withdrawn(self) -> bool:
        """Whether the customer has taken the consent back. Ask it once per authorised data call and
        at each renewal; refuse in the brokerage's own words when it says yes.

        For the persona `revoked` it says no to the first calls, so that sign-in succeeds.
        """
        if not self.revoked and self.persona == "revoked":
            self.revoked = self.count("authorised") >= self.revoked_after
        return self.revoked

    def once(self, nonce: str) -> bool:
        """True the first time a nonce is seen."""
        if nonce in self._nonces:
            return False
        self._nonces.add(nonce)
        return True

    def count(self, name: str) -> int:
        """How often this was called with this name before; counts on."""
        n = self.counters.get(name, 0)
        self.counters[name] = n + 1
        return n

    def note(self, asked: Asked, status: int, note: str = "") -> None:
        """Write one line of the request log."""
        self.log.append(Heard(asked.now.astimezone(UTC), asked.method, asked.host, asked.path, status, note))

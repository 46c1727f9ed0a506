"""Robinhood, written down: the private API of its app, closed unless the operator opens it, and the official
API for its coins."""

from datetime import timedelta

from adapters.brokerages.robinhood import conversation, parse, signin
from adapters.brokerages.robinhood.crypto import CRYPTO
from adapters.brokerages.robinhood.history import cash, events, trades
from adapters.brokerages.robinhood.history.asking import NewestFirst, ask
from adapters.kit.card import Card, Door, Rate, Read, Reference, Renewal
from adapters.kit.paging import NextLink, OnePage
from adapters.kit.signin import Conversation
from adapters.kit.wire import get
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)
from domain.transactions import TransactionType

PAGE = ("page_size", "100")
ALL_ACCOUNTS = ("default_to_all_accounts", "true")

FACTS = DoorFacts(
    id="private",
    title="The app's private API with user name and password",
    kind=DoorKind.UNOFFICIAL_API,
    fields=(
        CredentialField("username", "E-mail address", "As you sign in to Robinhood.", secret=False),
        CredentialField("password", "Password", "Kept only until the sign-in is done."),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Prices come from quotes of their own."),
        Capability(
            Dataset.TRANSACTIONS, Support.NATIVE,
            "Wires, card payments, account transfers and gifts are not read; splits tell no quantity.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="User name and password, then an approval in the app or a code by SMS, e-mail or authenticator.",
    access="Any customer. Unofficial: against Robinhood's terms, and it changes without notice.",
    limits="Not published; frequent sign-ins are challenged.",
    terms="The operator opens this door on its own responsibility.",
)  # fmt: skip

PRIVATE = Door(
    facts=FACTS,
    hosts={
        "api": "https://api.robinhood.com",
        "nummus": "https://nummus.robinhood.com",
        "phoenix": "https://phoenix.robinhood.com",
        "bonfire": "https://bonfire.robinhood.com",
        "minerva": "https://minerva.robinhood.com",
    },
    sign_in=Conversation(signin.begin, signin.hear, conversation.STATES),
    authorise=signin.authorise,
    accounts=Read(
        "accounts",
        ask("/accounts/", ALL_ACCOUNTS, ("include_managed", "true"), ("include_multiple_individual", "true")),
        NextLink().take,
        parse.account,
    ),
    balances=(
        Read(
            "balance",
            lambda call: get(f"/accounts/{call.routed.key}/"),
            OnePage().whole,
            parse.balance,
            parse.needs_portfolio,
        ),
    ),
    positions=(
        Read(
            "stocks",
            ask("/positions/", ("nonzero", "true"), mine="account_number"),
            NextLink().take,
            parse.stock,
            parse.needs_stock,
        ),
        Read(
            "options",
            ask("/options/positions/", ("nonzero", "True"), mine="account_numbers"),
            NextLink().take,
            parse.option,
            parse.needs_option,
        ),
        Read(
            "coins",
            ask("/holdings/", ("nonzero", "true"), host="nummus"),
            NextLink().take,
            parse.coin,
            parse.needs_coin,
        ),
    ),
    transactions=(
        Read(
            "orders",
            ask("/orders/", PAGE, mine="account_numbers", dated=True),
            NextLink().take,
            trades.order,
            trades.needs_order,
        ),
        Read(
            "option_orders",
            ask("/options/orders/", PAGE, mine="account_numbers", dated=True),
            NextLink().take,
            trades.option_order,
            trades.needs_option_order,
        ),
        Read(
            "option_events",
            ask("/options/events/", ("page_size", "20")),
            NewestFirst(("event_date", "updated_at")).take,
            events.event,
            events.needs_event,
            removes=False,
        ),
        # Clients report that dividends do not come by date: the whole list is read each time.
        Read(
            "dividends",
            ask("/dividends/", ("page_size", "100"), mine="account_numbers"),
            NextLink().take,
            cash.dividend,
            cash.needs_dividend,
        ),
        Read(
            "interest",
            ask("/accounts/sweeps/", ALL_ACCOUNTS, ("page_size", "20")),
            NewestFirst(("pay_date",)).take,
            cash.sweep,
            removes=False,
        ),
        Read(
            "bank_transfers",
            ask("/ach/transfers/"),
            NewestFirst(("created_at", "updated_at")).take,
            cash.transfer("ach"),
            cash.needs_account,
            removes=False,
        ),
        Read(
            "received_transfers",
            ask("/ach/received/transfers/"),
            NewestFirst(("created_at",)).take,
            cash.transfer("ach_received"),
            cash.needs_account,
            removes=False,
        ),
        Read(
            "margin_interest",
            ask("/cash_journal/margin_interest_charges/", ALL_ACCOUNTS),
            NewestFirst(("created_at",)).take,
            cash.charge("margin_interest", TransactionType.MARGIN_INTEREST, -1),
            cash.needs_account,
            removes=False,
        ),
        Read(
            "subscription_fees",
            ask("/subscription/subscription_fees/"),
            NewestFirst(("created_at",)).take,
            cash.charge("subscription_fee", TransactionType.FEE, -1),
            cash.needs_account,
            removes=False,
        ),
        Read(
            "stock_lending",
            ask("/accounts/stock_loan_payments/"),
            NewestFirst(("created_at",)).take,
            cash.charge("stock_loan", TransactionType.INTEREST, 1),
            cash.needs_account,
            removes=False,
        ),
        Read(
            "coin_orders",
            ask("/orders/", host="nummus"),
            NewestFirst(("created_at", "updated_at", "last_transaction_at")).take,
            trades.coin_order,
            trades.needs_coin_order,
            overlap_days=30,  # an order that waited long is found where it was created
            removes=False,
        ),
        Read(
            "splits",
            ask("/positions/", mine="account_number"),  # all that was ever held
            NextLink().take,
            events.split,
            events.needs_splits,
            removes=False,
        ),
    ),
    references=(
        Reference(
            "portfolio",
            lambda keys, call: get(f"/portfolios/{call.routed.key}/"),
            parse.take_one,
            1,
            lasting=False,
        ),
        Reference("primary", lambda keys, call: get("/accounts/"), parse.take_primary, 1, lasting=False),
        Reference("instrument", parse.ask_by_ids("/instruments/"), parse.take_by("instrument", "id")),
        Reference("splits", events.ask_splits, parse.take_splits, 1, unknown_statuses=frozenset({404})),
        Reference(
            "quote",
            parse.ask_by_ids(
                "/marketdata/quotes/",
                "instruments",
                ("bounds", "trading"),
                ("include_inactive", "true"),
            ),
            parse.take_by("quote", "instrument"),
            lasting=False,
        ),
        Reference("option", parse.ask_by_ids("/options/instruments/"), parse.take_by("option", "id")),
        Reference(
            "mark",
            parse.ask_by_ids("/marketdata/options/"),
            parse.take_by("mark", "instrument_id", "occ_symbol"),
            lasting=False,
        ),
        Reference(
            "crypto",
            lambda keys, call: get("/accounts/", host="nummus"),
            parse.take_by("crypto", "id"),
            500,
            lasting=False,
        ),
        Reference(
            "pair",
            lambda keys, call: get("/currency_pairs/", host="nummus"),
            parse.take_pairs,
            batch=500,
            leads=parse.leads_to_quote,
        ),
        Reference(
            "coin-quote",
            parse.ask_by_ids("/marketdata/forex/quotes/"),
            parse.take_by("coin-quote", "id"),
            lasting=False,
        ),
    ),
    renewal=Renewal(signin.ask_renewal, signin.take_renewal, ahead=timedelta(minutes=10)),
    revoke=signin.ask_revocation,
    explain=conversation.throttled,
    # No figure is published (4): a guess, below what its own app asks for; a 429 is obeyed.
    rates={"default": Rate(600), "splits": Rate(240), "auth": Rate(30)},
    open=False,
    headers=(("Accept", "*/*"), ("X-Robinhood-API-Version", "1.431.4")),
)

CARD = Card(
    id="robinhood",
    title="Robinhood",
    status=BrokerageStatus.UNOFFICIAL,
    homepage="https://robinhood.com",
    doors=(PRIVATE, CRYPTO),
)

"""Fields of Coinbase's rows that are mapped or knowingly ignored (3.1 to 3.5); all others are counted."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PERMISSIONS = _names("can_view can_trade can_transfer portfolio_uuid portfolio_type")
WALLET = _names(
    "uuid name currency available_balance default active created_at updated_at deleted_at type ready hold"
    " retail_portfolio_id platform"
)
BREAKDOWN = _names(
    "portfolio portfolio_balances spot_positions perp_positions futures_positions equity_positions"
    " prediction_markets_positions"
)
FILL = _names(
    "entry_id trade_id order_id trade_time trade_type price size commission product_id sequence_timestamp"
    " liquidity_indicator size_in_quote user_id side retail_portfolio_id"
)
ENTRY = _names(
    "id type status amount native_amount description created_at updated_at resource resource_path"
    " instant_exchange network to from idem details application"
)
PLATFORMS = _names("ACCOUNT_PLATFORM_CONSUMER ACCOUNT_PLATFORM_CFM_CONSUMER ACCOUNT_PLATFORM_INTX")
LIQUIDITY = _names("MAKER TAKER UNKNOWN_LIQUIDITY_INDICATOR")
PORTFOLIOS = _names("DEFAULT CONSUMER INTX UNDEFINED")
# The governments' money that Coinbase keeps wallets of: rows of the ledger do not tell it from coins.
FIAT = _names(
    "USD EUR GBP CAD AUD NZD SGD HKD JPY CHF BRL TRY MXN ARS CLP COP PEN INR IDR PHP THB KRW ZAR NGN KES"
    " AED SEK NOK DKK PLN CZK HUF RON BGN ILS VND"
)

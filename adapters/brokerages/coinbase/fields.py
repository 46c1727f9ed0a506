"""Fields of Coinbase's rows that are mapped or knowingly ignored (3.1 to 3.5); all others are counted."""

from adapters.kit.rows import names

PERMISSIONS = names("can_view can_trade can_transfer portfolio_uuid portfolio_type")
WALLET = names(
    "uuid name currency available_balance default active created_at updated_at deleted_at type ready hold"
    " retail_portfolio_id platform"
)
BREAKDOWN = names(
    "portfolio portfolio_balances spot_positions perp_positions futures_positions equity_positions"
    " prediction_markets_positions"
)
FILL = names(
    "entry_id trade_id order_id trade_time trade_type price size commission product_id sequence_timestamp"
    " liquidity_indicator size_in_quote user_id side retail_portfolio_id"
)
ENTRY = names(
    "id type status amount native_amount description created_at updated_at resource resource_path"
    " instant_exchange network to from idem details application"
)
PLATFORMS = names("ACCOUNT_PLATFORM_CONSUMER ACCOUNT_PLATFORM_CFM_CONSUMER ACCOUNT_PLATFORM_INTX")
LIQUIDITY = names("MAKER TAKER UNKNOWN_LIQUIDITY_INDICATOR")
PORTFOLIOS = names("DEFAULT CONSUMER INTX UNDEFINED")
# The governments' money that Coinbase keeps wallets of: rows of the ledger do not tell it from coins.
FIAT = names(
    "USD EUR GBP CAD AUD NZD SGD HKD JPY CHF BRL TRY MXN ARS CLP COP PEN INR IDR PHP THB KRW ZAR NGN KES"
    " AED SEK NOK DKK PLN CZK HUF RON BGN ILS VND"
)

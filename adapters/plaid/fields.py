"""The fields of Plaid's objects that are mapped or knowingly ignored; any other is counted and reported."""

from adapters.kit.rows import names

ACCOUNT = names(
    "account_id balances mask name official_name type subtype holder_category verification_status"
    " verification_name persistent_account_id"
)
BALANCES = names(
    "available current limit iso_currency_code unofficial_currency_code margin_loan_amount"
    " last_updated_datetime"
)
HOLDING = names(
    "account_id security_id institution_price institution_price_as_of institution_price_datetime"
    " institution_value cost_basis quantity iso_currency_code unofficial_currency_code vested_quantity"
    " vested_value tax_lots"
)
SECURITY = names(
    "security_id figi isin cusip sedol institution_security_id institution_id proxy_security_id name"
    " ticker_symbol is_cash_equivalent type subtype close_price close_price_as_of update_datetime"
    " iso_currency_code unofficial_currency_code market_identifier_code sector industry cfi_code"
    " option_contract fixed_income"
)
TRANSACTION = names(
    "investment_transaction_id account_id security_id date transaction_datetime name quantity amount price"
    " fees type subtype cancel_transaction_id iso_currency_code unofficial_currency_code"
)

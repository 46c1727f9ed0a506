"""Fields of Robinhood's rows that are mapped or knowingly ignored; all others are counted as unknown.

From the fact sheet 3.2 to 3.5, with what recordings of 2016 have besides.
"""

from adapters.kit.rows import names

ACCOUNT = names(
    "url account_number rhs_account_number type brokerage_account_type created_at updated_at "
    "deactivated state portfolio_cash cash buying_power cash_available_for_withdrawal "
    "cash_held_for_orders cash_held_for_options_collateral uncleared_deposits unsettled_funds "
    "unsettled_debit sma sma_held_for_orders crypto_buying_power max_ach_early_access_amount "
    "option_level drip_enabled eligible_for_fractionals user user_id cash_balances margin_balances "
    "portfolio positions withdrawal_halted deposit_halted sweep_enabled only_position_closing_trades "
    "nummus_enabled"
)

STOCK = names(
    "url instrument instrument_id symbol account account_number brokerage_account_type "
    "average_buy_price pending_average_buy_price quantity intraday_average_buy_price intraday_quantity "
    "type shares_available_for_exercise shares_available_for_sells shares_held_for_buys "
    "shares_held_for_sells shares_held_for_stock_grants shares_held_for_options_collateral "
    "shares_held_for_options_events shares_pending_from_options_events "
    "shares_available_for_closing_short_position ipo_allocated_quantity avg_cost_affected "
    "avg_cost_affected_reason is_primary_account updated_at created_at instrument_is_halted "
    "clearing_cost_basis clearing_running_quantity custom_tax_lot_selection_eligible"
)

OPTION = names(
    "id url chain chain_id chain_symbol option option_id type quantity average_price "
    "trade_value_multiplier account account_number intraday_quantity intraday_average_open_price "
    "pending_buy_quantity pending_sell_quantity pending_expired_quantity pending_assignment_quantity "
    "pending_exercise_quantity clearing_cost_basis clearing_running_quantity opened_at created_at "
    "updated_at"
)

COIN = names(
    "id account_id currency quantity quantity_available quantity_held_for_buy quantity_held_for_sell "
    "cost_bases created_at updated_at"
)

ORDER = names(
    "id ref_id url account account_number position cancel instrument instrument_id cumulative_quantity "
    "average_price fees sec_fees taf_fees cat_fees sales_taxes state derived_state type side "
    "time_in_force trigger price stop_price quantity reject_reason created_at updated_at "
    "last_transaction_at executions extended_hours market_hours dollar_based_amount drip_dividend_id "
    "investment_schedule_id total_notional executed_notional last_trail_price "
    "last_trail_price_updated_at trailing_peg placed_agent order_form_version tax_lot_selection_type "
    "position_effect is_primary_account override_day_trade_checks override_dtbp_checks"
)

FILL = names(
    "id price quantity rounded_notional settlement_date timestamp trade_execution_date "
    "ipo_access_execution_rank effective_price"
)

OPTION_ORDER = names(
    "id ref_id account account_number chain_id chain_symbol direction legs premium processed_premium "
    "net_amount net_amount_direction regulatory_fees contract_fees gold_savings price quantity "
    "processed_quantity canceled_quantity pending_quantity opening_strategy closing_strategy state "
    "time_in_force trigger type stop_price created_at updated_at cancel_url"
)

EVENT = names(
    "id account account_number chain_id option option_id position quantity type state direction "
    "event_date equity_components cash_component total_cash_amount underlying_price source_ref_id "
    "created_at updated_at"
)

DIVIDEND = names(
    "id url account account_number instrument amount rate position withholding record_date payable_date "
    "paid_at state cash_dividend_id drip_enabled drip_order_id drip_order_quantity "
    "drip_order_execution_price drip_order_state nra_withholding is_primary_account"
)

SWEEP = names(
    "id account_number amount direction pay_date pay_period_start pay_period_end payout_type reason"
)

TRANSFER = names(
    "id url ref_id account account_number amount direction state rhs_state early_access_amount "
    "expected_landing_date expected_landing_datetime fees status_description cancel ach_relationship "
    "originator_name created_at updated_at"
)

CHARGE = names(
    "id account account_number amount created_at credit refunds subscription instrument_id instrument "
    "symbol record_date"
)

COIN_ORDER = names(
    "id ref_id account_id currency_pair_id side type state time_in_force price stop_price quantity "
    "cumulative_quantity average_price rounded_executed_notional executions fees cancel_url created_at "
    "updated_at last_transaction_at"
)

ORDER_STATES = names(
    "queued new unconfirmed confirmed partially_filled filled rejected canceled cancelled failed voided "
    "pending_cancelled"
)

# All that is read of a looked-up row: look-ups of public facts stay in memory.
KEPT = names(
    "id symbol type simple_name name chain_symbol expiration_date strike_price updated_at "
    "rhs_account_number last_trade_price last_extended_hours_trade_price adjusted_mark_price mark_price"
)

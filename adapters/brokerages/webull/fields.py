"""Fields of Webull's objects that are mapped or knowingly left alone. Others are counted as unknown.

The first line of each are those that are mapped; behind it are the rest of section 3 of the fact sheet.
"""

ACCOUNT = frozenset("account_id account_number account_type account_label account_class user_id".split())
BALANCE = frozenset(
    "total_asset_currency total_cash_balance total_net_liquidation_value total_asset account_currency_assets"
    " account_id total_market_value total_unrealized_profit_loss total_day_profit_loss day_trades_left"
    " maintenance_margin init_margin margin_excess margin_ratio open_margin_calls margin_utilization_rate"
    " used_margin intraday_margin".split()
)
CURRENCY = frozenset(
    "currency cash_balance settled_cash buying_power margin_power cash_power"
    " market_value positions_market_value unsettled_cash day_buying_power overnight_buying_power"
    " option_buying_power night_trading_buying_power unrealized_profit_loss day_profit_loss"
    " net_liquidation_value available_withdrawal held_amount frozen_amount interests_unpaid pending_incoming"
    " cash_frozen".split()
)
POSITION = frozenset(
    "symbol symbol_name instrument_id instrument_type currency quantity cost_price last_price market_value"
    " unrealized_profit_loss option_strategy event_outcome legs"
    " position_id exchange_code available_quantity unrealized_profit_loss_rate day_realized_profit_loss"
    " proportion".split()
)
LEG = frozenset(
    "symbol instrument_type side quantity cost_price last_price market_value option_type option_expire_date"
    " option_exercise_price strike_price option_contract_multiplier"
    " id item_id market available_quantity option_category option_contract_deliverable"
    " expiration_type".split()
)
GROUP = frozenset("orders client_order_id client_combo_order_id combo_order_id combo_type".split())
ORDER = frozenset(
    "client_order_id order_id symbol instrument_type side order_type total_quantity filled_quantity"
    " filled_price status position_intent filled_time filled_time_at option_strategy legs commission fees"
    " event_outcome"
    " time_in_force support_trading_session entrust_type remain_quantity limit_price stop_price place_time"
    " place_time_at client_combo_order_id combo_type leg_in_or_out position_id leg_in_strategy".split()
)
ACTIVITY = frozenset(
    "id activity_type activity_sub_type currency symbol trade_date net_amount biz_time"
    " account_id account_number market".split()
)
TRANSFER = frozenset(
    "transfer_id transfer_method direction status failure_reason create_time transfer_settlement_date"
    " account_id acats_associated_number acats_transfer_types update_time".split()
)
DETAIL = TRANSFER | frozenset(
    "cash positions"
    " acats_control_number contra_broker crypto_transaction_hash crypto_from_address"
    " crypto_to_address".split()
)
MOVED = frozenset(
    "asset_type symbol name cusip quantity total_quantity transfer_price settlement_date amount currency"
    " fee_quantity".split()
)

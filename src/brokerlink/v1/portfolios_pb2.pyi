import datetime

from brokerlink.v1 import instruments_pb2 as _instruments_pb2
from brokerlink.v1 import options_pb2 as _options_pb2
from brokerlink.v1 import types_pb2 as _types_pb2
from brokerlink.v1 import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReconciliationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECONCILIATION_STATE_UNSPECIFIED: _ClassVar[ReconciliationState]
    RECONCILIATION_STATE_RECONCILED: _ClassVar[ReconciliationState]
    RECONCILIATION_STATE_DIFFERS: _ClassVar[ReconciliationState]
    RECONCILIATION_STATE_UNKNOWN: _ClassVar[ReconciliationState]
RECONCILIATION_STATE_UNSPECIFIED: ReconciliationState
RECONCILIATION_STATE_RECONCILED: ReconciliationState
RECONCILIATION_STATE_DIFFERS: ReconciliationState
RECONCILIATION_STATE_UNKNOWN: ReconciliationState

class Portfolio(_message.Message):
    __slots__ = ("account_id", "version", "balances", "positions", "totals", "freshness", "reconciliation")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    RECONCILIATION_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    version: int
    balances: _containers.RepeatedCompositeFieldContainer[Balance]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    totals: _containers.RepeatedCompositeFieldContainer[Total]
    freshness: _containers.RepeatedCompositeFieldContainer[_types_pb2.Freshness]
    reconciliation: Reconciliation
    def __init__(self, account_id: _Optional[str] = ..., version: _Optional[int] = ..., balances: _Optional[_Iterable[_Union[Balance, _Mapping]]] = ..., positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., totals: _Optional[_Iterable[_Union[Total, _Mapping]]] = ..., freshness: _Optional[_Iterable[_Union[_types_pb2.Freshness, _Mapping]]] = ..., reconciliation: _Optional[_Union[Reconciliation, _Mapping]] = ...) -> None: ...

class Balance(_message.Message):
    __slots__ = ("currency_code", "cash", "buying_power", "total_value", "settled_cash")
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    BUYING_POWER_FIELD_NUMBER: _ClassVar[int]
    TOTAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    SETTLED_CASH_FIELD_NUMBER: _ClassVar[int]
    currency_code: str
    cash: str
    buying_power: str
    total_value: str
    settled_cash: str
    def __init__(self, currency_code: _Optional[str] = ..., cash: _Optional[str] = ..., buying_power: _Optional[str] = ..., total_value: _Optional[str] = ..., settled_cash: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("instrument", "quantity", "average_cost", "cost_basis", "price", "market_value", "unrealized_gain", "currency_code", "flags", "as_of")
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_COST_FIELD_NUMBER: _ClassVar[int]
    COST_BASIS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    MARKET_VALUE_FIELD_NUMBER: _ClassVar[int]
    UNREALIZED_GAIN_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    instrument: _instruments_pb2.Instrument
    quantity: str
    average_cost: str
    cost_basis: str
    price: str
    market_value: str
    unrealized_gain: str
    currency_code: str
    flags: _containers.RepeatedScalarFieldContainer[str]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, instrument: _Optional[_Union[_instruments_pb2.Instrument, _Mapping]] = ..., quantity: _Optional[str] = ..., average_cost: _Optional[str] = ..., cost_basis: _Optional[str] = ..., price: _Optional[str] = ..., market_value: _Optional[str] = ..., unrealized_gain: _Optional[str] = ..., currency_code: _Optional[str] = ..., flags: _Optional[_Iterable[str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Total(_message.Message):
    __slots__ = ("currency_code", "cash", "positions_value", "total_value", "unrealized_gain")
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_VALUE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    UNREALIZED_GAIN_FIELD_NUMBER: _ClassVar[int]
    currency_code: str
    cash: str
    positions_value: str
    total_value: str
    unrealized_gain: str
    def __init__(self, currency_code: _Optional[str] = ..., cash: _Optional[str] = ..., positions_value: _Optional[str] = ..., total_value: _Optional[str] = ..., unrealized_gain: _Optional[str] = ...) -> None: ...

class Reconciliation(_message.Message):
    __slots__ = ("state", "difference", "brokerage_total", "computed_total", "currency_code")
    STATE_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_TOTAL_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    state: ReconciliationState
    difference: str
    brokerage_total: str
    computed_total: str
    currency_code: str
    def __init__(self, state: _Optional[_Union[ReconciliationState, str]] = ..., difference: _Optional[str] = ..., brokerage_total: _Optional[str] = ..., computed_total: _Optional[str] = ..., currency_code: _Optional[str] = ...) -> None: ...

class UserPortfolio(_message.Message):
    __slots__ = ("user_id", "portfolios", "totals")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIOS_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    portfolios: _containers.RepeatedCompositeFieldContainer[Portfolio]
    totals: _containers.RepeatedCompositeFieldContainer[Total]
    def __init__(self, user_id: _Optional[str] = ..., portfolios: _Optional[_Iterable[_Union[Portfolio, _Mapping]]] = ..., totals: _Optional[_Iterable[_Union[Total, _Mapping]]] = ...) -> None: ...

class GetPortfolioRequest(_message.Message):
    __slots__ = ("account_id",)
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    def __init__(self, account_id: _Optional[str] = ...) -> None: ...

class GetUserPortfolioRequest(_message.Message):
    __slots__ = ("user_id",)
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    def __init__(self, user_id: _Optional[str] = ...) -> None: ...

import datetime

from brokerlink.v1 import instruments_pb2 as _instruments_pb2
from brokerlink.v1 import options_pb2 as _options_pb2
from brokerlink.v1 import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TransactionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSACTION_TYPE_UNSPECIFIED: _ClassVar[TransactionType]
    TRANSACTION_TYPE_BUY: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SELL: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SELL_SHORT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_BUY_TO_COVER: _ClassVar[TransactionType]
    TRANSACTION_TYPE_BUY_TO_OPEN: _ClassVar[TransactionType]
    TRANSACTION_TYPE_BUY_TO_CLOSE: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SELL_TO_OPEN: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SELL_TO_CLOSE: _ClassVar[TransactionType]
    TRANSACTION_TYPE_OPTION_EXPIRATION: _ClassVar[TransactionType]
    TRANSACTION_TYPE_OPTION_ASSIGNMENT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_OPTION_EXERCISE: _ClassVar[TransactionType]
    TRANSACTION_TYPE_DIVIDEND: _ClassVar[TransactionType]
    TRANSACTION_TYPE_DIVIDEND_REINVESTMENT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_STOCK_DIVIDEND: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SUBSTITUTE_DIVIDEND: _ClassVar[TransactionType]
    TRANSACTION_TYPE_CAPITAL_GAIN: _ClassVar[TransactionType]
    TRANSACTION_TYPE_RETURN_OF_CAPITAL: _ClassVar[TransactionType]
    TRANSACTION_TYPE_INTEREST: _ClassVar[TransactionType]
    TRANSACTION_TYPE_STAKING_REWARD: _ClassVar[TransactionType]
    TRANSACTION_TYPE_DEPOSIT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_WITHDRAWAL: _ClassVar[TransactionType]
    TRANSACTION_TYPE_TRANSFER_IN: _ClassVar[TransactionType]
    TRANSACTION_TYPE_TRANSFER_OUT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SWEEP: _ClassVar[TransactionType]
    TRANSACTION_TYPE_FEE: _ClassVar[TransactionType]
    TRANSACTION_TYPE_MARGIN_INTEREST: _ClassVar[TransactionType]
    TRANSACTION_TYPE_TAX: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SPLIT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_MERGER: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SPINOFF: _ClassVar[TransactionType]
    TRANSACTION_TYPE_SYMBOL_CHANGE: _ClassVar[TransactionType]
    TRANSACTION_TYPE_CASH_IN_LIEU: _ClassVar[TransactionType]
    TRANSACTION_TYPE_FX_CONVERSION: _ClassVar[TransactionType]
    TRANSACTION_TYPE_ADJUSTMENT: _ClassVar[TransactionType]
    TRANSACTION_TYPE_OTHER: _ClassVar[TransactionType]

class TransactionGroup(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSACTION_GROUP_UNSPECIFIED: _ClassVar[TransactionGroup]
    TRANSACTION_GROUP_BUY: _ClassVar[TransactionGroup]
    TRANSACTION_GROUP_SELL: _ClassVar[TransactionGroup]
    TRANSACTION_GROUP_DIVIDEND: _ClassVar[TransactionGroup]
    TRANSACTION_GROUP_DEPOSIT: _ClassVar[TransactionGroup]
    TRANSACTION_GROUP_WITHDRAWAL: _ClassVar[TransactionGroup]
    TRANSACTION_GROUP_TRANSFER: _ClassVar[TransactionGroup]

class TransactionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSACTION_STATUS_UNSPECIFIED: _ClassVar[TransactionStatus]
    TRANSACTION_STATUS_PENDING: _ClassVar[TransactionStatus]
    TRANSACTION_STATUS_POSTED: _ClassVar[TransactionStatus]
    TRANSACTION_STATUS_REMOVED: _ClassVar[TransactionStatus]
TRANSACTION_TYPE_UNSPECIFIED: TransactionType
TRANSACTION_TYPE_BUY: TransactionType
TRANSACTION_TYPE_SELL: TransactionType
TRANSACTION_TYPE_SELL_SHORT: TransactionType
TRANSACTION_TYPE_BUY_TO_COVER: TransactionType
TRANSACTION_TYPE_BUY_TO_OPEN: TransactionType
TRANSACTION_TYPE_BUY_TO_CLOSE: TransactionType
TRANSACTION_TYPE_SELL_TO_OPEN: TransactionType
TRANSACTION_TYPE_SELL_TO_CLOSE: TransactionType
TRANSACTION_TYPE_OPTION_EXPIRATION: TransactionType
TRANSACTION_TYPE_OPTION_ASSIGNMENT: TransactionType
TRANSACTION_TYPE_OPTION_EXERCISE: TransactionType
TRANSACTION_TYPE_DIVIDEND: TransactionType
TRANSACTION_TYPE_DIVIDEND_REINVESTMENT: TransactionType
TRANSACTION_TYPE_STOCK_DIVIDEND: TransactionType
TRANSACTION_TYPE_SUBSTITUTE_DIVIDEND: TransactionType
TRANSACTION_TYPE_CAPITAL_GAIN: TransactionType
TRANSACTION_TYPE_RETURN_OF_CAPITAL: TransactionType
TRANSACTION_TYPE_INTEREST: TransactionType
TRANSACTION_TYPE_STAKING_REWARD: TransactionType
TRANSACTION_TYPE_DEPOSIT: TransactionType
TRANSACTION_TYPE_WITHDRAWAL: TransactionType
TRANSACTION_TYPE_TRANSFER_IN: TransactionType
TRANSACTION_TYPE_TRANSFER_OUT: TransactionType
TRANSACTION_TYPE_SWEEP: TransactionType
TRANSACTION_TYPE_FEE: TransactionType
TRANSACTION_TYPE_MARGIN_INTEREST: TransactionType
TRANSACTION_TYPE_TAX: TransactionType
TRANSACTION_TYPE_SPLIT: TransactionType
TRANSACTION_TYPE_MERGER: TransactionType
TRANSACTION_TYPE_SPINOFF: TransactionType
TRANSACTION_TYPE_SYMBOL_CHANGE: TransactionType
TRANSACTION_TYPE_CASH_IN_LIEU: TransactionType
TRANSACTION_TYPE_FX_CONVERSION: TransactionType
TRANSACTION_TYPE_ADJUSTMENT: TransactionType
TRANSACTION_TYPE_OTHER: TransactionType
TRANSACTION_GROUP_UNSPECIFIED: TransactionGroup
TRANSACTION_GROUP_BUY: TransactionGroup
TRANSACTION_GROUP_SELL: TransactionGroup
TRANSACTION_GROUP_DIVIDEND: TransactionGroup
TRANSACTION_GROUP_DEPOSIT: TransactionGroup
TRANSACTION_GROUP_WITHDRAWAL: TransactionGroup
TRANSACTION_GROUP_TRANSFER: TransactionGroup
TRANSACTION_STATUS_UNSPECIFIED: TransactionStatus
TRANSACTION_STATUS_PENDING: TransactionStatus
TRANSACTION_STATUS_POSTED: TransactionStatus
TRANSACTION_STATUS_REMOVED: TransactionStatus

class Transaction(_message.Message):
    __slots__ = ("id", "account_id", "type", "status", "trade_date", "execute_time", "settlement_date", "instrument", "quantity", "price", "currency_code", "gross_amount", "fees", "taxes", "net_amount", "description", "brokerage_type", "version", "removed_reason", "create_time", "update_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TRADE_DATE_FIELD_NUMBER: _ClassVar[int]
    EXECUTE_TIME_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    GROSS_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    TAXES_FIELD_NUMBER: _ClassVar[int]
    NET_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REMOVED_REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    account_id: str
    type: TransactionType
    status: TransactionStatus
    trade_date: _date_pb2.Date
    execute_time: _timestamp_pb2.Timestamp
    settlement_date: _date_pb2.Date
    instrument: _instruments_pb2.Instrument
    quantity: str
    price: str
    currency_code: str
    gross_amount: str
    fees: str
    taxes: str
    net_amount: str
    description: str
    brokerage_type: str
    version: int
    removed_reason: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., account_id: _Optional[str] = ..., type: _Optional[_Union[TransactionType, str]] = ..., status: _Optional[_Union[TransactionStatus, str]] = ..., trade_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., execute_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., settlement_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., instrument: _Optional[_Union[_instruments_pb2.Instrument, _Mapping]] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., currency_code: _Optional[str] = ..., gross_amount: _Optional[str] = ..., fees: _Optional[str] = ..., taxes: _Optional[str] = ..., net_amount: _Optional[str] = ..., description: _Optional[str] = ..., brokerage_type: _Optional[str] = ..., version: _Optional[int] = ..., removed_reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListTransactionsRequest(_message.Message):
    __slots__ = ("account_id", "user_id", "start_date", "end_date", "types", "groups", "symbol", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    user_id: str
    start_date: _date_pb2.Date
    end_date: _date_pb2.Date
    types: _containers.RepeatedScalarFieldContainer[TransactionType]
    groups: _containers.RepeatedScalarFieldContainer[TransactionGroup]
    symbol: str
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., user_id: _Optional[str] = ..., start_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., types: _Optional[_Iterable[_Union[TransactionType, str]]] = ..., groups: _Optional[_Iterable[_Union[TransactionGroup, str]]] = ..., symbol: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTransactionsResponse(_message.Message):
    __slots__ = ("transactions", "next_page_token")
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    transactions: _containers.RepeatedCompositeFieldContainer[Transaction]
    next_page_token: str
    def __init__(self, transactions: _Optional[_Iterable[_Union[Transaction, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetTransactionRequest(_message.Message):
    __slots__ = ("transaction_id",)
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    transaction_id: str
    def __init__(self, transaction_id: _Optional[str] = ...) -> None: ...

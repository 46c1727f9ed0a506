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

class ImportStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMPORT_STAGE_UNSPECIFIED: _ClassVar[ImportStage]
    IMPORT_STAGE_RECEIVING: _ClassVar[ImportStage]
    IMPORT_STAGE_STORING: _ClassVar[ImportStage]
    IMPORT_STAGE_DONE: _ClassVar[ImportStage]
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
IMPORT_STAGE_UNSPECIFIED: ImportStage
IMPORT_STAGE_RECEIVING: ImportStage
IMPORT_STAGE_STORING: ImportStage
IMPORT_STAGE_DONE: ImportStage

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

class ImportStatementRequest(_message.Message):
    __slots__ = ("user_id", "brokerage_id", "account_id", "new_account", "validate_only", "size_bytes", "content", "request_id")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    NEW_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    brokerage_id: str
    account_id: str
    new_account: bool
    validate_only: bool
    size_bytes: int
    content: bytes
    request_id: str
    def __init__(self, user_id: _Optional[str] = ..., brokerage_id: _Optional[str] = ..., account_id: _Optional[str] = ..., new_account: _Optional[bool] = ..., validate_only: _Optional[bool] = ..., size_bytes: _Optional[int] = ..., content: _Optional[bytes] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportStatementResponse(_message.Message):
    __slots__ = ("stage", "received_bytes", "stored_rows", "total_rows", "result")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_BYTES_FIELD_NUMBER: _ClassVar[int]
    STORED_ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    stage: ImportStage
    received_bytes: int
    stored_rows: int
    total_rows: int
    result: StatementResult
    def __init__(self, stage: _Optional[_Union[ImportStage, str]] = ..., received_bytes: _Optional[int] = ..., stored_rows: _Optional[int] = ..., total_rows: _Optional[int] = ..., result: _Optional[_Union[StatementResult, _Mapping]] = ...) -> None: ...

class StatementResult(_message.Message):
    __slots__ = ("format", "accounts", "skipped", "skipped_count", "unknown_words", "unknown_fields", "validate_only")
    class UnknownWordsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_WORDS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    format: str
    accounts: _containers.RepeatedCompositeFieldContainer[ImportedAccount]
    skipped: _containers.RepeatedCompositeFieldContainer[SkippedLine]
    skipped_count: int
    unknown_words: _containers.ScalarMap[str, int]
    unknown_fields: _containers.ScalarMap[str, int]
    validate_only: bool
    def __init__(self, format: _Optional[str] = ..., accounts: _Optional[_Iterable[_Union[ImportedAccount, _Mapping]]] = ..., skipped: _Optional[_Iterable[_Union[SkippedLine, _Mapping]]] = ..., skipped_count: _Optional[int] = ..., unknown_words: _Optional[_Mapping[str, int]] = ..., unknown_fields: _Optional[_Mapping[str, int]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ImportedAccount(_message.Message):
    __slots__ = ("account_id", "masked_number", "is_new", "start_date", "end_date", "total_rows", "added", "modified", "unchanged", "matched", "holdings_updated", "holdings_kept_reason")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MASKED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    IS_NEW_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    MODIFIED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    HOLDINGS_UPDATED_FIELD_NUMBER: _ClassVar[int]
    HOLDINGS_KEPT_REASON_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    masked_number: str
    is_new: bool
    start_date: _date_pb2.Date
    end_date: _date_pb2.Date
    total_rows: int
    added: int
    modified: int
    unchanged: int
    matched: int
    holdings_updated: bool
    holdings_kept_reason: str
    def __init__(self, account_id: _Optional[str] = ..., masked_number: _Optional[str] = ..., is_new: _Optional[bool] = ..., start_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., total_rows: _Optional[int] = ..., added: _Optional[int] = ..., modified: _Optional[int] = ..., unchanged: _Optional[int] = ..., matched: _Optional[int] = ..., holdings_updated: _Optional[bool] = ..., holdings_kept_reason: _Optional[str] = ...) -> None: ...

class SkippedLine(_message.Message):
    __slots__ = ("line", "reason")
    LINE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    line: int
    reason: str
    def __init__(self, line: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

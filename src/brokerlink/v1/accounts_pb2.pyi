from brokerlink.v1 import options_pb2 as _options_pb2
from brokerlink.v1 import types_pb2 as _types_pb2
from brokerlink.v1 import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AccountKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCOUNT_KIND_UNSPECIFIED: _ClassVar[AccountKind]
    ACCOUNT_KIND_CASH: _ClassVar[AccountKind]
    ACCOUNT_KIND_MARGIN: _ClassVar[AccountKind]
    ACCOUNT_KIND_IRA_TRADITIONAL: _ClassVar[AccountKind]
    ACCOUNT_KIND_IRA_ROTH: _ClassVar[AccountKind]
    ACCOUNT_KIND_IRA_OTHER: _ClassVar[AccountKind]
    ACCOUNT_KIND_RETIREMENT: _ClassVar[AccountKind]
    ACCOUNT_KIND_JOINT: _ClassVar[AccountKind]
    ACCOUNT_KIND_CUSTODIAL: _ClassVar[AccountKind]
    ACCOUNT_KIND_TRUST: _ClassVar[AccountKind]
    ACCOUNT_KIND_CRYPTO: _ClassVar[AccountKind]
    ACCOUNT_KIND_OTHER: _ClassVar[AccountKind]

class AccountState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCOUNT_STATE_UNSPECIFIED: _ClassVar[AccountState]
    ACCOUNT_STATE_OPEN: _ClassVar[AccountState]
    ACCOUNT_STATE_CLOSED: _ClassVar[AccountState]
ACCOUNT_KIND_UNSPECIFIED: AccountKind
ACCOUNT_KIND_CASH: AccountKind
ACCOUNT_KIND_MARGIN: AccountKind
ACCOUNT_KIND_IRA_TRADITIONAL: AccountKind
ACCOUNT_KIND_IRA_ROTH: AccountKind
ACCOUNT_KIND_IRA_OTHER: AccountKind
ACCOUNT_KIND_RETIREMENT: AccountKind
ACCOUNT_KIND_JOINT: AccountKind
ACCOUNT_KIND_CUSTODIAL: AccountKind
ACCOUNT_KIND_TRUST: AccountKind
ACCOUNT_KIND_CRYPTO: AccountKind
ACCOUNT_KIND_OTHER: AccountKind
ACCOUNT_STATE_UNSPECIFIED: AccountState
ACCOUNT_STATE_OPEN: AccountState
ACCOUNT_STATE_CLOSED: AccountState

class Account(_message.Message):
    __slots__ = ("id", "user_id", "brokerage_id", "name", "masked_number", "kind", "currency_code", "state", "connection_ids", "freshness")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MASKED_NUMBER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_IDS_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    brokerage_id: str
    name: str
    masked_number: str
    kind: AccountKind
    currency_code: str
    state: AccountState
    connection_ids: _containers.RepeatedScalarFieldContainer[str]
    freshness: _containers.RepeatedCompositeFieldContainer[_types_pb2.Freshness]
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., brokerage_id: _Optional[str] = ..., name: _Optional[str] = ..., masked_number: _Optional[str] = ..., kind: _Optional[_Union[AccountKind, str]] = ..., currency_code: _Optional[str] = ..., state: _Optional[_Union[AccountState, str]] = ..., connection_ids: _Optional[_Iterable[str]] = ..., freshness: _Optional[_Iterable[_Union[_types_pb2.Freshness, _Mapping]]] = ...) -> None: ...

class ListAccountsRequest(_message.Message):
    __slots__ = ("user_id", "brokerage_id", "page_size", "page_token")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    brokerage_id: str
    page_size: int
    page_token: str
    def __init__(self, user_id: _Optional[str] = ..., brokerage_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountsResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[Account]
    next_page_token: str
    def __init__(self, accounts: _Optional[_Iterable[_Union[Account, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("account_id",)
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    def __init__(self, account_id: _Optional[str] = ...) -> None: ...

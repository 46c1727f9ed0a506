import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Dataset(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATASET_UNSPECIFIED: _ClassVar[Dataset]
    DATASET_ACCOUNTS: _ClassVar[Dataset]
    DATASET_BALANCES: _ClassVar[Dataset]
    DATASET_POSITIONS: _ClassVar[Dataset]
    DATASET_TRANSACTIONS: _ClassVar[Dataset]
    DATASET_ORDERS: _ClassVar[Dataset]

class Actor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTOR_UNSPECIFIED: _ClassVar[Actor]
    ACTOR_USER: _ClassVar[Actor]
    ACTOR_CALLER: _ClassVar[Actor]
    ACTOR_OPERATOR: _ClassVar[Actor]
    ACTOR_BROKERAGE: _ClassVar[Actor]
    ACTOR_NOBODY: _ClassVar[Actor]

class Completeness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPLETENESS_UNSPECIFIED: _ClassVar[Completeness]
    COMPLETENESS_COMPLETE: _ClassVar[Completeness]
    COMPLETENESS_PARTIAL: _ClassVar[Completeness]
    COMPLETENESS_NEVER: _ClassVar[Completeness]
DATASET_UNSPECIFIED: Dataset
DATASET_ACCOUNTS: Dataset
DATASET_BALANCES: Dataset
DATASET_POSITIONS: Dataset
DATASET_TRANSACTIONS: Dataset
DATASET_ORDERS: Dataset
ACTOR_UNSPECIFIED: Actor
ACTOR_USER: Actor
ACTOR_CALLER: Actor
ACTOR_OPERATOR: Actor
ACTOR_BROKERAGE: Actor
ACTOR_NOBODY: Actor
COMPLETENESS_UNSPECIFIED: Completeness
COMPLETENESS_COMPLETE: Completeness
COMPLETENESS_PARTIAL: Completeness
COMPLETENESS_NEVER: Completeness

class Failure(_message.Message):
    __slots__ = ("reason", "actor", "message", "retry_time", "brokerage_id", "dataset")
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRY_TIME_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    reason: str
    actor: Actor
    message: str
    retry_time: _timestamp_pb2.Timestamp
    brokerage_id: str
    dataset: Dataset
    def __init__(self, reason: _Optional[str] = ..., actor: _Optional[_Union[Actor, str]] = ..., message: _Optional[str] = ..., retry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., brokerage_id: _Optional[str] = ..., dataset: _Optional[_Union[Dataset, str]] = ...) -> None: ...

class Freshness(_message.Message):
    __slots__ = ("dataset", "as_of", "fetched_at", "completeness", "stale_since", "stale_reason", "history_start_date")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    FETCHED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETENESS_FIELD_NUMBER: _ClassVar[int]
    STALE_SINCE_FIELD_NUMBER: _ClassVar[int]
    STALE_REASON_FIELD_NUMBER: _ClassVar[int]
    HISTORY_START_DATE_FIELD_NUMBER: _ClassVar[int]
    dataset: Dataset
    as_of: _timestamp_pb2.Timestamp
    fetched_at: _timestamp_pb2.Timestamp
    completeness: Completeness
    stale_since: _timestamp_pb2.Timestamp
    stale_reason: str
    history_start_date: _date_pb2.Date
    def __init__(self, dataset: _Optional[_Union[Dataset, str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fetched_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completeness: _Optional[_Union[Completeness, str]] = ..., stale_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stale_reason: _Optional[str] = ..., history_start_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

import datetime

from brokerlink.v1 import connections_pb2 as _connections_pb2
from brokerlink.v1 import options_pb2 as _options_pb2
from brokerlink.v1 import syncs_pb2 as _syncs_pb2
from brokerlink.v1 import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeadLetter(_message.Message):
    __slots__ = ("sync_run", "brokerage_id", "put_aside_time")
    SYNC_RUN_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PUT_ASIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    sync_run: _syncs_pb2.SyncRun
    brokerage_id: str
    put_aside_time: _timestamp_pb2.Timestamp
    def __init__(self, sync_run: _Optional[_Union[_syncs_pb2.SyncRun, _Mapping]] = ..., brokerage_id: _Optional[str] = ..., put_aside_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListDeadLettersRequest(_message.Message):
    __slots__ = ("brokerage_id", "page_size", "page_token")
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    brokerage_id: str
    page_size: int
    page_token: str
    def __init__(self, brokerage_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDeadLettersResponse(_message.Message):
    __slots__ = ("dead_letters", "next_page_token")
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dead_letters: _containers.RepeatedCompositeFieldContainer[DeadLetter]
    next_page_token: str
    def __init__(self, dead_letters: _Optional[_Iterable[_Union[DeadLetter, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RetryDeadLetterRequest(_message.Message):
    __slots__ = ("sync_run_id", "request_id")
    SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sync_run_id: str
    request_id: str
    def __init__(self, sync_run_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RequeueSyncRequest(_message.Message):
    __slots__ = ("sync_run_id", "request_id")
    SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sync_run_id: str
    request_id: str
    def __init__(self, sync_run_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReleaseConnectionRequest(_message.Message):
    __slots__ = ("connection_id", "etag", "request_id")
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    connection_id: str
    etag: str
    request_id: str
    def __init__(self, connection_id: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

import datetime

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

class SyncRunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_RUN_STATE_UNSPECIFIED: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_QUEUED: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_RUNNING: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_WAITING: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_SUCCEEDED: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_PARTIALLY_SUCCEEDED: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_FAILED: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_CANCELLED: _ClassVar[SyncRunState]
    SYNC_RUN_STATE_EXPIRED: _ClassVar[SyncRunState]

class SyncTrigger(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_TRIGGER_UNSPECIFIED: _ClassVar[SyncTrigger]
    SYNC_TRIGGER_CONNECT: _ClassVar[SyncTrigger]
    SYNC_TRIGGER_REQUEST: _ClassVar[SyncTrigger]
    SYNC_TRIGGER_SCHEDULE: _ClassVar[SyncTrigger]
    SYNC_TRIGGER_RESUME: _ClassVar[SyncTrigger]

class DatasetResultState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATASET_RESULT_STATE_UNSPECIFIED: _ClassVar[DatasetResultState]
    DATASET_RESULT_STATE_PENDING: _ClassVar[DatasetResultState]
    DATASET_RESULT_STATE_RUNNING: _ClassVar[DatasetResultState]
    DATASET_RESULT_STATE_SUCCEEDED: _ClassVar[DatasetResultState]
    DATASET_RESULT_STATE_PARTIAL: _ClassVar[DatasetResultState]
    DATASET_RESULT_STATE_FAILED: _ClassVar[DatasetResultState]
    DATASET_RESULT_STATE_SKIPPED: _ClassVar[DatasetResultState]

class SyncProgressKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_PROGRESS_KIND_UNSPECIFIED: _ClassVar[SyncProgressKind]
    SYNC_PROGRESS_KIND_SNAPSHOT: _ClassVar[SyncProgressKind]
    SYNC_PROGRESS_KIND_PROGRESS: _ClassVar[SyncProgressKind]
    SYNC_PROGRESS_KIND_HEARTBEAT: _ClassVar[SyncProgressKind]
    SYNC_PROGRESS_KIND_TERMINAL: _ClassVar[SyncProgressKind]
SYNC_RUN_STATE_UNSPECIFIED: SyncRunState
SYNC_RUN_STATE_QUEUED: SyncRunState
SYNC_RUN_STATE_RUNNING: SyncRunState
SYNC_RUN_STATE_WAITING: SyncRunState
SYNC_RUN_STATE_SUCCEEDED: SyncRunState
SYNC_RUN_STATE_PARTIALLY_SUCCEEDED: SyncRunState
SYNC_RUN_STATE_FAILED: SyncRunState
SYNC_RUN_STATE_CANCELLED: SyncRunState
SYNC_RUN_STATE_EXPIRED: SyncRunState
SYNC_TRIGGER_UNSPECIFIED: SyncTrigger
SYNC_TRIGGER_CONNECT: SyncTrigger
SYNC_TRIGGER_REQUEST: SyncTrigger
SYNC_TRIGGER_SCHEDULE: SyncTrigger
SYNC_TRIGGER_RESUME: SyncTrigger
DATASET_RESULT_STATE_UNSPECIFIED: DatasetResultState
DATASET_RESULT_STATE_PENDING: DatasetResultState
DATASET_RESULT_STATE_RUNNING: DatasetResultState
DATASET_RESULT_STATE_SUCCEEDED: DatasetResultState
DATASET_RESULT_STATE_PARTIAL: DatasetResultState
DATASET_RESULT_STATE_FAILED: DatasetResultState
DATASET_RESULT_STATE_SKIPPED: DatasetResultState
SYNC_PROGRESS_KIND_UNSPECIFIED: SyncProgressKind
SYNC_PROGRESS_KIND_SNAPSHOT: SyncProgressKind
SYNC_PROGRESS_KIND_PROGRESS: SyncProgressKind
SYNC_PROGRESS_KIND_HEARTBEAT: SyncProgressKind
SYNC_PROGRESS_KIND_TERMINAL: SyncProgressKind

class SyncRun(_message.Message):
    __slots__ = ("id", "connection_id", "user_id", "state", "trigger", "failure", "attempt", "sequence", "create_time", "start_time", "end_time", "deadline", "retry_time", "results")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    RETRY_TIME_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    connection_id: str
    user_id: str
    state: SyncRunState
    trigger: SyncTrigger
    failure: _types_pb2.Failure
    attempt: int
    sequence: int
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    deadline: _timestamp_pb2.Timestamp
    retry_time: _timestamp_pb2.Timestamp
    results: _containers.RepeatedCompositeFieldContainer[DatasetResult]
    def __init__(self, id: _Optional[str] = ..., connection_id: _Optional[str] = ..., user_id: _Optional[str] = ..., state: _Optional[_Union[SyncRunState, str]] = ..., trigger: _Optional[_Union[SyncTrigger, str]] = ..., failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., attempt: _Optional[int] = ..., sequence: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deadline: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., retry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., results: _Optional[_Iterable[_Union[DatasetResult, _Mapping]]] = ...) -> None: ...

class DatasetResult(_message.Message):
    __slots__ = ("account_id", "dataset", "state", "added", "modified", "removed", "unchanged", "pages", "failure", "unknown_fields", "unknown_words", "held_back", "totals_differ")
    class UnknownFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UnknownWordsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    MODIFIED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    PAGES_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_WORDS_FIELD_NUMBER: _ClassVar[int]
    HELD_BACK_FIELD_NUMBER: _ClassVar[int]
    TOTALS_DIFFER_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    dataset: _types_pb2.Dataset
    state: DatasetResultState
    added: int
    modified: int
    removed: int
    unchanged: int
    pages: int
    failure: _types_pb2.Failure
    unknown_fields: _containers.ScalarMap[str, int]
    unknown_words: _containers.ScalarMap[str, int]
    held_back: bool
    totals_differ: bool
    def __init__(self, account_id: _Optional[str] = ..., dataset: _Optional[_Union[_types_pb2.Dataset, str]] = ..., state: _Optional[_Union[DatasetResultState, str]] = ..., added: _Optional[int] = ..., modified: _Optional[int] = ..., removed: _Optional[int] = ..., unchanged: _Optional[int] = ..., pages: _Optional[int] = ..., failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., unknown_fields: _Optional[_Mapping[str, int]] = ..., unknown_words: _Optional[_Mapping[str, int]] = ..., held_back: _Optional[bool] = ..., totals_differ: _Optional[bool] = ...) -> None: ...

class SyncProgress(_message.Message):
    __slots__ = ("sync_run_id", "sequence", "kind", "time", "run", "result", "state", "retry_time", "message")
    SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RETRY_TIME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    sync_run_id: str
    sequence: int
    kind: SyncProgressKind
    time: _timestamp_pb2.Timestamp
    run: SyncRun
    result: DatasetResult
    state: SyncRunState
    retry_time: _timestamp_pb2.Timestamp
    message: str
    def __init__(self, sync_run_id: _Optional[str] = ..., sequence: _Optional[int] = ..., kind: _Optional[_Union[SyncProgressKind, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., run: _Optional[_Union[SyncRun, _Mapping]] = ..., result: _Optional[_Union[DatasetResult, _Mapping]] = ..., state: _Optional[_Union[SyncRunState, str]] = ..., retry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class SyncAccountRequest(_message.Message):
    __slots__ = ("account_id", "connection_id", "force", "request_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    connection_id: str
    force: bool
    request_id: str
    def __init__(self, account_id: _Optional[str] = ..., connection_id: _Optional[str] = ..., force: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartSyncRequest(_message.Message):
    __slots__ = ("account_id", "connection_id", "force", "request_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    connection_id: str
    force: bool
    request_id: str
    def __init__(self, account_id: _Optional[str] = ..., connection_id: _Optional[str] = ..., force: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class WatchSyncRequest(_message.Message):
    __slots__ = ("sync_run_id", "after_sequence")
    SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sync_run_id: str
    after_sequence: int
    def __init__(self, sync_run_id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class GetSyncRunRequest(_message.Message):
    __slots__ = ("sync_run_id",)
    SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    sync_run_id: str
    def __init__(self, sync_run_id: _Optional[str] = ...) -> None: ...

class ListSyncRunsRequest(_message.Message):
    __slots__ = ("connection_id", "user_id", "page_size", "page_token")
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    connection_id: str
    user_id: str
    page_size: int
    page_token: str
    def __init__(self, connection_id: _Optional[str] = ..., user_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSyncRunsResponse(_message.Message):
    __slots__ = ("sync_runs", "next_page_token")
    SYNC_RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sync_runs: _containers.RepeatedCompositeFieldContainer[SyncRun]
    next_page_token: str
    def __init__(self, sync_runs: _Optional[_Iterable[_Union[SyncRun, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelSyncRequest(_message.Message):
    __slots__ = ("sync_run_id", "request_id")
    SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sync_run_id: str
    request_id: str
    def __init__(self, sync_run_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

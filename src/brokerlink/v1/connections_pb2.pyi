import datetime

from brokerlink.v1 import accounts_pb2 as _accounts_pb2
from brokerlink.v1 import brokerages_pb2 as _brokerages_pb2
from brokerlink.v1 import options_pb2 as _options_pb2
from brokerlink.v1 import types_pb2 as _types_pb2
from brokerlink.v1 import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConnectSessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONNECT_SESSION_STATE_UNSPECIFIED: _ClassVar[ConnectSessionState]
    CONNECT_SESSION_STATE_IN_PROGRESS: _ClassVar[ConnectSessionState]
    CONNECT_SESSION_STATE_NEEDS_INPUT: _ClassVar[ConnectSessionState]
    CONNECT_SESSION_STATE_SUCCEEDED: _ClassVar[ConnectSessionState]
    CONNECT_SESSION_STATE_FAILED: _ClassVar[ConnectSessionState]
    CONNECT_SESSION_STATE_EXPIRED: _ClassVar[ConnectSessionState]
    CONNECT_SESSION_STATE_CANCELLED: _ClassVar[ConnectSessionState]

class ChallengeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHALLENGE_KIND_UNSPECIFIED: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_REDIRECT: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_SMS_CODE: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_EMAIL_CODE: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_APP_CODE: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_VERIFIER_CODE: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_CHOICE: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_DEVICE_APPROVAL: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_QUESTION: _ClassVar[ChallengeKind]
    CHALLENGE_KIND_MORE_CREDENTIALS: _ClassVar[ChallengeKind]

class ConnectionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONNECTION_STATE_UNSPECIFIED: _ClassVar[ConnectionState]
    CONNECTION_STATE_PENDING: _ClassVar[ConnectionState]
    CONNECTION_STATE_ACTIVE: _ClassVar[ConnectionState]
    CONNECTION_STATE_DEGRADED: _ClassVar[ConnectionState]
    CONNECTION_STATE_ACTION_REQUIRED: _ClassVar[ConnectionState]
    CONNECTION_STATE_WAITING: _ClassVar[ConnectionState]
    CONNECTION_STATE_PAUSED: _ClassVar[ConnectionState]
    CONNECTION_STATE_DISCONNECTED: _ClassVar[ConnectionState]
    CONNECTION_STATE_QUARANTINED: _ClassVar[ConnectionState]
CONNECT_SESSION_STATE_UNSPECIFIED: ConnectSessionState
CONNECT_SESSION_STATE_IN_PROGRESS: ConnectSessionState
CONNECT_SESSION_STATE_NEEDS_INPUT: ConnectSessionState
CONNECT_SESSION_STATE_SUCCEEDED: ConnectSessionState
CONNECT_SESSION_STATE_FAILED: ConnectSessionState
CONNECT_SESSION_STATE_EXPIRED: ConnectSessionState
CONNECT_SESSION_STATE_CANCELLED: ConnectSessionState
CHALLENGE_KIND_UNSPECIFIED: ChallengeKind
CHALLENGE_KIND_REDIRECT: ChallengeKind
CHALLENGE_KIND_SMS_CODE: ChallengeKind
CHALLENGE_KIND_EMAIL_CODE: ChallengeKind
CHALLENGE_KIND_APP_CODE: ChallengeKind
CHALLENGE_KIND_VERIFIER_CODE: ChallengeKind
CHALLENGE_KIND_CHOICE: ChallengeKind
CHALLENGE_KIND_DEVICE_APPROVAL: ChallengeKind
CHALLENGE_KIND_QUESTION: ChallengeKind
CHALLENGE_KIND_MORE_CREDENTIALS: ChallengeKind
CONNECTION_STATE_UNSPECIFIED: ConnectionState
CONNECTION_STATE_PENDING: ConnectionState
CONNECTION_STATE_ACTIVE: ConnectionState
CONNECTION_STATE_DEGRADED: ConnectionState
CONNECTION_STATE_ACTION_REQUIRED: ConnectionState
CONNECTION_STATE_WAITING: ConnectionState
CONNECTION_STATE_PAUSED: ConnectionState
CONNECTION_STATE_DISCONNECTED: ConnectionState
CONNECTION_STATE_QUARANTINED: ConnectionState

class ConnectSession(_message.Message):
    __slots__ = ("id", "user_id", "brokerage_id", "door_id", "state", "challenge", "connection", "accounts", "failure", "create_time", "expire_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DOOR_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    brokerage_id: str
    door_id: str
    state: ConnectSessionState
    challenge: Challenge
    connection: Connection
    accounts: _containers.RepeatedCompositeFieldContainer[_accounts_pb2.Account]
    failure: _types_pb2.Failure
    create_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., brokerage_id: _Optional[str] = ..., door_id: _Optional[str] = ..., state: _Optional[_Union[ConnectSessionState, str]] = ..., challenge: _Optional[_Union[Challenge, _Mapping]] = ..., connection: _Optional[_Union[Connection, _Mapping]] = ..., accounts: _Optional[_Iterable[_Union[_accounts_pb2.Account, _Mapping]]] = ..., failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Challenge(_message.Message):
    __slots__ = ("kind", "prompt", "options", "masked_destination", "authorize_url", "attempts_left", "expire_time", "poll_after", "fields")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MASKED_DESTINATION_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZE_URL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_LEFT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    POLL_AFTER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    kind: ChallengeKind
    prompt: str
    options: _containers.RepeatedCompositeFieldContainer[ChallengeOption]
    masked_destination: str
    authorize_url: str
    attempts_left: int
    expire_time: _timestamp_pb2.Timestamp
    poll_after: _duration_pb2.Duration
    fields: _containers.RepeatedCompositeFieldContainer[_brokerages_pb2.CredentialField]
    def __init__(self, kind: _Optional[_Union[ChallengeKind, str]] = ..., prompt: _Optional[str] = ..., options: _Optional[_Iterable[_Union[ChallengeOption, _Mapping]]] = ..., masked_destination: _Optional[str] = ..., authorize_url: _Optional[str] = ..., attempts_left: _Optional[int] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., poll_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[_brokerages_pb2.CredentialField, _Mapping]]] = ...) -> None: ...

class ChallengeOption(_message.Message):
    __slots__ = ("key", "label")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    key: str
    label: str
    def __init__(self, key: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...

class Connection(_message.Message):
    __slots__ = ("id", "user_id", "brokerage_id", "door_id", "state", "reason", "actor", "message", "since", "next_retry_time", "expire_time", "renewable_until_time", "account_ids", "last_sync_run_id", "last_success_time", "next_sync_time", "create_time", "etag")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DOOR_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_RETRY_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    RENEWABLE_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_IDS_FIELD_NUMBER: _ClassVar[int]
    LAST_SYNC_RUN_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_SUCCESS_TIME_FIELD_NUMBER: _ClassVar[int]
    NEXT_SYNC_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    brokerage_id: str
    door_id: str
    state: ConnectionState
    reason: str
    actor: _types_pb2.Actor
    message: str
    since: _timestamp_pb2.Timestamp
    next_retry_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    renewable_until_time: _timestamp_pb2.Timestamp
    account_ids: _containers.RepeatedScalarFieldContainer[str]
    last_sync_run_id: str
    last_success_time: _timestamp_pb2.Timestamp
    next_sync_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., brokerage_id: _Optional[str] = ..., door_id: _Optional[str] = ..., state: _Optional[_Union[ConnectionState, str]] = ..., reason: _Optional[str] = ..., actor: _Optional[_Union[_types_pb2.Actor, str]] = ..., message: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_retry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., renewable_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., account_ids: _Optional[_Iterable[str]] = ..., last_sync_run_id: _Optional[str] = ..., last_success_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_sync_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class ConnectRequest(_message.Message):
    __slots__ = ("user_id", "brokerage_id", "door_id", "credentials", "reconnect_connection_id", "redirect_uri", "request_id")
    class CredentialsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DOOR_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    RECONNECT_CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    brokerage_id: str
    door_id: str
    credentials: _containers.ScalarMap[str, str]
    reconnect_connection_id: str
    redirect_uri: str
    request_id: str
    def __init__(self, user_id: _Optional[str] = ..., brokerage_id: _Optional[str] = ..., door_id: _Optional[str] = ..., credentials: _Optional[_Mapping[str, str]] = ..., reconnect_connection_id: _Optional[str] = ..., redirect_uri: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ContinueConnectRequest(_message.Message):
    __slots__ = ("session_id", "code", "choice", "callback_url", "approval", "answer_text", "credentials", "request_id")
    class CredentialsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    CALLBACK_URL_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    ANSWER_TEXT_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    code: str
    choice: str
    callback_url: str
    approval: bool
    answer_text: str
    credentials: _containers.ScalarMap[str, str]
    request_id: str
    def __init__(self, session_id: _Optional[str] = ..., code: _Optional[str] = ..., choice: _Optional[str] = ..., callback_url: _Optional[str] = ..., approval: _Optional[bool] = ..., answer_text: _Optional[str] = ..., credentials: _Optional[_Mapping[str, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetConnectSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class CancelConnectRequest(_message.Message):
    __slots__ = ("session_id", "request_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    request_id: str
    def __init__(self, session_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListConnectionsRequest(_message.Message):
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

class ListConnectionsResponse(_message.Message):
    __slots__ = ("connections", "next_page_token")
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    connections: _containers.RepeatedCompositeFieldContainer[Connection]
    next_page_token: str
    def __init__(self, connections: _Optional[_Iterable[_Union[Connection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetConnectionRequest(_message.Message):
    __slots__ = ("connection_id",)
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    connection_id: str
    def __init__(self, connection_id: _Optional[str] = ...) -> None: ...

class PauseConnectionRequest(_message.Message):
    __slots__ = ("connection_id", "etag", "request_id")
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    connection_id: str
    etag: str
    request_id: str
    def __init__(self, connection_id: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeConnectionRequest(_message.Message):
    __slots__ = ("connection_id", "etag", "request_id")
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    connection_id: str
    etag: str
    request_id: str
    def __init__(self, connection_id: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DisconnectRequest(_message.Message):
    __slots__ = ("connection_id", "account_id", "etag", "request_id")
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    connection_id: str
    account_id: str
    etag: str
    request_id: str
    def __init__(self, connection_id: _Optional[str] = ..., account_id: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DisconnectResponse(_message.Message):
    __slots__ = ("connections",)
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    connections: _containers.RepeatedCompositeFieldContainer[Connection]
    def __init__(self, connections: _Optional[_Iterable[_Union[Connection, _Mapping]]] = ...) -> None: ...

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

class BrokerageStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BROKERAGE_STATUS_UNSPECIFIED: _ClassVar[BrokerageStatus]
    BROKERAGE_STATUS_OFFICIAL: _ClassVar[BrokerageStatus]
    BROKERAGE_STATUS_UNOFFICIAL: _ClassVar[BrokerageStatus]
    BROKERAGE_STATUS_AGGREGATED: _ClassVar[BrokerageStatus]
    BROKERAGE_STATUS_RETIRED: _ClassVar[BrokerageStatus]

class DoorKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOOR_KIND_UNSPECIFIED: _ClassVar[DoorKind]
    DOOR_KIND_OFFICIAL_API: _ClassVar[DoorKind]
    DOOR_KIND_AGGREGATOR: _ClassVar[DoorKind]
    DOOR_KIND_UNOFFICIAL_API: _ClassVar[DoorKind]
    DOOR_KIND_FILE_IMPORT: _ClassVar[DoorKind]

class Support(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPPORT_UNSPECIFIED: _ClassVar[Support]
    SUPPORT_NATIVE: _ClassVar[Support]
    SUPPORT_DERIVED: _ClassVar[Support]
    SUPPORT_UNSUPPORTED: _ClassVar[Support]
    SUPPORT_UNKNOWN: _ClassVar[Support]
BROKERAGE_STATUS_UNSPECIFIED: BrokerageStatus
BROKERAGE_STATUS_OFFICIAL: BrokerageStatus
BROKERAGE_STATUS_UNOFFICIAL: BrokerageStatus
BROKERAGE_STATUS_AGGREGATED: BrokerageStatus
BROKERAGE_STATUS_RETIRED: BrokerageStatus
DOOR_KIND_UNSPECIFIED: DoorKind
DOOR_KIND_OFFICIAL_API: DoorKind
DOOR_KIND_AGGREGATOR: DoorKind
DOOR_KIND_UNOFFICIAL_API: DoorKind
DOOR_KIND_FILE_IMPORT: DoorKind
SUPPORT_UNSPECIFIED: Support
SUPPORT_NATIVE: Support
SUPPORT_DERIVED: Support
SUPPORT_UNSUPPORTED: Support
SUPPORT_UNKNOWN: Support

class Brokerage(_message.Message):
    __slots__ = ("id", "title", "status", "successor_brokerage_id", "doors", "homepage", "verification")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DOORS_FIELD_NUMBER: _ClassVar[int]
    HOMEPAGE_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    status: BrokerageStatus
    successor_brokerage_id: str
    doors: _containers.RepeatedCompositeFieldContainer[Door]
    homepage: str
    verification: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[_Union[BrokerageStatus, str]] = ..., successor_brokerage_id: _Optional[str] = ..., doors: _Optional[_Iterable[_Union[Door, _Mapping]]] = ..., homepage: _Optional[str] = ..., verification: _Optional[str] = ...) -> None: ...

class Door(_message.Message):
    __slots__ = ("id", "title", "kind", "open", "closed_reason", "credential_fields", "capabilities", "history_days", "access", "terms_note", "limits", "verification", "sign_in")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    CLOSED_REASON_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELDS_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    HISTORY_DAYS_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    TERMS_NOTE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    SIGN_IN_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    kind: DoorKind
    open: bool
    closed_reason: str
    credential_fields: _containers.RepeatedCompositeFieldContainer[CredentialField]
    capabilities: _containers.RepeatedCompositeFieldContainer[Capability]
    history_days: int
    access: str
    terms_note: str
    limits: str
    verification: str
    sign_in: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., kind: _Optional[_Union[DoorKind, str]] = ..., open: _Optional[bool] = ..., closed_reason: _Optional[str] = ..., credential_fields: _Optional[_Iterable[_Union[CredentialField, _Mapping]]] = ..., capabilities: _Optional[_Iterable[_Union[Capability, _Mapping]]] = ..., history_days: _Optional[int] = ..., access: _Optional[str] = ..., terms_note: _Optional[str] = ..., limits: _Optional[str] = ..., verification: _Optional[str] = ..., sign_in: _Optional[str] = ...) -> None: ...

class CredentialField(_message.Message):
    __slots__ = ("key", "label", "help", "secret", "required", "operator")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    HELP_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    key: str
    label: str
    help: str
    secret: bool
    required: bool
    operator: bool
    def __init__(self, key: _Optional[str] = ..., label: _Optional[str] = ..., help: _Optional[str] = ..., secret: _Optional[bool] = ..., required: _Optional[bool] = ..., operator: _Optional[bool] = ...) -> None: ...

class Capability(_message.Message):
    __slots__ = ("dataset", "support", "note")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    dataset: _types_pb2.Dataset
    support: Support
    note: str
    def __init__(self, dataset: _Optional[_Union[_types_pb2.Dataset, str]] = ..., support: _Optional[_Union[Support, str]] = ..., note: _Optional[str] = ...) -> None: ...

class ListBrokeragesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBrokeragesResponse(_message.Message):
    __slots__ = ("brokerages", "next_page_token")
    BROKERAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    brokerages: _containers.RepeatedCompositeFieldContainer[Brokerage]
    next_page_token: str
    def __init__(self, brokerages: _Optional[_Iterable[_Union[Brokerage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBrokerageRequest(_message.Message):
    __slots__ = ("brokerage_id",)
    BROKERAGE_ID_FIELD_NUMBER: _ClassVar[int]
    brokerage_id: str
    def __init__(self, brokerage_id: _Optional[str] = ...) -> None: ...

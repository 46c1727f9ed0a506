from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InstrumentKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSTRUMENT_KIND_UNSPECIFIED: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_EQUITY: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_ETF: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_MUTUAL_FUND: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_OPTION: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_BOND: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_CRYPTO: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_CASH_EQUIVALENT: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_FUTURE: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_FUTURE_OPTION: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_INDEX: _ClassVar[InstrumentKind]
    INSTRUMENT_KIND_OTHER: _ClassVar[InstrumentKind]

class OptionRight(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPTION_RIGHT_UNSPECIFIED: _ClassVar[OptionRight]
    OPTION_RIGHT_CALL: _ClassVar[OptionRight]
    OPTION_RIGHT_PUT: _ClassVar[OptionRight]
INSTRUMENT_KIND_UNSPECIFIED: InstrumentKind
INSTRUMENT_KIND_EQUITY: InstrumentKind
INSTRUMENT_KIND_ETF: InstrumentKind
INSTRUMENT_KIND_MUTUAL_FUND: InstrumentKind
INSTRUMENT_KIND_OPTION: InstrumentKind
INSTRUMENT_KIND_BOND: InstrumentKind
INSTRUMENT_KIND_CRYPTO: InstrumentKind
INSTRUMENT_KIND_CASH_EQUIVALENT: InstrumentKind
INSTRUMENT_KIND_FUTURE: InstrumentKind
INSTRUMENT_KIND_FUTURE_OPTION: InstrumentKind
INSTRUMENT_KIND_INDEX: InstrumentKind
INSTRUMENT_KIND_OTHER: InstrumentKind
OPTION_RIGHT_UNSPECIFIED: OptionRight
OPTION_RIGHT_CALL: OptionRight
OPTION_RIGHT_PUT: OptionRight

class Instrument(_message.Message):
    __slots__ = ("id", "kind", "symbol", "name", "currency_code", "identifiers", "option_details")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIERS_FIELD_NUMBER: _ClassVar[int]
    OPTION_DETAILS_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: InstrumentKind
    symbol: str
    name: str
    currency_code: str
    identifiers: _containers.RepeatedCompositeFieldContainer[Identifier]
    option_details: OptionDetails
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[InstrumentKind, str]] = ..., symbol: _Optional[str] = ..., name: _Optional[str] = ..., currency_code: _Optional[str] = ..., identifiers: _Optional[_Iterable[_Union[Identifier, _Mapping]]] = ..., option_details: _Optional[_Union[OptionDetails, _Mapping]] = ...) -> None: ...

class Identifier(_message.Message):
    __slots__ = ("scheme", "value")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    scheme: str
    value: str
    def __init__(self, scheme: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class OptionDetails(_message.Message):
    __slots__ = ("underlying_symbol", "expiration_date", "right", "strike", "multiplier", "occ_symbol")
    UNDERLYING_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    EXPIRATION_DATE_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    STRIKE_FIELD_NUMBER: _ClassVar[int]
    MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    OCC_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    underlying_symbol: str
    expiration_date: _date_pb2.Date
    right: OptionRight
    strike: str
    multiplier: str
    occ_symbol: str
    def __init__(self, underlying_symbol: _Optional[str] = ..., expiration_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., right: _Optional[_Union[OptionRight, str]] = ..., strike: _Optional[str] = ..., multiplier: _Optional[str] = ..., occ_symbol: _Optional[str] = ...) -> None: ...

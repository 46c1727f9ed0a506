"""Logs: set up once, for a person at a terminal or as JSON for machines, with everything redacted.

Levels: INFO normal operations and syncs; WARNING authentication trouble and retries; ERROR failed
operations; DEBUG calls to brokerages, masked. Both structlog and the standard library's `logging` (with
`extra=`) end in the same line. Libraries are heard from WARNING on, whatever our own level is: below it
they tell headers, URLs and bound values.
"""

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from adapters.telemetry import exceptions
from adapters.telemetry.masks import REDACTED
from adapters.telemetry.redaction import path, redacted, text
from domain.errors import CallerMustAct, Failure, NobodyYet, UserMustAct

OURS = ("brokerlink", "adapters", "domain", "stamina", "alembic")
QUIET = ("httpx", "httpcore", "aiohttp", "sqlalchemy", "asyncio", "authlib", "grpc", "psycopg")
# Their arguments are ours: revisions and titles of our migrations.
TRUSTED = ("alembic",)
UNWRITABLE = "a log line could not be written"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(level: str = "INFO", style: str = "auto", stream: TextIO | None = None) -> None:
    """Set both worlds up. `style`: "console", "json", or "auto" (console on a terminal). Standard error
    unless `stream` says otherwise. May be called again."""
    output = Output(stream)
    console = output.terminal if style == "auto" else style == "console"
    line = Line(console=console, colors=output.terminal and "NO_COLOR" not in os.environ)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[line],
        wrapper_class=_wrapper(threshold),
        logger_factory=lambda *_: output,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    # Any other handler would write the same records without a mask.
    root.handlers[:] = [Bridge(line, output)]
    root.setLevel(max(threshold, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(threshold)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)
    # Python's own hooks print the texts of exceptions.
    sys.excepthook = lambda _kind, error, _trace: _unhandled(error)
    threading.excepthook = lambda hook: _unhandled(hook.exc_value)
    sys.unraisablehook = lambda hook: _unhandled(hook.exc_value)


def correlated(correlation_id: str, **fields: str) -> AbstractContextManager[None]:
    """Every line logged inside carries these, also in tasks started there."""
    return structlog.contextvars.bound_contextvars(correlation_id=correlation_id, **fields)


def call_log(method: str, host: str, where: str, status: int, milliseconds: float) -> None:
    """One call to a brokerage. `where` is the path; its query and what names somebody are left out."""
    logger = structlog.get_logger("brokerlink.calls")
    if logger.is_enabled_for(logging.DEBUG):
        logger.debug(
            "brokerage call",
            method=method,
            host=host,
            path=path(where),
            status=status,
            milliseconds=milliseconds,
        )


def failed(event: str, error: BaseException, **fields: object) -> None:
    """Log a failure at the level that its kind has; frames only for those that nobody foresaw."""
    logger = structlog.get_logger("brokerlink")
    if isinstance(error, Failure):
        level = logging.WARNING if isinstance(error, UserMustAct | NobodyYet) else logging.ERROR
        level = logging.INFO if isinstance(error, CallerMustAct) else level
        logger.log(level, event, reason=error.reason, actor=error.actor, message=error.message, **fields)
    else:
        logger.error(event, exc_info=error, **fields)


class Output:
    """Where lines go. It never fails: a full disk or a closed pipe must not stop a sync."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    @property
    def stream(self) -> TextIO:
        return self._stream or sys.stderr

    @property
    def terminal(self) -> bool:
        with suppress(OSError, ValueError, AttributeError):
            return self.stream.isatty()
        return False

    def write(self, line: str) -> None:
        with self._lock, suppress(OSError, ValueError, AttributeError):
            encoding = getattr(self.stream, "encoding", None) or "utf-8"
            self.stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self.stream.flush()

    debug = info = warning = error = critical = exception = fatal = msg = log = write


class Line:
    """One event as one line of text; the only processor there is. It never fails either."""

    def __init__(self, *, console: bool, colors: bool = False) -> None:
        self._console = structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False) if console else None

    def __call__(self, _: object, level: str, event: Mapping[str, Any]) -> str:
        try:
            return self._line(level, event)
        except Exception:  # noqa: BLE001 - whatever is wrong with a value, its text must not be shown
            return json.dumps({"timestamp": _now(), "level": level, "event": UNWRITABLE})

    def _line(self, level: str, event: Mapping[str, Any]) -> str:
        fields = dict(structlog.contextvars.get_contextvars()) | dict(event)
        error = _exception(fields.pop("exc_info", None))
        level = "error" if level == "exception" else level
        shown = {"timestamp": _now(), "level": level, "event": text(str(fields.pop("event", "")))}
        shown |= {key: value for key, value in redacted(fields).items() if key not in shown}
        if self._console is None:
            return json.dumps(shown | ({"exception": exceptions.told(error)} if error else {}))
        if error:
            shown["exception"] = exceptions.lines(exceptions.told(error))
        return str(self._console(None, level, shown))


class Bridge(logging.Handler):
    """Turns a record of the standard library into the same line."""

    def __init__(self, line: Line, output: Output) -> None:
        super().__init__()
        self._line, self._output = line, output

    def emit(self, record: logging.LogRecord) -> None:
        try:
            extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
            event = extra | {"event": _message(record), "logger": record.name, "exc_info": record.exc_info}
            if record.name == "py.warnings":
                event["kind"] = _kind_of_warning(record)
            self._output.write(self._line(None, record.levelname.lower(), event))
        except Exception:  # noqa: BLE001 - see handleError
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """The standard library would print the record's arguments here."""
        self._output.write(json.dumps({"timestamp": _now(), "level": "error", "event": UNWRITABLE}))


def _message(record: logging.LogRecord) -> str:
    """The first line of what a record says. Arguments are shown where they are numbers: anything else
    may be an address with a code in it, a header, the text of an exception."""
    if record.name == "py.warnings":
        return "a warning of Python"
    if not isinstance(record.msg, str):
        return f"[{type(record.msg).__name__}]"
    given = record.args if isinstance(record.args, tuple) else ()
    if not record.name.startswith(TRUSTED):
        given = _numbers(given)
    message = record.msg
    if given:
        with suppress(TypeError, ValueError):
            message = record.msg % given
    return message.partition("\n")[0]


def _kind_of_warning(record: logging.LogRecord) -> str:
    """DeprecationWarning, for example. Its text may show the value it is about."""
    found = re.search(r":\d+: (\w{1,60}):", f"{record.msg} {record.args}")
    return found[1] if found else "Warning"


def _numbers(given: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value if isinstance(value, int | float) else REDACTED for value in given)


def _wrapper(threshold: int) -> type[Any]:
    """structlog's filtering logger; where arguments are put into the event, only numbers are."""
    filtering = structlog.make_filtering_bound_logger(threshold)

    def without_texts(method: Callable[..., Any]) -> Callable[..., Any]:
        def log(self: object, event: object = "", *given: object, **fields: object) -> Any:  # noqa: ANN401
            return method(self, event, *_numbers(given), **fields)

        return log

    names = ("debug", "info", "warning", "error", "critical", "exception")
    return type("Logger", (filtering,), {name: without_texts(getattr(filtering, name)) for name in names})


def _exception(given: Any) -> BaseException | None:  # noqa: ANN401 - True, a triple or an exception
    if isinstance(given, tuple):
        given = given[1] if len(given) > 1 else None
    elif given is True:
        given = sys.exc_info()[1]
    return given if isinstance(given, BaseException) else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unhandled(error: BaseException | None) -> None:
    if not isinstance(error, KeyboardInterrupt | SystemExit):
        structlog.get_logger("brokerlink").critical("unhandled exception", exc_info=error)

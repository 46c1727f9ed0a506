"""Planted markers: wherever a secret is put, no line of the log shows it; what operators need is there."""

# ruff: noqa: G004, G202, TRY400, PLE1205 - here markers are put where they must not be

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import structlog

from adapters.telemetry import logs
from domain.connections import ConnectionState
from domain.errors import CredentialsRejected, DecryptionFailed, FieldInvalid
from domain.ports.brokerage import Grant

MARKER = "Marker7f3aZq"  # looks like nothing in particular: a password of a person
RUN = "run_0123456789abcdef01234567"
logger = structlog.get_logger("test")


class Log(io.StringIO):
    def isatty(self) -> bool:
        return False

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    levels = {name: logging.getLogger(name).level for name in (None, *logs.OURS, *logs.QUIET)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def log() -> Log:
    stream = Log()
    logs.configure("DEBUG", "json", stream)
    return stream


def test_an_event_tells_what_happened_with_fields_of_their_kinds(log: Log) -> None:
    logger.info(
        "sync ended", run_id=RUN, user_id="usr-12345678", state=ConnectionState.ACTIVE, added=12,
        path="/v1/a/12345678", seconds=timedelta(seconds=1.5), retry_at=datetime(2026, 11, 25, tzinfo=UTC),
        unknown={"newField": 3},
        dataset=["balances", "positions"], reason=None, milliseconds=Decimal("0.12345"),
    )  # fmt: skip

    (line,) = log.lines
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    assert line == {
        "level": "info", "event": "sync ended", "run_id": RUN, "user_id": "usr-12345678", "state": "active",
        "added": 12, "path": "/v1/a/*", "seconds": 1.5, "retry_at": "2026-11-25T00:00:00+00:00",
        "unknown": {"newField": 3}, "dataset": ["balances", "positions"], "reason": None,
        "milliseconds": 0.123,
    }  # fmt: skip


def test_the_standard_library_ends_in_the_same_line(log: Log) -> None:
    logging.getLogger("brokerlink.sync").info(
        "sync runs", extra={"run_id": RUN, "attempt": 2, "event": MARKER}
    )

    (line,) = log.lines
    assert line | {"timestamp": ""} == {
        "timestamp": "", "level": "info", "event": "sync runs", "logger": "brokerlink.sync", "run_id": RUN,
        "attempt": 2,
    }  # fmt: skip


# ---- markers


def boom() -> None:
    password = MARKER  # a local, which no traceback may show
    try:
        int(password)
    except ValueError as error:
        raise RuntimeError(f"refused {password}") from error


def plant_in_exceptions() -> None:
    try:
        boom()
    except RuntimeError as error:
        logger.exception("it failed", exc_info=True)
        logger.error("it failed", exc_info=error, message=error)
        logging.getLogger("brokerlink").exception("it failed")
        logging.getLogger("some.library").error("it failed: %s", error, exc_info=error)
        logs.failed("it failed", error)
        group = ExceptionGroup(MARKER, [error, ValueError(MARKER)])
        group.add_note(MARKER)
        logger.error("it failed", exc_info=group)
        sys.excepthook(type(error), error, error.__traceback__)


def plant_in_fields() -> None:
    logger.info(
        "signed in", password=MARKER, credentials={"password": MARKER}, grant=Grant({"token": MARKER})
    )
    logger.info("signed in", added=MARKER, seconds=[MARKER], retry_at=MARKER, status=MARKER.encode())
    logger.info("signed in", message=Grant({"token": MARKER}), reason=f"x {MARKER}", host=MARKER + " ")
    logger.info("signed in", unknown={"field": MARKER, f"a {MARKER}": 1}, **{f"key {MARKER}": 1})
    logger.info("signed in", stack_info=True, exc_info=MARKER)
    with structlog.contextvars.bound_contextvars(token=MARKER):
        logger.bind(secret=MARKER).info("signed in")


def plant_in_texts() -> None:
    logger.info(f"sent password={MARKER}")
    logger.info("sent", message=f"GET https://user:{MARKER}@host/?code={MARKER}")
    logger.info("sent %s %d", MARKER, 3)
    logging.getLogger("some.library").warning("sent %s to %s", MARKER, {"a": MARKER})
    logging.getLogger("some.library").warning("sent %(token)s", {"token": MARKER})
    logging.getLogger("some.library").warning("bad %d", MARKER)
    logging.getLogger("some.library").warning("one %s", "two", MARKER)
    logging.getLogger("some.library").warning(RuntimeError(MARKER))
    logging.getLogger("brokerlink").warning("sent", extra={"token": MARKER, "grant": MARKER})
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {MARKER}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"odd {MARKER}", stacklevel=1)


def plant_in_quiet_loggers() -> None:
    for name in (
        "httpx",
        "httpcore.http11",
        "aiohttp.client",
        "sqlalchemy.engine.Engine",
        "authlib",
        "unknown",
    ):
        logging.getLogger(name).info(f"GET /?x={MARKER}")
        logging.getLogger(name).debug(f"headers {MARKER}")


def plant_in_threads_and_finalizers() -> None:
    thread = threading.Thread(target=boom)
    thread.start()
    thread.join()

    class Odd:
        def __del__(self) -> None:
            raise ValueError(MARKER)

    Odd()


class Hostile(str):
    """A value that fails when it is looked at."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError(MARKER)

    def isascii(self) -> bool:
        raise RuntimeError(MARKER)


def plant_in_values_that_fail() -> None:
    logger.info("odd", message=Hostile("x" * 30))
    logging.getLogger("brokerlink").info("odd", extra={"message_": 1, "sentence": Hostile("x" * 30)})
    logger.info("odd", message=10**5000)


PLANTS = [value for name, value in sorted(globals().items()) if name.startswith("plant_")]


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("style", ["json", "console"])
def test_no_marker_is_found(
    plant: Callable[[], None], style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Log()
    logs.configure("DEBUG", style, stream)

    plant()

    printed = capsys.readouterr()
    assert MARKER not in stream.getvalue() + printed.out + printed.err
    assert stream.getvalue() or plant is plant_in_quiet_loggers
    if style == "json":
        assert all(line["timestamp"] for line in stream.lines)


async def test_a_lost_task_tells_where_but_not_what(log: Log) -> None:
    loop = asyncio.get_running_loop()
    try:
        boom()
    except RuntimeError as error:
        loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": error})

    (line,) = log.lines
    assert MARKER not in log.getvalue()
    assert line["event"] == "Task exception was never retrieved"
    assert line["exception"][0]["type"] == "RuntimeError"


# ---- exceptions


def test_an_exception_is_told_by_type_and_place_and_what_it_came_from(log: Log) -> None:
    plant_in_exceptions()

    first, second = log.lines[0]["exception"]
    assert (first["type"], second["type"]) == ("RuntimeError", "ValueError")
    assert first["frames"][-1].endswith(" in boom")
    assert "telemetry/test_logs.py:" in first["frames"][-1]
    assert set(first) == {"type", "frames"}


def test_a_failure_of_the_domain_speaks_and_has_the_level_of_its_kind(log: Log) -> None:
    logs.failed("connect failed", CredentialsRejected())
    logs.failed("open failed", DecryptionFailed())
    logs.failed("request refused", FieldInvalid("page_size", "It must not be negative."))
    logger.error("open failed", exc_info=DecryptionFailed())

    assert [line["level"] for line in log.lines] == ["warning", "error", "info", "error"]
    assert log.lines[0]["message"] == CredentialsRejected.says
    assert log.lines[3]["exception"][0]["reason"] == "DECRYPTION_FAILED"


def test_on_a_terminal_frames_stand_below_the_line() -> None:
    stream = Log()
    logs.configure("INFO", "console", stream)

    plant_in_exceptions()

    assert "it failed" in stream.getvalue()
    assert "because of ValueError" in stream.getvalue()


# ---- levels, calls, correlation


def test_libraries_are_heard_from_warning_on_and_ours_from_the_chosen_level(log: Log) -> None:
    logging.getLogger("httpx").info("HTTP Request")
    logging.getLogger("httpx").warning("odd answer")
    logging.getLogger("brokerlink.sync").debug("page taken")

    assert [line["event"] for line in log.lines] == ["odd answer", "page taken"]


def test_a_warning_of_python_is_told_by_its_kind_only(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"odd {MARKER}", FutureWarning, stacklevel=1)

    (line,) = log.lines
    assert (line["event"], line["kind"]) == ("a warning of Python", "FutureWarning")


def test_the_level_is_kept() -> None:
    stream = Log()
    logs.configure("WARNING", "json", stream)

    logger.info("normal")
    logging.getLogger("brokerlink").info("normal")
    logs.call_log("GET", "host", "/v1", 200, 1.0)
    logger.warning("retry")

    assert [line["event"] for line in stream.lines] == ["retry"]


def test_a_call_to_a_brokerage_is_told_without_what_names_somebody(log: Log) -> None:
    logs.call_log(
        "GET", "api.example.com", f"/v1/accounts/840104290/lists/{MARKER}?token={MARKER}", 200, 12.3456
    )

    (line,) = log.lines
    assert line["path"] == "/v1/accounts/*/lists/*"
    assert (line["level"], line["status"], line["milliseconds"]) == ("debug", 200, 12.346)


async def test_the_correlation_id_is_on_each_line_of_its_task_only(log: Log) -> None:
    async def one(number: int) -> None:
        with logs.correlated(f"{number:032x}"):
            await asyncio.sleep(0)
            logger.info("one")
            logging.getLogger("brokerlink").info("two")

    await asyncio.gather(one(1), one(2))
    logger.info("outside")

    found = [line.get("correlation_id") for line in log.lines]
    assert sorted(map(str, found)) == [f"{1:032x}"] * 2 + [f"{2:032x}"] * 2 + ["None"]


def test_setting_up_again_does_not_double_lines(log: Log) -> None:
    logs.configure("INFO", "json", log)
    logging.getLogger("brokerlink").info("once")

    assert len(log.lines) == 1


@pytest.mark.parametrize(("terminal", "json_"), [(True, False), (False, True)])
def test_a_person_gets_text_and_a_machine_json(terminal: bool, json_: bool) -> None:
    stream = Log()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    logs.configure("INFO", "auto", stream)

    logger.info("hello", added=1)

    assert stream.getvalue().startswith("{") is json_


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    stream = Log()
    logs.configure("INFO", "json", stream)
    stream.close()

    logger.info("hello")
    logging.getLogger("brokerlink").info("hello")

"""Logs are JSON lines on standard output. Ids are keys beside the words; numbers are masked, and the body of a text is never logged."""

import contextlib
import logging
import logging.config
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO, cast

import structlog

# Seven or more digits in a row are a phone number, an identity card or a reference: none of them belongs in a log.
_NUMBER = re.compile(r"\+?[0-9۰-۹٠-٩](?:[\s\-]?[0-9۰-۹٠-٩]){6,}")
_OUR_IDS = frozenset({"ticket_id", "message_id", "answers_message_id", "contact_id", "alarm_id", "process_id"})
_UNMASKED = _OUR_IDS | {"timestamp", "rows", "duration_ms"}
_ENDING = 4
"""So many characters of a gateway's id are logged: enough to find it there beside the time, too few to ask for the text."""

_FAULT_LENGTH = 200


class _Lines:
    """Standard output, for the log. If a line cannot be written (a full disk, a closed pipe), the process goes on without it. The first
    line that cannot be written is told on standard error, if that can be."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._told = file, False

    def write(self, line: str) -> None:
        """Write a line, as far as it can be."""
        self._try(lambda: self._file.write(line))

    def flush(self) -> None:
        """See that what was written leaves. What does not is tried again with the next line."""
        self._try(self._file.flush)

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except OSError as fault:
            if not self._told:
                self._told = True
                with contextlib.suppress(OSError):
                    sys.stderr.write(f"the log cannot be written ({fault.strerror}); the process goes on\n")
                    sys.stderr.flush()


def configure_log(level: str = "INFO") -> None:
    """Set up logging for this process. Libraries log from WARNING up: below that, a gateway's SDK may log numbers and bodies."""
    timestamper = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[structlog.typing.Processor] = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, timestamper]
    structlog.configure(
        processors=[*shared, structlog.processors.ExceptionRenderer(_traceback), mask_numbers, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _Lines(sys.stdout))),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(_traceback),
            mask_numbers,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def mask_numbers(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that masks every number in a line, wherever it came from. Our own ids stay readable."""
    for key, value in line.items():
        if key == "gateway_id":
            line[key] = f"…{str(value)[-_ENDING:]}"
        elif key not in _UNMASKED:
            line[key] = _masked(value)
    return line


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return "…" if abs(value) >= 10**6 else value
    if isinstance(value, Mapping):
        return {_masked(key): _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    return _NUMBER.sub("…", value if isinstance(value, str) else repr(value))


def _traceback(exc_info: structlog.typing.ExcInfo) -> str:
    """The traceback, with only the first line of each error: below it databases quote the row they refused, and a text is in the row."""
    parts: list[str] = []
    fault: BaseException | None = exc_info[1]
    while fault is not None:
        first = str(fault).partition("\n")[0][:_FAULT_LENGTH]
        parts.append("".join(traceback.format_tb(fault.__traceback__)) + f"{type(fault).__name__}: {first}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return "\n".join(reversed(parts))


def logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of this process. Describe the event in words, with ids as keys: `logger().info("text stored", message_id=7)`."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log

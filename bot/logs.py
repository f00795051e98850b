"""What the program writes down of its work: one line of JSON each, or for a person to read, and no word about a borrower.

Libraries' lines go the same way, cut short: they repeat what they were given. Of an error stand its kind and the places
in the code, never its words, because these too repeat what was typed.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog
from slack_sdk.errors import SlackApiError
from structlog.typing import EventDict, Processor

from handlers.door.directory import code_of

LogFormat = Literal["json", "text"]

_QUIET = {"slack_bolt": logging.ERROR}
"""From which level on a library is written down; others from WARNING on. slack_bolt's warnings repeat whole requests, and
so do the lower levels of slack_sdk."""

_NEVER = frozenset(
    {"answer", "blocks", "body", "line", "names", "note", "password", "payload", "phone", "reason", "secret"}
    | {"text", "token", "typed", "value", "words"}
)
"""Fields whose value is never written down."""

_MASKS = (
    (re.compile(r"\bxox[a-z]+[-.][\w.-]+|\bxapp-[\w-]+"), "[token]"),
    (re.compile(r"https?://[^\s/]+/(?:services|commands|actions|response|workflows)/\S+"), "[url]"),
    (re.compile(r"(?<=://)[^\s/@]+@"), "[user]@"),
    (re.compile(r"(?<!\w)\d{17}[\dXx](?!\w)"), "[id]"),
    (re.compile(r"(?<![\w.-])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\w-])"), "[phone]"),
    (re.compile(r"(?<!\w)\+\d[\d ()-]{6,16}\d"), "[phone]"),
    (
        re.compile(r"[\u3400-\u9fff\uf900-\ufaff](?:[\u3400-\u9fff\uf900-\ufaff·•\s]*[\u3400-\u9fff\uf900-\ufaff])?"),
        "[words]",
    ),
)
"""The desk's own lines are English codes: Chinese in one of them was typed by somebody, or is somebody's name."""

_ROOM = str(Path(__file__).parent.parent)


def configure(style: LogFormat = "json", *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Sends every line, the desk's and the libraries', to `stream` (standard error). May be called again."""
    out = stream or sys.stderr
    tail = [_errors, _masked, _renderer(style)]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.addFilter(_loud_enough)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared, _cut],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _loud_enough(record: logging.LogRecord) -> bool:
    # By the name, not by the logger's level: some libraries set that themselves.
    return record.levelno >= _QUIET.get(record.name.partition(".")[0], logging.WARNING)


def _renderer(style: LogFormat) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=False)


def _cut(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A library's line up to where it begins to repeat data: its first line, before any bracket or brace."""
    event["event"] = re.split(r"[\n{\[<(]", str(event["event"]), maxsplit=1)[0].strip()
    return event


def _errors(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """An error by its kind and its places in the code, the innermost last; causes first."""
    info: Any = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if not info:
        return event
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    if error is not None:
        event["error"] = " < ".join(_kind(one) for one in _with_causes(error))
        event["at"] = _places(_with_causes(error)[-1].__traceback__)
    return event


def _with_causes(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (
        cause := chain[-1].__cause__ or (None if chain[-1].__suppress_context__ else chain[-1].__context__)
    ) is not None:
        if cause in chain:
            break
        chain.append(cause)
    return chain


def _kind(error: BaseException) -> str:
    if isinstance(error, SlackApiError):
        return f"SlackApiError:{code_of(error) or 'no_answer'}"
    number = getattr(error, "errno", None) or getattr(error, "sqlstate", None)
    return f"{type(error).__name__}:{number}" if number else type(error).__name__


def _places(where: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(where)
    return [f"{frame.filename.removeprefix(_ROOM).lstrip('/')}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


def _masked(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: "[masked]" if key in _NEVER else _mask(value) for key, value in event.items()}


def _mask(value: Any) -> Any:
    match value:
        case str():
            for pattern, instead in _MASKS:
                value = pattern.sub(instead, value)
            return value
        case MutableMapping():
            return _masked(None, "", {str(key): inner for key, inner in value.items()})
        case list() | tuple() | set() | frozenset():
            return [_mask(inner) for inner in value]
        case bool() | int() | float() | None:
            return value
        case _:
            return _mask(str(value))

"""The log: one event per line, as JSON or as text, without a word about a borrower.

Lines of libraries are logged too, cut before they repeat the data they were given. An error is logged by its kind and the
places in our code, never by its message, which may repeat what was typed.
"""

import logging
import re
import sys
import traceback
import unicodedata
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any, Literal, TextIO

# structlog takes rich, if there is one, to draw errors, as this log never does: without it a process starts 0.05 s earlier.
_RICH = sys.modules.get("rich")
sys.modules["rich"] = None  # pyright: ignore[reportArgumentType] # "no such module" (importlib.import_module)

import structlog  # noqa: E402
from structlog.typing import EventDict, Processor  # noqa: E402

del sys.modules["rich"]
if _RICH is not None:
    sys.modules["rich"] = _RICH

LogFormat = Literal["json", "text"]

_QUIET = {"slack_bolt": logging.ERROR}
"""The lowest logged level of a library; WARNING for others. Warnings of slack_bolt and lower levels of slack_sdk repeat
whole requests."""

_NEVER = frozenset(
    {"answer", "blocks", "body", "line", "names", "note", "password", "payload", "phone", "reason", "secret"}
    | {"text", "token", "typed", "value", "words"}
)
"""Fields whose value is never logged."""

_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""An id of ours, which is never masked."""

_ALONE = r"(?:(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)(?<!\d\.)|(?<=[a-z]{2}))"
"""Not inside an id of Slack's, a loan's number or a fraction. Chinese and `tel` may stand before a number, without a blank."""

_ENDS = r"(?![A-Za-z0-9])"
_GAP = r"[ ._/·•,;:*\n-]{0,3}"

_MOBILE = rf"1[3-9]\d(?:(?:{_GAP}\d{{4}}){{2}}|\d{_GAP}\d{{3}}{_GAP}\d{{4}}|(?:{_GAP}\d\d){{4}})"
"""A Chinese mobile number, in the groups in which people write it."""

_DASHES, _BLANKS, _UNSEEN = "‐‑‒–—―−－", "\u00a0\u2002\u2003\u2009\u202f\u3000", "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PLAIN = str.maketrans(
    "Ｘｘ＋（）．／，、،٫٬" + _DASHES + _BLANKS,
    "Xx+()./,,,,," + "-" * len(_DASHES) + " " * len(_BLANKS),
    _UNSEEN,
)
"""What a keyboard of another script or a web page makes of a number's characters."""

_HAN = "\u3007\u3400-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003ffff\U000f0000-\U0010ffff"
"""Chinese characters, also rare ones that this Python does not know, and those that a font of its own shows."""

_MASKS = (
    (re.compile(r"\bxox[a-z]+[-.][\w.-]+|\bxapp-[\w-]+"), "[token]"),
    (re.compile(r"https?://[^\s/]+/(?:services|commands|actions|response|workflows)/\S+"), "[url]"),
    (re.compile(r"(?<=://)[^\s/]+@"), "[user]@"),
    (re.compile(rf"{_ALONE}\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[\dXx]{_ENDS}"), "[id]"),
    (re.compile(rf"{_ALONE}\d{{4}}(?:{_GAP}\d{{4}}){{2,3}}(?:{_GAP}\d{{1,4}})?{_ENDS}"), "[card]"),
    (re.compile(rf"{_ALONE}(?:\+?86{_GAP})?(?:{_MOBILE})(?!\d)"), "[phone]"),
    (re.compile(rf"{_ALONE}\(?0\d{{2,3}}\)?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)"), "[phone]"),
    (re.compile(rf"{_ALONE}(?:\+?1{_GAP})?\(?[2-9]\d\d\)?{_GAP}[2-9]\d\d{_GAP}\d{{4}}(?!\d)"), "[phone]"),
    (re.compile(r"(?<!\d)\+\d[\d .()-]{6,16}\d"), "[phone]"),
    (re.compile(f"[{_HAN}](?:[{_HAN}·•\\s]*[{_HAN}])?"), "[words]"),
)
"""The desk's own lines are English codes: Chinese text in one was typed by a person or is a name."""

_LARGEST_COUNT = 1_999_999_999
"""A larger whole number is no count: it may be a phone, card or identity number."""

_ROOT = Path(__file__).parent.parent
_OUR_FOLDERS = ("bot", "handlers", "desk", "storage", "sandbox", "tests", "bench")
_SQLITE_SUBJECT = re.compile(
    r"(?:UNIQUE|NOT NULL|CHECK) constraint failed: [\w., ]+$|no such (?:table|column): [\w.]+$"
)
"""The messages of SQLite that name a constraint, table or column, and no value."""


def configure(style: LogFormat = "json", *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every line of the desk and of libraries to `stream` (default: standard error). May be called again."""
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
    # By name, because some libraries set the level of their loggers themselves.
    return record.levelno >= _QUIET.get(record.name.partition(".")[0], logging.WARNING)


def _renderer(style: LogFormat) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=False)


def _cut(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Cut a library's line where it may repeat data: keep its first line up to a bracket or brace."""
    event["event"] = re.split(r"[\n{\[<(]", str(event["event"]), maxsplit=1)[0].strip()
    return event


def _errors(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace an error by its kind, with the causes, and by its places in our code, the innermost last."""
    info: Any = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if not info:
        return event
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    if error is not None:
        event["error"] = " < ".join(kind_of(one) for one in _with_causes(error))
        event["at"] = _places(error)
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


def kind_of(error: BaseException) -> str:
    """Return the class of the error with its code (Slack's, errno, SQLSTATE) and the violated constraint; no values."""
    # An error of theirs can only come from a command that has imported them: `loandesk manifest` needs neither.
    from slack_sdk.errors import SlackApiError
    from sqlalchemy.exc import DBAPIError

    from handlers.door.directory import code_of

    if isinstance(error, SlackApiError):
        return f"SlackApiError:{code_of(error) or 'no_answer'}"
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    codes = [getattr(origin, name, None) for name in ("errno", "sqlstate", "sqlite_errorname")]
    driver_error = origin.__cause__ or origin  # asyncpg's own error knows the constraint
    subject = _SQLITE_SUBJECT.search(str(origin)) if codes[-1] else None
    details = [*codes, getattr(driver_error, "constraint_name", None), subject and subject[0]]
    return ":".join([type(error).__name__, *(str(each) for each in details if each)])


def reason_of(error: BaseException) -> str:
    """Return what an operator reads about a failure: the kind of a database error, because its message repeats values."""
    from sqlalchemy.exc import DBAPIError  # as above

    return kind_of(error) if isinstance(error, DBAPIError) else str(error)


def places_in_code(frames: Iterable[traceback.FrameSummary]) -> list[str]:
    """Return those of the places that are in our code, as the log names them."""
    return [_place(frame) for frame in frames if _is_ours(frame)]


def _places(error: BaseException) -> list[str]:
    """Return up to twelve places in our code, from the innermost cause that was raised there, and the place of raising."""
    from sqlalchemy.exc import DBAPIError  # as above

    chain = _with_causes(error)
    # The driver's own errors, which cause SQLAlchemy's, do not show who asked.
    until = next((number for number, cause in enumerate(chain) if isinstance(cause, DBAPIError)), len(chain) - 1)
    for cause in reversed(chain[: until + 1]):
        frames = traceback.extract_tb(cause.__traceback__)
        if any(_is_ours(frame) for frame in frames):
            return [_place(frame) for frame in frames if _is_ours(frame) or frame is frames[-1]][-12:]
    return [_place(frame) for frame in traceback.extract_tb(error.__traceback__)[-12:]]


def _is_ours(frame: traceback.FrameSummary) -> bool:
    path = Path(frame.filename)
    return path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OUR_FOLDERS


def _place(frame: traceback.FrameSummary) -> str:
    return f"{frame.filename.removeprefix(str(_ROOT)).lstrip('/')}:{frame.lineno} {frame.name}"


def _masked(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: "[masked]" if key in _NEVER else _mask(value) for key, value in event.items()}


def _mask(value: Any) -> Any:
    match value:
        case str():
            return "".join(part if at % 2 else _mask_text(part) for at, part in enumerate(_ID.split(value)))
        case MutableMapping():
            return _masked(None, "", {str(key): inner for key, inner in value.items()})
        case list() | tuple() | set() | frozenset():
            return [_mask(inner) for inner in value]
        case int() if abs(value) > _LARGEST_COUNT:
            return _mask(str(value))
        case bool() | int() | float() | None:
            return value
        case _:
            return _mask(str(value))


def _digit(found: re.Match[str]) -> str:
    """Return a digit of another script (Arabic-Indic, Devanagari, circled) as ours, and any other character as it is."""
    digit = unicodedata.digit(found[0], None)
    return found[0] if digit is None else str(digit)


def _mask_text(text: str) -> str:
    if not text.isascii():
        text = _NOT_ASCII.sub(_digit, text.translate(_PLAIN))
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text

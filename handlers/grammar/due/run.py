"""How pieces stand together: every run of words from one place on that is, or begins like, a due time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType

from handlers.grammar.due import chinese, chinese_spans, english, english_spans
from handlers.grammar.due import figures as due_figures
from handlers.grammar.due.chinese_spans import PLACES as PLACES_ZH
from handlers.grammar.due.figures import COUNTED
from handlers.grammar.due.pieces import (
    Bare,
    Clock,
    DatePiece,
    DayAfter,
    DayOfMonth,
    EndOfDay,
    MonthDay,
    PartOfDay,
    Piece,
    Refusal,
    SpanPiece,
    TimePiece,
    Weekday,
)
from handlers.grammar.text import cuts, is_latin, skip_separators

_PATTERNS = (
    *due_figures.PATTERNS,
    *chinese.PATTERNS,
    *chinese_spans.PATTERNS,
    *english.PATTERNS,
    *english_spans.PATTERNS,
)

_MOST_PIECES = 5

_TO = re.compile(r"\s*(?:[-~–—‐‑−]+|至|到|to(?![a-z])|till(?![a-z])|until(?![a-z])|through(?![a-z])|thru(?![a-z]))\s*")
_OR = re.compile(r"\s*(?:或者?|还是|和|与|及|or(?![a-z])|and(?![a-z])|&|/)\s*")
_VAGUELY = re.compile(
    r"(?:(?:no\s+later\s+than|not\s+before|about|around|approx(?:imately|\.)?|circa|roughly|before|after|by|until|till|from"
    r"|since|between|within|every|each|for|earliest|latest|past)(?![a-z])|~|大概|大约|差不多|最迟|最晚|最早|约|每|从|自)\s*"
)
_BEFORE = re.compile("\\s?(?:之前|以前|前(?![后天]))")

_PARTED = "[\\s,;、]"
_PLACES_EN = r"new\s+york|beijing|shanghai|hong\s+kong|london|berlin|eastern|central|mountain|pacific"

# What makes the run before it longer than it was read: a limit, an approximation, a range, the rest of a time.
_LONGER = re.compile(
    f"(?<=[点时])(?:[0-9]{{2}}(?![0-9])|[0-9](?![0-9{COUNTED}]))|"
    f"(?<=[点时])(?:[一二两三四五六七八九十](?=$|{_PARTED})|[四五六七八九4-9]刻)|"
    "(?:之|以)?[前后内]|(?<=[点时])(?:多|出头)|过后(?![台勤])|左右|上下|[半刻点]|至(?![少今])|许(?!可)|起(?![诉床草来])|开始|为止|或"
    f"|\\s+(?:(?:之|以)?前|(?:之|以|过)后|左右)(?=$|{_PARTED})"
    "|到(?![店期账帐场访款货位家达]|单位|公司|银行|现场|门店|网点|车管所)"
    r"|\s?\+[0-9]|\s*(?:onwards?|or|at\s+the\s+latest|after\s+next)(?![a-z])"
    r"|\s*(?:utc|gmt|[ecmp][sd]t|cet|cest|bst|ist|jst|hkt|sgt)(?![a-z])|\s+and\s+a\s+half(?![a-z])"
    rf"|\s*(?:local|{_PLACES_EN})\s+time(?![a-z])|\s*(?:{PLACES_ZH})时间"
)
_WEEK_ON = re.compile(r"\s+(?:week|fortnight)(?![a-z])")
_TO_FIGURES = re.compile(f"\\s*[-~–—/到至]\\s*[0-9]{{1,2}}(?![0-9{COUNTED}])")
_ROUGHLY = re.compile("-?ish(?![a-z])")
_LONGER_AFTER_FIGURES = re.compile("[分时钟多秒]")

_ISO_TIME = re.compile("t[0-9]")

_LIMITED = Refusal("due_range")
_TWO = Refusal("due_two_times")
_BARE = Refusal("due_bare_number")


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces that stand together, up to `end`.

    `refusal` when the words were understood and can be no due time; `before` when a 前 that was asked for closes them;
    `words_end` is where the pieces themselves end, when a word behind them makes them a limit (`周五|前`).
    """

    pieces: tuple[Piece, ...]
    end: int
    refusal: Refusal | None = None
    before: bool = False
    words_end: int = 0


def runs(text: str, start: int, *, before: bool = False) -> Iterator[Run]:
    """Every run from `start` on, in no order. With `before`, a 前 (之前, 以前) behind a run belongs to it."""
    for run in _extended(text, (), start):
        limit = _BEFORE.match(text, run.words_end or run.end) if before else None
        if limit and (run.refusal is None or run.words_end):
            yield Run(run.pieces, limit.end(), before=True)
        else:
            yield run


def _extended(text: str, pieces: tuple[Piece, ...], at: int) -> Iterator[Run]:
    if len(pieces) < _MOST_PIECES:
        glued = bool(pieces) and cuts(text, at)
        for piece, end in _pieces_at(text, at):
            if not glued or isinstance(piece, Clock):
                yield from _joined(text, pieces, piece, end)
        yield from _vaguely(text, pieces, at)


def _joined(text: str, pieces: tuple[Piece, ...], piece: Piece, end: int) -> Iterator[Run]:
    """The runs that begin with these pieces and this one."""
    joined = (*pieces, piece)
    fits = _fits(pieces, piece)
    if fits is False:
        return
    if roughly := _ROUGHLY.match(text, end):
        yield Run(joined, roughly.end(), _LIMITED)
    if isinstance(fits, Refusal):
        if not cuts(text, end):
            yield Run(joined, end, fits)
        if isinstance(piece, Bare):
            yield from _bare_range(text, joined, end)
        return
    if not cuts(text, end) and not isinstance(piece, Bare):
        longer = _goes_on(text, end, piece)
        yield Run(joined, longer, _LIMITED, words_end=end) if longer else Run(joined, end)
    yield from _connected(text, joined, end)
    following = _following(text, joined, end)
    if following is not None:
        yield from _extended(text, joined, following)


def _bare_range(text: str, pieces: tuple[Piece, ...], end: int) -> Iterator[Run]:
    """`fri 3-4pm`, `明天9-10点`, and two hours without a word beside them: `tomorrow 14-16`."""
    yield from _connected(text, pieces, end)
    figures = _TO_FIGURES.match(text, end)
    if figures and not cuts(text, figures.end()):
        yield Run(pieces, figures.end(), _BARE)


def _pieces_at(text: str, at: int) -> Iterator[tuple[Piece, int]]:
    for words in _PATTERNS:
        match = words.regex.match(text, at)
        piece = words.build(match) if match else None
        if match and piece:
            yield piece, match.end()


def _following(text: str, pieces: tuple[Piece, ...], end: int) -> int | None:
    """Where the next piece may begin: behind separators or 的, or glued on (`周五14:30`, `fri14:30`, `…T09:30`)."""
    at = skip_separators(text, end)
    if at == end and cuts(text, end):
        last = pieces[-1]
        if isinstance(last, MonthDay) and last.year and _ISO_TIME.match(text, end):
            return end + 1
        return end if is_latin(text[end - 1]) and text[end].isdecimal() else None
    return skip_separators(text, at + 1) if text.startswith("的", at) else at


def _goes_on(text: str, end: int, piece: Piece) -> int:
    """The end of the word that makes what was read a limit, a guess or a part of a longer time; 0 if there is none."""
    longer = _LONGER.match(text, end)
    if longer is None and text[end - 1] in "0123456789":
        longer = _LONGER_AFTER_FIGURES.match(text, end)
    if longer is None and isinstance(piece, Weekday | DayAfter):
        longer = _WEEK_ON.match(text, end)
    return longer.end() if longer else 0


def _connected(text: str, pieces: tuple[Piece, ...], end: int) -> Iterator[Run]:
    """Runs whose last piece is tied to another by a word: `3点到5点`, `fri or sat`."""
    for word, refusal in ((_TO, _LIMITED), (_OR, _TWO)):
        match = word.match(text, end)
        if not match:
            continue
        for piece, other_end in _pieces_at(text, match.end()):
            if not cuts(text, other_end) and _ties(pieces[-1], piece, loosely=refusal is _LIMITED):
                yield Run((*pieces, piece), other_end, refusal)


def _ties(last: Piece, piece: Piece, *, loosely: bool) -> bool:
    """Whether two pieces tied by a word are one phrase about time; two numbers are not (`3 to 5 payments`)."""
    if isinstance(piece, Bare):
        return loosely and not isinstance(last, Bare)
    return isinstance(piece, DatePiece | TimePiece | PartOfDay | EndOfDay)


def _vaguely(text: str, pieces: tuple[Piece, ...], at: int) -> Iterator[Run]:
    """`about 3pm`, `tomorrow before 5`, `每周五`: a word that makes a limit or a guess of what follows."""
    match = _VAGUELY.match(text, at)
    if not match or any(isinstance(piece, TimePiece | SpanPiece) for piece in pieces):
        return
    for piece, end in _pieces_at(text, skip_separators(text, match.end())):
        meant = isinstance(piece, DatePiece | TimePiece | SpanPiece) or (isinstance(piece, Bare) and bool(pieces))
        if meant and not cuts(text, end):
            yield Run((*pieces, piece), end, _LIMITED)
        yield from _connected(text, (*pieces, piece), end)


def _fits(pieces: tuple[Piece, ...], piece: Piece) -> bool | Refusal:
    """Whether a piece belongs behind others: yes, no (the run ends before it), or not so that a due time comes of it."""
    if isinstance(piece, Refusal):
        return _fits_refusal(pieces, piece)
    if isinstance(piece, Bare):
        return _fits_bare(pieces)
    if any(isinstance(other, Bare) for other in pieces):
        return _BARE if isinstance(piece, DatePiece | PartOfDay) else False
    if isinstance(piece, PartOfDay):
        return _fits_part(pieces, piece)
    if isinstance(piece, DatePiece):
        return _fits_date(pieces, piece)
    return _fits_time(pieces, piece)


def _fits_refusal(pieces: tuple[Piece, ...], piece: Refusal) -> bool | Refusal:
    if not pieces:
        return piece
    if piece.length or _has(pieces, Bare):
        return False
    if piece.clock:
        return False if _has(pieces, TimePiece) else piece
    return False if _has(pieces, DatePiece) else piece


def _fits_bare(pieces: tuple[Piece, ...]) -> bool | Refusal:
    if not pieces:
        return True
    if _has(pieces, TimePiece) or not _has(pieces, DatePiece | PartOfDay | EndOfDay):
        return False
    return _BARE


def _fits_part(pieces: tuple[Piece, ...], piece: PartOfDay) -> bool | Refusal:
    if not pieces:
        return True
    if _has(pieces, PartOfDay) or _has(pieces, SpanPiece):
        return False
    if not _has(pieces, TimePiece):
        return True
    return piece.phrase or (piece.trails and isinstance(pieces[-1], DatePiece))


def _fits_date(pieces: tuple[Piece, ...], piece: DatePiece) -> bool | Refusal:
    """A second date is read too: it must agree with the first (`Fri 27 Nov`), or the run is refused."""
    if (
        _has(pieces, SpanPiece)
        or _has(pieces, type(piece))
        or sum(isinstance(other, DatePiece) for other in pieces) > 1
    ):
        return _TWO
    complete = _has(pieces, DatePiece) and _has(pieces, TimePiece)
    return not complete or isinstance(piece, Weekday | MonthDay | DayOfMonth)


def _fits_time(pieces: tuple[Piece, ...], piece: Piece) -> bool | Refusal:
    if not pieces:
        return True
    if isinstance(piece, SpanPiece):
        return False if _has(pieces, DatePiece) and _has(pieces, TimePiece) else _TWO
    return _TWO if _has(pieces, TimePiece | SpanPiece | EndOfDay) else True


def _has(pieces: tuple[Piece, ...], kind: UnionType | type) -> bool:
    return any(isinstance(piece, kind) for piece in pieces)

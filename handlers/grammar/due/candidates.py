"""Find candidates: sequences of tokens from one position that are, or begin like, a due time."""

import re
from collections.abc import Iterator
from types import UnionType

from desk.core.dataclass import dataclass
from handlers.grammar.due.lexicon import patterns_for
from handlers.grammar.due.lexicon.chinese_durations import CHINESE_PLACES
from handlers.grammar.due.lexicon.numeric import MEASURE_WORDS
from handlers.grammar.due.tokens import (
    BareDigits,
    BareNumber,
    ClockTime,
    DateToken,
    DayOfMonth,
    DayPartName,
    DaysAhead,
    DurationToken,
    EndOfDay,
    MonthDay,
    Refusal,
    TimeToken,
    Token,
    Weekday,
)
from handlers.grammar.text import is_latin, skip_separators, splits_word

_MAX_TOKENS = 5

_TO = re.compile(r"\s*(?:[-~–—‐‑−]+|至|到|to(?![a-z])|till(?![a-z])|until(?![a-z])|through(?![a-z])|thru(?![a-z]))\s*")
_OR = re.compile(r"\s*(?:或者?|还是|和|与|及|or(?![a-z])|and(?![a-z])|&|/)\s*")
_QUALIFIER_BEFORE = re.compile(
    r"(?:(?:no\s+later\s+than|not\s+before|about|around|approx(?:imately|\.)?|circa|roughly|before|after|by|until|till|from"
    r"|since|between|within|every|each|for|earliest|latest|past)(?![a-z])|~|大概|大约|差不多|最迟|最晚|最早|约|每|从|自)\s*"
)
_BEFORE = re.compile("\\s?(?:之前|以前|前(?![后天]))")

_SEPARATOR = "[\\s,;、]"
_ENGLISH_PLACES = r"new\s+york|beijing|shanghai|hong\s+kong|london|berlin|eastern|central|mountain|pacific"

# Words that change the meaning of the candidate before them: a limit, an approximation, a range, the rest of a time.
_QUALIFIER_AFTER = re.compile(
    f"(?<=[点时])(?:[0-9]{{2}}(?![0-9])|[0-9](?![0-9{MEASURE_WORDS}]))|"
    f"(?<=[点时])(?:[一二两三四五六七八九十](?=$|{_SEPARATOR})|[四五六七八九4-9]刻)|"
    "(?:之|以)?[前后内]|(?<=[点时])(?:多|出头)|过后(?![台勤])|左右|上下|[半刻点]|至(?![少今])|许(?!可)|起(?![诉床草来])|开始|为止|或"
    f"|\\s+(?:(?:之|以)?前|(?:之|以|过)后|左右)(?=$|{_SEPARATOR})"
    "|到(?![店期账帐场访款货位家达]|单位|公司|银行|现场|门店|网点|车管所)"
    r"|\s?\+[0-9]|\s*(?:onwards?|or|at\s+the\s+latest|after\s+next)(?![a-z])"
    r"|\s*(?:utc|gmt|[ecmp][sd]t|cet|cest|bst|ist|jst|hkt|sgt)(?![a-z])|\s+and\s+a\s+half(?![a-z])"
    rf"|\s*(?:local|{_ENGLISH_PLACES})\s+time(?![a-z])|\s*(?:{CHINESE_PLACES})时间"
)
_WEEK_AFTER = re.compile(r"\s+(?:week|fortnight)(?![a-z])")
_TO_NUMBER = re.compile(f"\\s*[-~–—/到至]\\s*[0-9]{{1,2}}(?![0-9{MEASURE_WORDS}])")
_ISH = re.compile("-?ish(?![a-z])")
_QUALIFIER_AFTER_DIGIT = re.compile("[分时钟多秒]")

_ISO_TIME = re.compile("t[0-9]")

_RANGE = Refusal("due_range")
_TWO_TIMES = Refusal("due_two_times")
_BARE_NUMBER = Refusal("due_bare_number")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sequence of tokens that ends at `end`, an offset in the normalised text.

    `refusal` is set when the words are understood but cannot be a due time. `before` is true when an accepted 前 closes
    them. `tokens_end` is where the tokens end if a word after them makes them a limit (`周五|前`), otherwise 0.
    """

    tokens: tuple[Token, ...]
    end: int
    refusal: Refusal | None = None
    before: bool = False
    tokens_end: int = 0

    def moved(self, by: int) -> "Candidate":
        """Return the same candidate in a text with so many characters more before it."""
        tokens_end = self.tokens_end + by if self.tokens_end else 0
        return Candidate(self.tokens, self.end + by, self.refusal, self.before, tokens_end)


def candidates(text: str, start: int, *, before: bool = False) -> Iterator[Candidate]:
    """Yield every candidate at `start`, in no particular order. With `before`, a 前 (之前, 以前) after one is part of it."""
    for candidate in _extensions(text, (), start):
        limit = _BEFORE.match(text, candidate.tokens_end or candidate.end) if before else None
        if limit and (candidate.refusal is None or candidate.tokens_end):
            yield Candidate(candidate.tokens, limit.end(), before=True)
        else:
            yield candidate


def _extensions(text: str, tokens: tuple[Token, ...], at: int) -> Iterator[Candidate]:
    if len(tokens) < _MAX_TOKENS:
        glued = bool(tokens) and splits_word(text, at)
        for token, end in _tokens_at(text, at):
            if not glued or isinstance(token, ClockTime):
                yield from _with_token(text, tokens, token, end)
        yield from _qualified(text, tokens, at)


def _with_token(text: str, tokens: tuple[Token, ...], token: Token, end: int) -> Iterator[Candidate]:
    """Yield the candidates that begin with these tokens followed by `token`."""
    joined = (*tokens, token)
    fits = _fits(tokens, token)
    if fits is False:
        return
    if roughly := _ISH.match(text, end):
        yield Candidate(joined, roughly.end(), _RANGE)
    if isinstance(fits, Refusal):
        if not splits_word(text, end):
            yield Candidate(joined, end, fits)
        if isinstance(token, BareNumber):
            yield from _bare_range(text, joined, end)
        return
    if not splits_word(text, end) and not isinstance(token, BareNumber):
        longer = _qualifier_end(text, end, token)
        yield Candidate(joined, longer, _RANGE, tokens_end=end) if longer else Candidate(joined, end)
    yield from _connections(text, joined, end)
    following = _next_token_start(text, joined, end)
    if following is not None:
        yield from _extensions(text, joined, following)
        if text.startswith("。", following):
            yield from _time_behind_stop(text, joined, skip_separators(text, following + 1))


def _time_behind_stop(text: str, tokens: tuple[Token, ...], at: int) -> Iterator[Candidate]:
    """Yield the candidates with a time behind a full stop (`明天。下午3点`); a date there begins another sentence."""
    for token, end in _tokens_at(text, at):
        if isinstance(token, ClockTime):
            yield from _with_token(text, tokens, token, end)


def _bare_range(text: str, tokens: tuple[Token, ...], end: int) -> Iterator[Candidate]:
    """Yield ranges that begin with a bare number: `fri 3-4pm`, `明天9-10点`, and plain hours: `tomorrow 14-16`."""
    yield from _connections(text, tokens, end)
    number = _TO_NUMBER.match(text, end)
    if number and not splits_word(text, number.end()):
        yield Candidate(tokens, number.end(), _BARE_NUMBER)


def _tokens_at(text: str, at: int) -> Iterator[tuple[Token, int]]:
    for words in patterns_for(text[at : at + 1]):
        match = words.regex.match(text, at)
        token = words.build(match) if match else None
        if match and token:
            yield token, match.end()


def _next_token_start(text: str, tokens: tuple[Token, ...], end: int) -> int | None:
    """Return where the next token may begin: after separators or 的, or directly (`周五14:30`, `fri14:30`, `…T09:30`)."""
    at = skip_separators(text, end)
    if at == end and splits_word(text, end):
        last = tokens[-1]
        if isinstance(last, MonthDay) and last.year and _ISO_TIME.match(text, end):
            return end + 1
        return end if is_latin(text[end - 1]) and text[end].isdecimal() else None
    return skip_separators(text, at + 1) if text.startswith("的", at) else at


def _qualifier_end(text: str, end: int, token: Token) -> int:
    """Return the end of a word that turns the token before it into a limit, an estimate or part of a longer time, else 0."""
    longer = _QUALIFIER_AFTER.match(text, end)
    if longer is None and text[end - 1] in "0123456789":
        longer = _QUALIFIER_AFTER_DIGIT.match(text, end)
    if longer is None and isinstance(token, Weekday | DaysAhead):
        longer = _WEEK_AFTER.match(text, end)
    return longer.end() if longer else 0


def _connections(text: str, tokens: tuple[Token, ...], end: int) -> Iterator[Candidate]:
    """Yield candidates whose last token is connected to another one: `3点到5点`, `fri or sat`."""
    for word, refusal in ((_TO, _RANGE), (_OR, _TWO_TIMES)):
        match = word.match(text, end)
        if not match:
            continue
        for token, other_end in _tokens_at(text, match.end()):
            if not splits_word(text, other_end) and _connects(tokens[-1], token, in_range=refusal is _RANGE):
                yield Candidate((*tokens, token), other_end, refusal)


def _connects(last: Token, token: Token, *, in_range: bool) -> bool:
    """Return whether two connected tokens are one phrase about time; two bare numbers are not (`3 to 5 payments`)."""
    if isinstance(token, BareNumber):
        return in_range and not isinstance(last, BareNumber)
    return isinstance(token, DateToken | TimeToken | DayPartName | EndOfDay)


def _qualified(text: str, tokens: tuple[Token, ...], at: int) -> Iterator[Candidate]:
    """Yield candidates with a word that makes a limit or an estimate of the next token: `about 3pm`, `每周五`."""
    match = _QUALIFIER_BEFORE.match(text, at)
    if not match or any(isinstance(token, TimeToken | DurationToken) for token in tokens):
        return
    for token, end in _tokens_at(text, skip_separators(text, match.end())):
        kinds = DateToken | TimeToken | DurationToken | BareNumber if tokens else DateToken | TimeToken | DurationToken
        if isinstance(token, kinds) and not splits_word(text, end):
            yield Candidate((*tokens, token), end, _RANGE)
        yield from _connections(text, (*tokens, token), end)


def _fits(tokens: tuple[Token, ...], token: Token) -> bool | Refusal:
    """Return whether the token may follow the others; False ends the candidate before it, a Refusal refuses them together."""
    if isinstance(token, Refusal):
        return _fits_refusal(tokens, token)
    if isinstance(token, BareNumber):
        return _fits_bare(tokens)
    if isinstance(token, BareDigits):
        return tokens != () and _fits_bare(tokens)
    if any(isinstance(other, BareNumber) for other in tokens):
        return _BARE_NUMBER if isinstance(token, DateToken | DayPartName) else False
    if isinstance(token, DayPartName):
        return _fits_part(tokens, token)
    if isinstance(token, DateToken):
        return _fits_date(tokens, token)
    return _fits_time(tokens, token)


def _fits_refusal(tokens: tuple[Token, ...], token: Refusal) -> bool | Refusal:
    if not tokens:
        return token
    if token.is_length or _has(tokens, BareNumber):
        return False
    if token.about_time:
        return False if _has(tokens, TimeToken) else token
    return False if _has(tokens, DateToken) else token


def _fits_bare(tokens: tuple[Token, ...]) -> bool | Refusal:
    if not tokens:
        return True
    if _has(tokens, TimeToken) or not _has(tokens, DateToken | DayPartName | EndOfDay):
        return False
    return _BARE_NUMBER


def _fits_part(tokens: tuple[Token, ...], token: DayPartName) -> bool | Refusal:
    if not tokens:
        return True
    if _has(tokens, DayPartName) or _has(tokens, DurationToken):
        return False
    if not _has(tokens, TimeToken):
        return True
    return token.phrase or (token.may_follow and isinstance(tokens[-1], DateToken))


def _fits_date(tokens: tuple[Token, ...], token: DateToken) -> bool | Refusal:
    """Accept a second date as well: resolution checks that it agrees with the first (`Fri 27 Nov`)."""
    if (
        _has(tokens, DurationToken)
        or _has(tokens, type(token))
        or sum(isinstance(other, DateToken) for other in tokens) > 1
    ):
        return _TWO_TIMES
    complete = _has(tokens, DateToken) and _has(tokens, TimeToken)
    return not complete or isinstance(token, Weekday | MonthDay | DayOfMonth)


def _fits_time(tokens: tuple[Token, ...], token: Token) -> bool | Refusal:
    if isinstance(token, ClockTime) and token.behind_date and not _has(tokens, DateToken):
        return False
    if not tokens:
        return True
    if isinstance(token, DurationToken):
        return False if _has(tokens, DateToken) and _has(tokens, TimeToken) else _TWO_TIMES
    return _TWO_TIMES if _has(tokens, TimeToken | DurationToken | EndOfDay) else True


def _has(tokens: tuple[Token, ...], kind: UnionType | type) -> bool:
    return any(isinstance(token, kind) for token in tokens)

"""`/loan-due [today|tomorrow|week|late|all|arrears|unplanned] [@who|team] [verification|repayment] [export [xlsx|csv]]` and
`/loan-due next [arrears|verification]`."""

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import PersonRef
from desk.core.vocabulary import Word
from desk.exports.lists import Format
from desk.rules.queues import QueueKind
from handlers.grammar.exports import take_export
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import Terms, example, keyword
from handlers.grammar.text import Line

Period = Literal["today", "tomorrow", "week", "late", "all", "arrears", "unplanned"]
Kind = Literal["verification", "repayment"]

_PERIODS: dict[str, Period] = {p: p for p in ("today", "tomorrow", "week", "late", "all", "arrears", "unplanned")}
_OF_LOANS = {"arrears": ("逾期", "arrears"), "unplanned": ("无计划", "unplanned")}
"""The lists of loans, and how they are typed."""

_NEXT = "next"
_QUEUES: dict[str, QueueKind] = {"arrears": "arrears", "repayment": "arrears", "verification": "checks"}
"""What names a queue behind `next`."""

_KINDS: dict[str, Kind] = {k: k for k in ("verification", "repayment")}

_OTHER_WEEKS = Terms(
    (keyword("next week", "下周", "下个星期", "下星期", "下礼拜"), keyword("next month", "下月", "下个月", "下一个月"))
)
"""What begins like `next` and is a time: there is no such list."""

_WORDS = Terms(
    (
        keyword("today", "今天", "今日", "当天"),
        keyword("tomorrow", "明天", "明日", "tmr", "tmrw"),
        keyword("week", "本周", "这周", "这个星期", "本星期", "一周", "this week"),
        keyword("late", "超时", "已超时", "过期", "已过期"),
        keyword("all", "全部", "所有", "未完成", "open"),
        keyword(
            "arrears", "逾期", "已逾期", "逾期客户", "逾期贷款", "欠款", "overdue", "past due", "in arrears", "unpaid"
        ),
        keyword("unplanned", "无计划", "没计划", "没有计划", "未计划", "无安排", "没安排", "no plan", "not planned"),
        keyword(
            *(_NEXT, "下一个", "下一位", "下一户", "下一单", "下一通", "下一通电话"),
            *("下一个客户", "下一位客户", "下一户客户", "下一个借款人", "下一位借款人", "下一个电话"),
            *("next call", "next one", "next borrower", "next customer", "next client"),
        ),
        keyword("team", "团队", "全组", "本组", "小组", "我的团队", "my team"),
        keyword("mine", "我的", "我", "本人", "me", "my"),
        keyword("verification", "核实", "电核", "verifications", "verify", "check", "checks"),
        keyword("repayment", "还款", "催收", "repayments", "collection"),
    )
)


@dataclass(frozen=True, slots=True)
class DueListRequest:
    """Which calls to list: the period, whose (None: the member's own), and the kind (None: all). `export`: as a file of that
    format."""

    period: Period = "today"
    whose: PersonRef | Literal["team"] | None = None
    kind: Kind | None = None
    export: Format | None = None


@dataclass(frozen=True, slots=True)
class NextCallRequest:
    """Take the next borrower to call, from this queue (None: from the member's own)."""

    queue: QueueKind | None = None


def parse(line: Line, now: datetime, zone: ZoneInfo) -> DueListRequest | NextCallRequest | HelpRequest:
    """Parse period, person, kind and `export` in any order, each at most once; or that the next borrower is to be called,
    and from which queue.

    Raise `Invalid`: `word_unknown`, `said_twice`, `list_of_loans` (the list has no kinds of calls), `next_is_yours` (nobody else
    takes the next one).
    """
    reader = Reader(line, now, zone)
    help_request = reader.help_request()
    if help_request is not None and help_request.what == "help":
        return help_request
    if _is_next(reader):
        return _next_call(reader)
    period: Period | None = None
    kind: Kind | None = None
    kind_at = (0, 0)
    whose: PersonRef | Literal["team", "mine"] | None = None
    export: Format | None = None
    while not reader.done:
        start = reader.at
        if file_format := take_export(reader):
            _refuse_repeated(reader, start, export)
            export = file_format
            continue
        if who := reader.take_person():
            _refuse_repeated(reader, start, whose)
            whose = who
            continue
        word = _expect_word(reader)
        if word.code in _PERIODS:
            _refuse_repeated(reader, start, period)
            period = _PERIODS[word.code]
        elif word.code in _KINDS:
            _refuse_repeated(reader, start, kind)
            kind = _KINDS[word.code]
            kind_at = start, reader.at
        else:
            _refuse_repeated(reader, start, whose)
            whose = "team" if word.code == "team" else "mine"
    if period == "arrears" and kind == "repayment":
        kind = None  # arrears are about nothing else
    if kind is not None and period in _OF_LOANS:
        given = reader.line.trimmed(*kind_at)
        raise Invalid("list_of_loans", part="list", given=given, nearest=(example(given, *_OF_LOANS[period]),))
    return DueListRequest(period or "today", None if whose == "mine" else whose, kind, export)


def _refuse_repeated(reader: Reader, start: int, earlier: object) -> None:
    if earlier is not None:
        given = reader.line.trimmed(start, reader.at)
        raise Invalid("said_twice", part="list", given=given, nearest=(given,))


def _expect_word(reader: Reader) -> Word:
    """Take a word of the lists. Raise `word_unknown` for another one, and for a week or month to come."""
    if found := reader.find_word(_OTHER_WEEKS):
        given = reader.line.trimmed(reader.at, found.end)
        raise Invalid("word_unknown", part="list", given=given, nearest=(example(given, "本周", "week"),))
    return reader.expect_word(_WORDS, "list", unknown="word_unknown")


def _is_next(reader: Reader) -> bool:
    """Return whether the line asks for the next borrower to call, wherever it says so."""
    ahead = reader.probe(reader.at)
    while not ahead.done:
        if ahead.find_word(_OTHER_WEEKS):
            return False
        word = ahead.take_word(_WORDS)
        if word is None and not ahead.take_person():
            return False
        if word is not None and word.code == _NEXT:
            return True
    return False


def _next_call(reader: Reader) -> NextCallRequest:
    queue: QueueKind | None = None
    is_said = False
    while not reader.done:
        start = reader.at
        if reader.take_person():
            raise Invalid("next_is_yours", part="list", given=reader.line.trimmed(start, reader.at))
        word = _expect_word(reader)
        given = reader.line.trimmed(start, reader.at)
        if word.code in _QUEUES:
            _refuse_repeated(reader, start, queue)
            queue = _QUEUES[word.code]
        elif word.code == "team":
            raise Invalid("next_is_yours", part="list", given=given)
        elif word.code == _NEXT:
            _refuse_repeated(reader, start, is_said or None)
            is_said = True
        elif word.code != "mine":
            raise Invalid("word_unknown", part="list", given=given, nearest=(given,))
    return NextCallRequest(queue)

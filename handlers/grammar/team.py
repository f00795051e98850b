"""`/loan-team`: list, add and remove members, and set when they work."""

import re
import unicodedata
from datetime import date, datetime, time
from typing import NoReturn
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import PersonRef
from desk.rules.hours import parse_days, parse_hours
from handlers.grammar.due import parse_due
from handlers.grammar.reader import ChannelRef, HelpRequest, Reader, with_params
from handlers.grammar.terms import ROLES, Terms, example, keyword
from handlers.grammar.text import Line

_ACTS = Terms(
    (
        keyword("add", "添加", "加入", "新增", "加", "设置", "set"),
        keyword("drop", "去掉", "取消", "撤销", "免去", "revoke"),
        keyword("remove", "移除", "移出", "删除", "delete"),
        keyword("away", "请假", "休假", "不在", "外出", "absent", "off"),
        keyword("back", "回来", "返岗", "销假", "回岗", "回来了"),
        keyword("hours", "工时", "工作时间", "上班时间", "working hours"),
        keyword("calendar", "日历", "工作日历", "day"),
        keyword("list", "列表", "名单", "成员", "members"),
    )
)
_EXAMPLES = {
    "add": ("添加 @name 客户经理", "add @name agent"),
    "drop": ("去掉 @name 客户经理", "drop @name agent"),
    "remove": ("移除 @name 给 @name", "remove @name to @name"),
    "away": ("请假 @name 到12月5日", "away @name until dec 5"),
    "back": ("回来 @name", "back @name"),
    "hours": ("工时 @name 09:00-18:00", "hours @name 09:00-18:00"),
    "calendar": ("日历 12月25日 休息", "calendar dec 25 off"),
    "list": ("列表", "list"),
}
"""A whole line per act, in Chinese and in English."""
_TO = Terms((keyword("to", "给", "交给", "转给", "移交", "移交给"),), joins=True)
_UNTIL = Terms((keyword("until", "到", "至", "直到", "till", "through", "to"),), joins=True)
_FROM = Terms((keyword("from", "从", "自", "starting", "starting from", "beginning"),), joins=True)
_FROM_BEHIND = re.compile(r"(?<![a-z])(?:from|starting(?: from)?|beginning)(?![a-z])|[从自]")
"""What begins the first day of an absence behind the last."""
_COVER_SIGN = re.compile(r"(?<![a-z])cover(?:ed)?(?: by)?(?![a-z])|代班|替班|由")
_BETWEEN = re.compile(r"(?<![a-z])(?:until|till|through|to)(?![a-z])|直到|到|至|[-–—~]")
"""What parts the first day of an absence from the last."""
_BEFORE_FIRST_DAY = re.compile(r"^(?:(?:from|starting|beginning)(?![a-z])\s*|[从自]\s*)+")
_BEHIND_FIRST_DAY = re.compile(r"\s*(?:起|开始)?(?:请假|休假)?$|\s+(?:on|onwards?)$")
_COVER = Terms((keyword("cover", "代班", "代班人", "替班", "由", "covered by", "cover by"),), joins=True)
_DAY = Terms(
    (
        keyword("work", "上班", "工作", "工作日", "补班", "调休上班", "working", "workday", "on"),
        keyword("off", "休息", "放假", "休假", "节假日", "假日", "休", "holiday", "free"),
    )
)
_AND = re.compile(r"\s*(?:[,、;+&/]|和|及|and(?![a-z]))\s*")
_BEFORE_TEAM = re.compile(r"(?:of|in|for|at)\s+(?=\S)")
_LAST_WORD = re.compile(r"(?<=\S)(?:\s*[,，、;；+&/]\s*|\s+(?:and\s+|和\s*)?)([^\s,，、;；+&/]+)\s*$")
_ENDS_WORD = re.compile(r"$|[\s,、;+&/#<]")
_DAYS_START = re.compile(
    r"(?<![a-z])(?:mon|tue|wed|thu|fri|sat|sun|week|workd|dail|all|every)|周|星期|礼拜|每|工作日|天天"
)


@dataclass(frozen=True, slots=True)
class ListTeam:
    """No arguments, or `list`."""


@dataclass(frozen=True, slots=True)
class Add:
    """`add @who <role>[, …] [#channel] [team]`. Adding a member again adds the roles and changes channel and team."""

    who: PersonRef
    roles: tuple[str, ...]
    channel: ChannelRef | None
    team: str


@dataclass(frozen=True, slots=True)
class Drop:
    """`drop @who <role>[, …]`."""

    who: PersonRef
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """`remove @who to @whom`."""

    who: PersonRef
    to: PersonRef


@dataclass(frozen=True, slots=True)
class Away:
    """`away @who [from <date>] until <date> [cover @whom]`: the first and the last day of absence; without a first one, today."""

    who: PersonRef
    until: date
    cover: PersonRef | None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Back:
    """`back @who`."""

    who: PersonRef


@dataclass(frozen=True, slots=True)
class SetHours:
    """`hours @who 09:00-18:00 [mon-sat]`. Monday is 0; with None the days do not change."""

    who: PersonRef
    start: time
    end: time
    days: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class SetDay:
    """`calendar <date> work|off [name]`."""

    on: date
    working: bool
    name: str


TeamRequest = ListTeam | Add | Drop | Remove | Away | Back | SetHours | SetDay


def parse(line: Line, now: datetime, zone: ZoneInfo) -> TeamRequest | HelpRequest:
    """Parse the line; an empty one lists the team.

    Raise `Invalid`: `act_unknown`, `person_missing`, `role_not_said`, `role_unknown`, `channel_unknown`,
    `channel_misplaced`, `until_missing`, `date_missing`, `date_only`, `working_hours`, `working_days`, `overnight_hours`,
    `day_kind_unknown`, `not_understood`, and the codes of due times with `part="date"`.
    """
    reader = Reader(line, now, zone)
    help_request = reader.help_request()
    if help_request is not None:
        return ListTeam() if help_request.what == "usage" else help_request
    act = reader.take_word(_ACTS)
    if act is None:
        _refuse_act(reader)
    request = _READERS[act.code](reader)
    reader.expect_end("line")
    return request


def _refuse_act(reader: Reader) -> NoReturn:
    """Refuse an unknown act with examples of the similar ones, which are whole where the line ends with it."""
    similar = _ACTS.nearest(reader.line, reader.at)
    found = [match.word for each in similar if (match := _ACTS.longest(each, 0))]
    if reader.line.skip(reader.at + len(reader.given)) < len(reader.norm):
        reader.refuse("act_unknown", "act", similar)
    reader.refuse("act_unknown", "act", [example(reader.line, *_EXAMPLES[word.code]) for word in found])


def _list(reader: Reader) -> ListTeam:
    return ListTeam()


def _add(reader: Reader) -> Add:
    who = reader.expect_person("who", example(reader.line, "@name 客户经理", "@name agent"))
    roles = _roles(reader)
    channel = reader.take_channel()
    if channel is None and reader.norm.startswith("#", reader.at):
        reader.refuse("channel_unknown", "channel", ("#channel",))
    if before := _BEFORE_TEAM.match(reader.norm, reader.at):
        reader.move(before.end())
    team = reader.take_note()
    if "<#" in team:
        raise Invalid("channel_misplaced", part="channel", given=team, nearest=("@name agent #channel East",))
    team, more = _roles_behind(team)
    return Add(who=who, roles=tuple(dict.fromkeys((*roles, *more))), channel=channel, team=team)


def _roles_behind(team: str) -> tuple[str, list[str]]:
    """Return the team's name without the roles that are typed behind it: `agent East manager`, `客户经理 华东 主管`."""
    codes: list[str] = []
    while (found := _LAST_WORD.search(team)) is not None:
        word = unicodedata.normalize("NFKC", found[1]).casefold()
        role = ROLES.longest(word, 0)
        if role is None or role.end != len(word):
            break
        codes.insert(0, role.word.code)
        team = team[: found.start()]
    return team, codes


def _drop(reader: Reader) -> Drop:
    who = reader.expect_person("who", example(reader.line, "@name 客户经理", "@name agent"))
    return Drop(who=who, roles=_roles(reader))


def _roles(reader: Reader) -> tuple[str, ...]:
    """Take roles joined by commas, `and` or blanks; the first word that is no role begins the team."""
    if reader.done:
        reader.refuse("role_not_said", "role", ROLES.display_forms(reader.line))
    codes: dict[str, None] = {}
    found = ROLES.longest(reader.norm, reader.at)
    while found:
        codes[found.word.code] = None
        reader.move(found.end)
        joined = _AND.match(reader.norm, found.end)
        found = ROLES.longest(reader.norm, joined.end() if joined else reader.at)
        if found and not joined and not _ENDS_WORD.match(reader.norm, found.end):
            break  # 催收一组 is the name of a team
    if not codes:
        reader.refuse("role_unknown", "role", ROLES.nearest(reader.line, reader.at))
    return tuple(codes)


def _remove(reader: Reader) -> Remove:
    to = example(reader.line, "给 @name", "to @name")
    who = reader.expect_person("who", f"@name {to}")
    form = "@name" if reader.take_word(_TO) else to
    return Remove(who=who, to=reader.expect_person("to", form))


def _away(reader: Reader) -> Away:
    until_form = example(reader.line, "到12月5日", "until dec 5")
    who = reader.expect_person("who", f"@name {until_form}")
    since = _first_day(reader)
    if since is None and reader.take_word(_UNTIL) is None:
        reader.take_word(_FROM)
        reader.refuse("until_missing", "date", (until_form,))
    if since is None and (sign := _FROM_BEHIND.search(reader.norm, reader.at)):
        return _away_from_behind(reader, who, sign.start(), sign.end())
    until = _last_day(reader, since)
    if reader.done:
        return Away(who=who, until=until, cover=None, since=since)
    return Away(who=who, until=until, cover=_cover(reader), since=since)


def _away_from_behind(reader: Reader, who: PersonRef, sign: int, end: int) -> Away:
    """Take the rest of a line whose first day, behind the sign `from`, stands behind the last: `until dec 5 from dec 1`."""
    at, cover = _COVER_SIGN.search(reader.norm, reader.at, sign), None
    last = reader.line.trimmed(reader.at, at.start() if at else sign)
    if at is not None:
        reader.move(at.start())
        cover = _cover(reader)
        if reader.at < sign:
            reader.expect_end("line")
    reader.move_past(end)
    at = _COVER_SIGN.search(reader.norm, reader.at) if cover is None else None
    first = reader.line.trimmed(reader.at, at.start() if at else None)
    since = _day(reader, _BEHIND_FIRST_DAY.sub("", first), reader.now)
    until = _day(reader, last, reader.now)
    if until < since:
        try:
            until = _day(reader, last, datetime.combine(since, time.min, reader.zone))
        except Invalid:
            raise Invalid("absence_order", part="date", given=last, since=since) from None
    reader.move(at.start() if at else len(reader.norm))
    return Away(who=who, until=until, cover=_cover(reader) if at else cover, since=since)


def _day(reader: Reader, typed: str, now: datetime) -> date:
    """Return the date that is typed there. Raises Invalid (`date_missing`, `date_only`), and the codes of due times."""
    if not typed:
        raise Invalid("date_missing", part="date", given="", nearest=(example(reader.line, "12月5日", "dec 5"),))
    try:
        due = parse_due(typed, now, reader.zone)
    except Invalid as refusal:
        raise with_params(refusal, part="date") from None
    if due.at is not None:
        raise Invalid("date_only", part="date", given=typed, nearest=(due.on.isoformat(),))
    return due.on


def _cover(reader: Reader) -> PersonRef:
    if reader.take_word(_COVER) is None:
        reader.expect_end("line", example(reader.line, "代班 @name", "cover @name"))
    reader.take_colon()
    return reader.expect_person("cover")


def _first_day(reader: Reader) -> date | None:
    """Take the first day of an absence and the word behind it: `from dec 1 until`, `12月1日起到`. Return None if the line begins
    with the last day, or has none."""
    for between in _BETWEEN.finditer(reader.norm, reader.at):
        typed = unicodedata.normalize("NFKC", reader.line.trimmed(reader.at, between.start())).casefold()
        day = _BEHIND_FIRST_DAY.sub("", _BEFORE_FIRST_DAY.sub("", typed))
        if not day:
            return None
        try:
            due = parse_due(day, reader.now, reader.zone)
        except Invalid as refusal:
            if refusal.code != "due_past":
                continue  # the sign is within a date, or the first day begins later
            raise with_params(refusal, part="date") from None
        if due.at is not None:
            raise Invalid("date_only", part="date", given=day, nearest=(due.on.isoformat(),))
        reader.move_past(between.end())
        return due.on
    return None


def _last_day(reader: Reader, since: date | None) -> date:
    """Take the last day of an absence. A weekday or a day of the month alone is the next one after the first day."""
    start = reader.at
    until = reader.expect_date(part="date").on
    if since is None or until >= since:
        return until
    given = reader.line.trimmed(start, reader.at)
    then = Reader(reader.line, datetime.combine(since, time.min, reader.zone), reader.zone)
    then.move(start)
    try:
        return then.expect_date(part="date").on
    except Invalid:
        raise Invalid("absence_order", part="date", given=given, since=since) from None


def _back(reader: Reader) -> Back:
    return Back(reader.expect_person("who"))


def _hours(reader: Reader) -> SetHours:
    who = reader.expect_person("who", "@name 09:00-18:00")
    if reader.done:
        reader.refuse("working_hours", "hours", ("09:00-18:00",))
    days_at = _DAYS_START.search(reader.norm, reader.at)
    span = reader.take_note(days_at.start() if days_at else None)
    days = reader.take_note()
    try:
        hours = parse_hours(span)
        return SetHours(who, hours.start, hours.end, parse_days(days) if days else None)
    except Invalid as refusal:
        raise with_params(refusal, part="hours") from None


def _calendar(reader: Reader) -> SetDay:
    if reader.done:
        reader.refuse("date_missing", "date", (example(reader.line, "12月25日 休息", "dec 25 off"),))
    on = reader.expect_date(part="date").on
    kind = reader.expect_word(_DAY, "day", unknown="day_kind_unknown")
    return SetDay(on=on, working=kind.code == "work", name=reader.take_note())


_READERS = {
    "list": _list,
    "add": _add,
    "drop": _drop,
    "remove": _remove,
    "away": _away,
    "back": _back,
    "hours": _hours,
    "calendar": _calendar,
}

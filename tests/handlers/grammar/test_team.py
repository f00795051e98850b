"""`/loan-team`."""

from datetime import date, time

import pytest

from desk.core.values import PersonRef
from handlers.grammar.reader import ChannelRef
from handlers.grammar.team import Add, Away, Back, Drop, ListTeam, Remove, SetDay, SetHours, TeamRequest, parse
from tests.handlers.grammar.lines import asked, refused, understood

WANG, LI = PersonRef("U1"), PersonRef("U2")
DESK = ChannelRef("C1", "desk")
MONDAY_TO_SATURDAY = frozenset(range(6))


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("", ListTeam()),
        ("list", ListTeam()),
        ("add <@U1> agent", Add(WANG, ("agent",), None, "")),
        ("add <@U1|wang> agent <#C1|desk>", Add(WANG, ("agent",), DESK, "")),
        ("add <@U1> agent <#C1|desk> Team North", Add(WANG, ("agent",), DESK, "Team North")),
        ("add <@U1> agent Team North", Add(WANG, ("agent",), None, "Team North")),
        ("add <@U1> verifier, collector and manager", Add(WANG, ("verifier", "collector", "manager"), None, "")),
        ("add <@U1> agent manager East", Add(WANG, ("agent", "manager"), None, "East")),
        ("add <@U1> agent East manager", Add(WANG, ("agent", "manager"), None, "East")),
        (
            "add <@U1> agent North East, manager and collector",
            Add(WANG, ("agent", "manager", "collector"), None, "North East"),
        ),
        ("add <@U1> 客户经理 华东 主管", Add(WANG, ("agent", "manager"), None, "华东")),
        ("add <@U1> agent Managing East", Add(WANG, ("agent",), None, "Managing East")),
        ("add <@U1> manager of East", Add(WANG, ("manager",), None, "East")),
        ("add <@U1> agent in Team North", Add(WANG, ("agent",), None, "Team North")),
        ("add <@U1> agent International", Add(WANG, ("agent",), None, "International")),
        ("add <@U1> agent verifier", Add(WANG, ("agent", "verifier"), None, "")),
        ("add <@U1> agent team lead East", Add(WANG, ("agent", "manager"), None, "East")),
        ("add <@U1> agent verifier <#C1|desk> Collections", Add(WANG, ("agent", "verifier"), DESK, "Collections")),
        ("添加 <@U1> 客户经理 主管 东区", Add(WANG, ("agent", "manager"), None, "东区")),
        ("添加 <@U1> 客户经理、主管，电核 东区", Add(WANG, ("agent", "manager", "verifier"), None, "东区")),
        ("添加 <@U1> 客户经理 催收一组", Add(WANG, ("agent",), None, "催收一组")),
        ("drop <@U1> manager", Drop(WANG, ("manager",))),
        ("drop <@U1> manager, agent", Drop(WANG, ("manager", "agent"))),
        ("去掉 <@U1> 主管", Drop(WANG, ("manager",))),
        ("添加 <@U1> 电核、催收 <#C1|desk> 一组", Add(WANG, ("verifier", "collector"), DESK, "一组")),
        ("添加 <@U1> 客户经理和主管", Add(WANG, ("agent", "manager"), None, "")),
        ("remove <@U1> to <@U2>", Remove(WANG, LI)),
        ("移除 <@U1> 移交给 <@U2>", Remove(WANG, LI)),
        ("away <@U1> until 2026-12-05", Away(WANG, date(2026, 12, 5), None)),
        ("away <@U1> until fri cover <@U2>", Away(WANG, date(2026, 11, 27), LI)),
        ("away <@U1> from dec 1 until dec 5 cover <@U2>", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("away <@U1> until dec 5 from dec 1", Away(WANG, date(2026, 12, 5), None, date(2026, 12, 1))),
        ("away <@U1> until fri from mon", Away(WANG, date(2026, 12, 4), None, date(2026, 11, 30))),
        ("away <@U1> until dec 5 from dec 1 cover <@U2>", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("away <@U1> until dec 5 cover <@U2> from dec 1", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("请假 <@U1> 到12月5日从12月1日起 代班 <@U2>", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("请假 <@U1> 至12月5日，代班 <@U2>，自12月1日开始", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("away <@U1> from tomorrow until fri", Away(WANG, date(2026, 11, 27), None, date(2026, 11, 26))),
        ("away <@U1> dec 1 - dec 5", Away(WANG, date(2026, 12, 5), None, date(2026, 12, 1))),
        ("away <@U1> from 2026-12-01 to 2026-12-05", Away(WANG, date(2026, 12, 5), None, date(2026, 12, 1))),
        ("away <@U1> starting next mon until fri", Away(WANG, date(2026, 12, 4), None, date(2026, 11, 30))),
        ("请假 <@U1> 从12月1日到12月5日 代班 <@U2>", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("请假 <@U1> 12月1日起到12月5日", Away(WANG, date(2026, 12, 5), None, date(2026, 12, 1))),
        ("请假 <@U1> 从12月1号起至5号，由<@U2>", Away(WANG, date(2026, 12, 5), LI, date(2026, 12, 1))),
        ("请假 <@U1> 从下周一开始，到周五", Away(WANG, date(2026, 12, 4), None, date(2026, 11, 30))),
        ("请假 <@U1> 明天起请假到周五", Away(WANG, date(2026, 11, 27), None, date(2026, 11, 26))),
        ("请假 <@U1> 到12月5日 代班 <@U2>", Away(WANG, date(2026, 12, 5), LI)),
        ("请假 <@U1> 到周五，由<@U2>", Away(WANG, date(2026, 11, 27), LI)),
        ("back <@U1>", Back(WANG)),
        ("销假 <@U1>", Back(WANG)),
        ("hours <@U1> 09:00-18:00", SetHours(WANG, time(9), time(18), None)),
        ("hours <@U1> 09:00 - 18:00, mon-sat", SetHours(WANG, time(9), time(18), MONDAY_TO_SATURDAY)),
        ("工时 <@U1> 9点到18点 周一至周六", SetHours(WANG, time(9), time(18), MONDAY_TO_SATURDAY)),
        ("hours <@U1> 00:00-24:00 daily", SetHours(WANG, time(0), time(0), frozenset(range(7)))),
        ("calendar 2026-12-05 work", SetDay(date(2026, 12, 5), True, "")),
        ("calendar dec 31 off New Year's Eve", SetDay(date(2026, 12, 31), False, "New Year's Eve")),
        ("日历 12月5日 上班 调休", SetDay(date(2026, 12, 5), True, "调休")),
        ("日历 今天 休息", SetDay(date(2026, 11, 25), False, "")),
    ],
)
def test_each_form_of_the_command_is_understood(typed: str, request_: TeamRequest):
    assert understood(parse, typed) == request_


@pytest.mark.parametrize(
    ("typed", "code", "part", "given"),
    [
        ("fire <@U1>", "act_unknown", "act", "fire"),
        ("add", "person_missing", "who", ""),
        ("add wang agent", "person_missing", "who", "wang"),
        ("add <@U1>", "role_not_said", "role", ""),
        ("add <@U1> boss", "role_unknown", "role", "boss"),
        ("drop <@U1>", "role_not_said", "role", ""),
        ("drop <@U1> boss", "role_unknown", "role", "boss"),
        ("add <@U1> agent #desk", "channel_unknown", "channel", "#desk"),
        ("remove <@U1>", "person_missing", "to", ""),
        ("away <@U1>", "until_missing", "date", ""),
        ("away <@U1> fri", "until_missing", "date", "fri"),
        ("away <@U1> from dec 1", "until_missing", "date", "dec"),
        ("away <@U1> from nov 20 until dec 5", "due_past", "date", "nov 20"),
        ("away <@U1> from 2026-12-05 until 2026-12-01", "absence_order", "date", "2026-12-01"),
        ("away <@U1> until dec 1 from dec 5", "absence_order", "date", "dec 1"),
        ("away <@U1> until dec 5 from", "date_missing", "date", ""),
        ("away <@U1> until dec 5 from fri 10:00", "date_only", "date", "fri 10:00"),
        ("away <@U1> from fri 10:00 until dec 5", "date_only", "date", "fri 10:00"),
        ("请假 <@U1> 从12月1日起", "until_missing", "date", "12月1日起"),
        ("away <@U1> until", "date_missing", "date", ""),
        ("away <@U1> until fri 10:00", "date_only", "date", "fri 10:00"),
        ("away <@U1> until nov 20", "due_past", "date", "nov 20"),
        ("away <@U1> until fri for a trip", "not_understood", "line", "for"),
        ("away <@U1> until fri cover", "person_missing", "cover", ""),
        ("back <@U1> today", "not_understood", "line", "today"),
        ("hours <@U1>", "working_hours", "hours", ""),
        ("hours <@U1> long", "working_hours", "hours", "long"),
        ("hours <@U1> 18:00-09:00", "overnight_hours", "hours", "18:00-09:00"),
        ("hours <@U1> 09:00-18:00 monx", "working_days", "hours", "monx"),
        ("calendar", "date_missing", "date", ""),
        ("calendar fri", "day_kind_unknown", "day", ""),
        ("calendar fri maybe", "day_kind_unknown", "day", "maybe"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_the_part(typed: str, code: str, part: str, given: str):
    refusal = refused(parse, typed)
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == (code, part, given)


def test_help_requests_help():
    assert asked(parse, "help") == "help"

"""The scripts of the tour: the same morning in Chinese and in English."""

from bot.demo.people import CHEN_WEI, GRACE, LI_NA, WANG_FANG, ZHAO_MIN, Person
from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Wait:
    """Move the clock to that time, so many days after the first."""

    clock: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Type a line; the answer has all these words and none of `never`."""

    who: Person
    line: str
    expects: tuple[str, ...]
    never: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """Press a button of the message seen last, or of the newest one in a channel with the words `on`."""

    who: Person
    button: str
    expects: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    on: str | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The newest message in a channel with the first of these words has all of them, and pings only these people."""

    where: str
    expects: tuple[str, ...]
    never: tuple[str, ...] = ()
    pings: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """Days on which everyone reads the language of `locale`."""

    title: str
    locale: str
    steps: tuple[Wait | Line | Press | Check, ...]


CHINESE = Script(
    title="早上好 · a morning in Chinese",
    locale="zh-CN",
    steps=(
        Wait("08:30"),
        Check("collections", ("A-1012",), never=("冯雪",)),
        Wait("09:00"),
        Line(LI_NA, "/loan A-1001", ("王小明", "申请")),
        Line(LI_NA, "/loan-call A-1001 未接，下次今天上午10点", ("未接", "2026年11月25日 周三 10:00", "上海")),
        Line(LI_NA, "/loan-call A-1001 未街", ("未街", "未接")),
        Wait("10:00"),
        Check("agents", ("A-1001", "王*", "尾号5678"), never=("王小明",), pings=(LI_NA,)),
        Press(LI_NA, "已接通", ("已接通",), on="A-1001"),
        Check("agents", ("A-1001", "已接通"), never=("稍后",)),
        Line(LI_NA, "/loan-docs A-1001 身份证、收入证明 周五前", ("身份证", "收入证明", "11月27日")),
        Line(LI_NA, "/loan-docs A-1001 收到 身份证", ("身份证",)),
        Line(WANG_FANG, "/loan-follow A-1002 明天下午3点核实收入", ("2026年11月26日 周四 15:00",)),
        Press(WANG_FANG, "撤销", ("撤销",)),
        Line(CHEN_WEI, "/loan-call A-1013 承诺还款", ("下次",)),
        Line(CHEN_WEI, "/loan-call A-1013 承诺还款，下次周五", ("2026年11月27日 周五", "承诺还款")),
        Line(LI_NA, "/loan A-1017", ("<!channel> *x* =1+1",)),
        Line(ZHAO_MIN, "/loan-call A-1001 已接通", ("客户经理",)),
        Line(GRACE, "/loan-reassign @tom @lina", ("笔贷款",)),
        Press(GRACE, "确认移交", ("移交给", "笔贷款")),
    ),
)

ENGLISH = Script(
    title="Good morning · 英文的一个早上",
    locale="en-US",
    steps=(
        Wait("08:30"),
        Check("collections", ("A-1012",), never=("冯雪",)),
        Wait("09:00"),
        Line(LI_NA, "/loan A-1001", ("王小明", "application")),
        Line(LI_NA, "/loan-call A-1001 no answer next today 10:00", ("no answer", "Wed 25 Nov 2026 10:00", "Shanghai")),
        Line(LI_NA, "/loan-call A-1001 reachd", ("reachd", "reached")),
        Wait("10:00"),
        Check("agents", ("A-1001", "王*", "phone ending 5678"), never=("王小明",), pings=(LI_NA,)),
        Press(LI_NA, "reached", ("reached",), on="A-1001"),
        Check("agents", ("A-1001", "reached"), never=("Snooze",)),
        Line(LI_NA, "/loan-docs A-1001 id, income by fri", ("27 Nov",)),
        Line(LI_NA, "/loan-docs A-1001 got id", ("received",)),
        Line(WANG_FANG, "/loan-follow A-1002 tomorrow 3pm income", ("Thu 26 Nov 2026 15:00",)),
        Press(WANG_FANG, "Undo", ("A-1002",)),
        Line(CHEN_WEI, "/loan-call A-1013 promised", ("next",)),
        Line(CHEN_WEI, "/loan-call A-1013 promised next fri 4 dec", ("promise",)),
        Line(LI_NA, "/loan A-1017", ("<!channel> *x* =1+1",)),
        Line(ZHAO_MIN, "/loan-call A-1001 reached", ("agent",)),
        Line(GRACE, "/loan-reassign @tom @lina", ("loans",)),
        Press(GRACE, "Reassign now", ("Reassigned",)),
    ),
)

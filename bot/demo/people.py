"""The people and channels of the demo, and the commands with which its admin sets up the desk."""

from desk.core.dataclass import dataclass
from sandbox.server import Sandbox

ADMIN = "U0SAM"


@dataclass(frozen=True, slots=True)
class Person:
    """A person at the demo's desk."""

    slack_id: str
    handle: str
    real_name: str
    title: str
    role: str
    channel: str


LI_NA = Person("U0LINA", "lina", "李娜", "客户经理 · Agent", "agent", "agents")
TOM = Person("U0TOM", "tom", "Tom Baker", "Agent · 客户经理", "agent", "agents")
WANG_FANG = Person("U0WANG", "wangfang", "王芳", "电核 · Verifier", "verifier", "verification")
CHEN_WEI = Person("U0CHEN", "chenwei", "陈伟", "催收 · Collector", "collector", "collections")
GRACE = Person("U0GRACE", "grace", "Grace Liu", "Manager · 主管", "manager", "managers")
ZHAO_MIN = Person("U0ZHAO", "zhaomin", "赵敏", "合规 · Compliance", "compliance", "loan-desk")
SAM = Person(ADMIN, "sam", "Sam Patel", "Admin · 管理员", "admin", "loan-desk")

MAX = Person("U0MAX", "max", "Max Weber", "New here · 新同事", "", "loan-desk")

PEOPLE = (LI_NA, GRACE, TOM, WANG_FANG, CHEN_WEI, ZHAO_MIN, SAM)
"""The members of the desk. The page opens as the first who reads the browser's language."""

NEWCOMERS = (MAX,)
"""People in the workspace who are no members: what they see, and how they ask for access."""

CHINESE = frozenset({LI_NA, WANG_FANG, CHEN_WEI, ZHAO_MIN})
"""The people who read Chinese in the demo."""

CHANNELS: dict[str, tuple[Person, ...]] = {
    "loan-desk": (*PEOPLE, *NEWCOMERS),
    "agents": (LI_NA, TOM, GRACE, SAM),
    "verification": (WANG_FANG, GRACE, SAM),
    "collections": (CHEN_WEI, GRACE, SAM),
    "managers": (GRACE, SAM),
}


def add_people(sandbox: Sandbox, *, locale: str | None = None) -> None:
    """Add the people and their private channels to the workspace. With `locale`, everyone reads that language."""
    for person in (*PEOPLE, *NEWCOMERS):
        sandbox.add_user(
            person.slack_id,
            name=person.handle,
            real_name=person.real_name,
            title=person.title,
            email=f"{person.handle}@lender.example",
            tz="Asia/Shanghai",
            locale=locale or ("zh-CN" if person in CHINESE else "en-US"),
        )
    for name, members in CHANNELS.items():
        sandbox.add_channel(
            name, channel_id=channel_id(name), kind="private", members=[member.slack_id for member in members]
        )


def channel_id(name: str) -> str:
    """Return the id of a demo channel."""
    return "C0" + name.upper().replace("-", "")


def setup_lines(*, around_the_clock: bool) -> list[str]:
    """Return the commands that the admin types on the first day."""
    lines = [
        f"/loan-team add @{person.handle} {person.role} #{person.channel} East"
        for person in PEOPLE
        if person not in (SAM, ZHAO_MIN, GRACE)
    ]
    lines.insert(0, f"/loan-team add @{GRACE.handle} manager #{GRACE.channel} East")
    lines.append(f"/loan-team add @{ZHAO_MIN.handle} compliance #{ZHAO_MIN.channel}")
    if around_the_clock:
        lines += [f"/loan-team hours @{person.handle} 00:00-24:00 mon-sun" for person in PEOPLE]
    lines.append(f"/loan-team away @{TOM.handle} until +7d cover @{LI_NA.handle}")
    return lines

"""`loandesk tokens`: a token is shown once, listed without its secret, and revoked at once."""

import io

import pytest
from rich.console import Console
from sqlmodel import select

from bot.commands import tokens
from desk.core.transaction import Office
from storage.tables import ApiToken, AuditEntry, Member, Workspace
from tests.bot.test_backup import settings_with
from tests.clocks import FrozenClock


class Run:
    """The commands on one database, and what they print."""

    def __init__(self, url: str, clock: FrozenClock) -> None:
        self.settings, self.clock, self.printed = settings_with(url), clock, io.StringIO()

    @property
    def console(self) -> Console:
        self.printed = io.StringIO()
        return Console(file=self.printed, width=300, markup=False, highlight=False, soft_wrap=True)

    async def new(self, name: str, *scopes: str, days: int = 90) -> int:
        return await tokens.issue(self.settings, self.console, name=name, scopes=scopes, days=days, clock=self.clock)

    async def list(self) -> list[str]:
        await tokens.show(self.settings, self.console, clock=self.clock)
        return self.printed.getvalue().splitlines()

    async def revoke(self, named: str) -> int:
        return await tokens.revoke(self.settings, self.console, named=named, clock=self.clock)


@pytest.fixture
def run(database_url: str, clock: FrozenClock, workspace: Workspace) -> Run:
    return Run(database_url, clock)


async def test_a_token_is_shown_once_and_listed_by_its_prefix(run: Run) -> None:
    assert await run.new("core", "loans:read", "payments:write") == 0
    token = run.printed.getvalue().splitlines()[0]

    (line,) = await run.list()

    assert line.startswith(token[:15])
    assert "core  good, until 2027-02-23, used never  loans:read payments:write" in line
    assert token[16:] not in line


async def test_a_token_can_be_replaced_and_revoked(run: Run, office: Office, clock: FrozenClock) -> None:
    await run.new("core", "loans:read")
    first = run.printed.getvalue().split("_")[1]
    assert await run.new("core", "loans:read") == 0
    assert await run.new("core", "loans:read", "loans:write") == 1
    assert "Revoke it first" in run.printed.getvalue()

    assert await run.revoke(f"ld_{first}") == 0
    assert [("revoked" in line, "good" in line) for line in await run.list()] == [(True, False), (False, True)]
    assert await run.revoke("core") == 0
    assert await run.revoke("core") == 1
    assert await run.new("core", "loans:write") == 0
    clock.advance(days=91)
    assert [line.split("  ")[2].split(",")[0] for line in await run.list()] == ["revoked", "revoked", "expired"]
    async with office.database.reading() as session:
        entries = [entry.act for entry in await session.exec(select(AuditEntry))]
        assert len((await session.exec(select(Member).where(Member.kind == "service"))).all()) == 1
        assert len((await session.exec(select(ApiToken))).all()) == 3
    assert (entries.count("token_issued"), entries.count("token_revoked")) == (3, 2)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "why"),
    [
        ("Core Bank", ("loans:read",), 90, "no name"),
        ("core", ("loans:eat",), 90, "no scope"),
        ("core", (), 90, "Name what the token is for"),
        ("core", ("loans:read",), 0, "at least a day"),
        ("core", ("loans:read",), 400, "at most 366"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    run: Run, office: Office, name: str, scopes: tuple[str, ...], days: int, why: str
) -> None:
    assert await run.new(name, *scopes, days=days) == 1

    assert why in run.printed.getvalue()
    assert await run.list() == ["There are no tokens."]


async def test_before_the_desk_was_started_once_there_is_no_workspace(database_url: str, clock: FrozenClock) -> None:
    run = Run(database_url, clock)

    assert await run.new("core", "loans:read") == 1
    assert run.printed.getvalue() == "There is no workspace yet: start the desk once.\n"

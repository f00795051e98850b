"""`loandesk tokens`: issue, list and revoke the tokens of programs that use the API."""

from datetime import timedelta

from rich.console import Console

from bot.offices import open_workspace
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.operator_acts import operator
from desk.people import tokens


async def issue(
    settings: Settings, console: Console, *, name: str, scopes: tuple[str, ...], days: int, clock: Clock | None = None
) -> int:
    """Print a new token, which is shown this once. Return 1 if it cannot be issued."""
    async with open_workspace(settings, console, clock, patient=True) as found:
        if found is None:
            return 1
        office, workspace = found
        try:
            async with office.desk(workspace) as desk:
                made = await tokens.issue(desk, name=name, scopes=scopes, lifetime=timedelta(days=days), by=operator())
        except tokens.TokenRefusedError as error:
            console.print(str(error))
            return 1
    console.print(made.text)
    console.print(f"{made.name} may use it until {made.expires_at:%Y-%m-%d}: {', '.join(made.scopes)}.")
    console.print("It is not shown again. Keep it where the program reads its secrets.")
    return 0


async def show(settings: Settings, console: Console, *, clock: Clock | None = None) -> int:
    """Print the tokens, one a line, without their secrets."""
    async with open_workspace(settings, console, clock, patient=True) as found:
        if found is None:
            return 1
        office, workspace = found
        async with office.reading_desk(workspace) as desk:
            now, listed = desk.now, await tokens.listed(desk)
    for each in listed:
        state = "revoked" if each.revoked_at else "expired" if each.expires_at <= now else "good"
        used = each.used_on.isoformat() if each.used_on else "never"
        console.print(
            f"ld_{each.prefix}  {each.name}  {state}, until {each.expires_at:%Y-%m-%d}, used {used}  "
            f"{' '.join(each.scopes)}"
        )
    if not listed:
        console.print("There are no tokens.")
    return 0


async def revoke(settings: Settings, console: Console, *, named: str, clock: Clock | None = None) -> int:
    """Revoke a token by its prefix, or those of a program by its name. Return 1 if there is none."""
    async with open_workspace(settings, console, clock, patient=True) as found:
        if found is None:
            return 1
        office, workspace = found
        try:
            async with office.desk(workspace) as desk:
                gone = await tokens.revoke(desk, named=named, by=operator())
        except tokens.TokenRefusedError as error:
            console.print(str(error))
            return 1
    console.print(
        f"Revoked: {', '.join(f'ld_{prefix}' for prefix in gone)}. No request is answered with it from now on."
    )
    return 0

"""What `loandesk doctor` shows."""

from rich.console import Console

from bot.doctor import examine
from bot.settings import Settings
from desk.clock import Clock


async def run(settings: Settings, console: Console, clock: Clock | None = None) -> int:
    """One line for each finding. 0 when all is well, else 1."""
    wrong = 0
    async for finding in examine(settings, clock):
        mark = "ok " if finding.well else "FIX"
        console.print(f"{mark}  {finding.subject}: {finding.words}", markup=False, soft_wrap=True)
        wrong += not finding.well
    return 1 if wrong else 0

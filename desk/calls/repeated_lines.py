"""A line that a member sends again within minutes: another call, or the same one by mistake."""

from datetime import timedelta

from desk.core.errors import Conflict
from desk.core.retention import BATCH
from desk.core.transaction import Desk
from storage.queries.calls import calls
from storage.queries.core import retention
from storage.tables import Call

SAME_LINE_WITHIN = timedelta(minutes=2)
"""How long a repeated line of the same member asks whether another call is meant."""


def line_digest(desk: Desk, line: str) -> bytes | None:
    """Return what a line and each repetition of it share, None for an empty one."""
    return desk.cipher.digest("call_line", " ".join(line.split())) if line.strip() else None


async def require_last_of_its_line(desk: Desk, call: Call) -> None:
    """Raise Conflict (`call_logged_again`) if its line was logged again since."""
    if call.line_digest is None:
        return
    last = await calls.same_line(desk.session, call.loan_id, call.caller_id, call.line_digest, call.at)
    if last is not None and last.id != call.id:
        raise Conflict("call_logged_again", at=last.at)


async def forget_lines(desk: Desk) -> bool:
    """Clear the digests of lines that can no longer be taken for repeated ones. Return whether there may be more."""
    old = desk.now - SAME_LINE_WITHIN - timedelta(minutes=1)
    return await retention.clear_line_digests(desk.session, desk.workspace.id, old, limit=BATCH) == BATCH

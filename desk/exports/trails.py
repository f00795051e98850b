"""The audit trail, as a list for a file."""

from desk.core.transaction import Desk
from desk.exports.rows import Page, Row, Value, Wanted, reader_of
from desk.messages.audit_trail import TrailRow, read_about, trail_page
from storage.queries.core.keyset import Key


async def trail(desk: Desk, wanted: Wanted, place: Key | None, limit: int) -> Page:
    """Return the next entries of the audit trail, the newest first. They name no borrower, and of loans the numbers alone."""
    reader_of(desk)
    found, following = await trail_page(desk, read_about(wanted.about), beyond=place, limit=limit)
    return Page([_of_entry(each) for each in found], following)


def _of_entry(each: TrailRow) -> Row:
    cells: dict[str, Value] = {
        "at_utc": each.at,
        "who": each.name or each.operator,
        "slack_id": each.who or "",
        "act": f"{each.act} {each.what}",
        "code": each.act,
        "detail": each.what,
        "door": each.door,
        "loans": " ".join(number for _, number in each.loans),
        "more_loans": each.more or None,
        "reference": each.reference,
    }
    return Row(cells, ())

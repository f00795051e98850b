"""The audit trail as a table: by a link that its reader opens once, on the desk's page. Both are recorded."""

import csv
from dataclasses import asdict, field
from datetime import UTC, date, datetime
from io import StringIO
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.transaction import Desk
from desk.files.page_links import OpenedLink, make_link
from desk.messages.audit_trail import ACTS, About, Kind, TrailRow, trail

TRAIL = "audit"
"""The kind of these pages."""

MOST_ROWS = 20_000
"""How many entries a table has; `loandesk audit export` writes more."""

_COLUMNS = ("at_utc", "who", "act", "what", "door", "loans", "more_loans", "reference")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class TrailOffer:
    """A fresh link for the acting member alone, with the code that it asks for."""

    url: str = field(repr=False)
    code: str = field(repr=False)
    until: datetime


async def offer_trail(desk: Desk, about: About) -> TrailOffer:
    """Make a link to a table of these entries. Raises as `trail` and `make_link` do."""
    about = (await trail(desk, about, limit=1)).about
    link = await make_link(
        desk, TRAIL, {name: str(value) for name, value in asdict(about).items() if value not in (None, False)}
    )
    desk.audit("audit_link", loan_id=about.loan_id, subject_id=about.member_id, kind=about.kind)
    return TrailOffer(link.url, link.code, link.until)


async def open_trail(desk: Desk, opened: OpenedLink) -> bytes | None:
    """Return the table of a link that was opened, in UTF-8; None if its member may no longer read it. That is recorded too."""
    about = _read(opened)
    try:
        found = await trail(desk, about, limit=MOST_ROWS)
    except DeskError:
        desk.audit("audit_refused", loan_id=about.loan_id, subject_id=about.member_id, member=str(opened.member.id))
        return None
    desk.audit("audit_opened", loan_id=about.loan_id, subject_id=about.member_id, kind=about.kind, rows=len(found.rows))
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(value) for value in _values(row)] for row in found.rows)
    if found.more:
        writer.writerow(["older_entries_left_out" if column == "act" else "" for column in _COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _read(opened: OpenedLink) -> About:
    about = opened.about
    kinds: dict[str, Kind] = {kind: kind for kind in ACTS}
    return About(
        loan_id=UUID(about["loan_id"]) if "loan_id" in about else None,
        member_id=UUID(about["member_id"]) if "member_id" in about else None,
        kind=kinds[about["kind"]],
        since=date.fromisoformat(about["since"]) if "since" in about else None,
        until=date.fromisoformat(about["until"]) if "until" in about else None,
        office_days="office_days" in about,
    )


def _values(row: TrailRow) -> tuple[str, ...]:
    numbers = " ".join(number for _id, number in row.loans)
    at = row.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return (at, row.who or row.operator, row.act, row.what, row.door, numbers, str(row.more or ""), row.reference)


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: the lender's loan numbers are free text."""
    return f"'{text}" if text.startswith(_FORMULA) else text

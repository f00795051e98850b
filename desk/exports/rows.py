"""The rows of an exported list: what was asked for, a page of rows, and the cells that many lists share."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import allows
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.exports.lists import ListCode
from desk.follow_ups.lifecycle import due_of
from desk.follow_ups.listed_states import states_of_loans
from desk.loans import borrowers, lookup
from desk.loans.borrowers import Contact
from desk.people.members import zone_of
from desk.rules.contact_packs import STATES
from desk.rules.contacts import local_phone
from storage.queries.follow_ups import follow_ups
from storage.queries.loans.visibility import Viewer
from storage.queries.people import members
from storage.tables import Loan, Member

PAGE = 500
"""Rows that one transaction reads."""


class Named(Protocol):
    """What has a name in each language: an entry of `desk/data`."""

    def word(self, locale: str, /) -> str:
        """Return the name in the language of the locale."""
        ...


Value = str | int | bool | Decimal | date | datetime | Due | Named | tuple[Named, ...] | None
"""A cell, of the kind that its column says. Instants are UTC. Marks of `desk.core.unreadable` are for the writer to replace."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list: `about` says of what, in codes, days and ids; `words` are those of a search."""

    listed: ListCode
    about: Mapping[str, str] = field(default_factory=dict[str, str])
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its cells by column. `loans` are those that it names, and whether the member sees each."""

    cells: Mapping[str, Value] = field(repr=False)
    loans: tuple[tuple[UUID, bool], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the place of those behind them, None at the end. What a place is, only the list knows."""

    rows: Sequence[Row]
    following: Any = None


@dataclass(frozen=True, slots=True)
class LoanCells:
    """The cells of a loan that many lists have, and its row. `seen`: the member sees it."""

    loan: Loan = field(repr=False)
    contact: Contact = field(repr=False)
    seen: bool
    shown: bool
    cells: Mapping[str, Value] = field(repr=False)

    def row(self, **more: Value) -> Row:
        """Return a row of a list with these cells besides."""
        return Row({**self.cells, **more}, ((self.loan.id, self.seen),))


def in_full(desk: Desk) -> bool:
    """Return whether who exports has names and numbers in full: by right, and the operator."""
    return desk.actor is None or allows(desk.actor, "export_in_full")


def reader_of(desk: Desk) -> Member:
    """Return whose list it is. Raises Invalid (`export_needs_member`: the operator and programs have no such list)."""
    if is_whole(desk):
        raise Invalid("export_needs_member")
    return desk.member


def is_whole(desk: Desk) -> bool:
    """Return whether lists are of the whole workspace: those of the operator, and of a program, which is in no team."""
    return desk.actor is None or desk.actor.kind == "service"


async def viewer_of(desk: Desk) -> Viewer:
    """Return how who exports sees loans; the operator sees all of the workspace."""
    if desk.actor is None:
        return Viewer("all", {"viewer_workspace": desk.workspace.id})
    return await lookup.visible_today(desk)


def zone_here(desk: Desk) -> ZoneInfo:
    """Return the time zone of who exports; the workspace's, of the operator."""
    return zone_of(desk, desk.actor) if desk.actor else ZoneInfo(desk.workspace.zone)


async def loan_cells(desk: Desk, found: Sequence[Loan]) -> dict[UUID, LoanCells]:
    """Return the cells of these loans by id. Names and numbers are in full only by right, and only of loans that are seen, as
    states are told."""
    rows = {loan.id: loan for loan in found}
    seen = rows.keys() if desk.actor is None else await lookup.visible_among(desk, list(rows.values()))
    contacts = await borrowers.contacts_of(desk, {loan.borrower_id for loan in rows.values()})
    owners = await members.by_ids(desk.session, {loan.owner_id for loan in rows.values() if loan.owner_id})
    whole, zone, region = in_full(desk), zone_here(desk), borrowers.region_of(desk)
    states = await states_of_loans(desk, seen)
    cells: dict[UUID, LoanCells] = {}
    for loan in rows.values():
        contact, is_seen = contacts[loan.borrower_id], loan.id in seen
        shown = whole and is_seen
        cells[loan.id] = LoanCells(
            loan,
            contact,
            is_seen,
            shown,
            {
                "loan": loan.number,
                "borrower": contact.name if shown else contact.masked,
                "phone": _phone(contact, region, shown=shown),
                "states": tuple(STATES[code] for code in states.get(loan.id, ())),
                "stage": VOCABULARY.stage(loan.stage),
                "since": loan.stage_since.astimezone(zone).date(),
                "owner": owners[loan.owner_id].name if loan.owner_id else "",
            },
        )
    return cells


async def next_cells(desk: Desk, found: Sequence[Loan]) -> dict[UUID, dict[str, Value]]:
    """Return the cells of the most urgent open follow-up of each of these loans, by the loan's id."""
    nexts = await follow_ups.next_of_loans(desk.session, [loan.id for loan in found])
    people = await members.by_ids(desk.session, {row.assignee_id for row in nexts.values()})
    cells: dict[UUID, dict[str, Value]] = {}
    for loan in found:
        row = nexts.get(loan.id)
        cells[loan.id] = {
            "next_purpose": VOCABULARY.purpose(row.purpose) if row else None,
            "next_due": due_of(row) if row else None,
            "next_by": people[row.assignee_id].name if row else None,
        }
    return cells


def _phone(contact: Contact, region: str, *, shown: bool) -> str:
    if not contact.phone_is_readable:
        return contact.phone
    return local_phone(contact.phone, region) if shown else f"*{contact.tail}"

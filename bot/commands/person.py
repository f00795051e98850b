"""`loandesk person`: export all that is held of one person, as a borrower or around a loan."""

from collections.abc import Collection
from pathlib import Path

from rich.console import Console

from bot.commands.case import write_archive
from bot.offices import find_loan, open_office
from bot.person_archive import PersonOrder, assemble_person
from bot.settings import Settings
from desk.cases.exports import safe_name
from desk.core.clock import Clock
from desk.core.operator_acts import operator
from desk.core.transaction import Desk, Office
from desk.loans import related_views
from desk.rights.subjects import Subject, borrower_subject, may_be_same, person_subject
from storage.files.places import store_at
from storage.tables import Loan, Workspace


async def export(
    settings: Settings,
    console: Console,
    *,
    number: str,
    folder: Path,
    person: int | None = None,
    also: Collection[int] = (),
    files: bool = False,
    clock: Clock | None = None,
) -> int:
    """Write all that is held of the borrower of a loan, or of the `person`-th around it, into a folder. `also` are those of the
    listed others that are the same person. Return 1, and leave nothing, if that fails."""
    async with open_office(settings, clock, patient=True) as office:
        found = await find_loan(office, number)
        if found is None:
            console.print(f"There is no loan {number}.")
            return 1
        workspace, loan = found
        async with office.reading_desk(workspace) as desk:
            subject = await _subject(desk, loan, person)
            others = await may_be_same(desk, subject) if subject is not None else ()
        if subject is None:
            console.print(f"There is no person {person} around loan {loan.number}. Nothing was exported.")
            return 1
        if unknown := [n for n in also if not 1 <= n <= len(others)]:
            console.print(f"There is no other {unknown[0]} that may be the same person. Nothing was exported.")
            _list_others(console, others, also)
            return 1
        keys = (subject.key, *(other.key for n, other in enumerate(others, start=1) if n in also))
        _list_others(console, others, also)
        return await _write(settings, office, workspace, loan, keys, folder, console, files=files)


async def _write(
    settings: Settings,
    office: Office,
    workspace: Workspace,
    loan: Loan,
    keys: tuple[str, ...],
    folder: Path,
    console: Console,
    *,
    files: bool,
) -> int:
    order = PersonOrder(keys, "operator", office.clock.now(), files)
    target = folder / f"person-{safe_name(loan.number)}-{order.asked_at:%Y%m%d-%H%M%S}.zip"
    store = store_at(settings.files_at(), workspace.id) if files else None

    def record(desk: Desk, sha256: str) -> None:
        desk.audit("person_exported", loan_id=loan.id, by=operator(), sha256=sha256, rows=len(keys), files=files)

    return await write_archive(
        office, workspace, target, console, assemble_person(office, workspace, order, store), record
    )


async def _subject(desk: Desk, loan: Loan, person: int | None) -> Subject | None:
    if person is None:
        return await borrower_subject(desk, loan.borrower_id)
    people = await related_views.people_of(desk, loan.id)
    return await person_subject(desk, people[person - 1].id) if 1 <= person <= len(people) else None


def _list_others(console: Console, others: tuple[Subject, ...], also: Collection[int]) -> None:
    for n, other in enumerate(others, start=1):
        chosen = "exported too" if n in also else f"not exported; if it is the same person, add --also {n}"
        console.print(f"Same name and phone: {n}. {other.role or 'borrower'} of {', '.join(other.numbers)}: {chosen}.")

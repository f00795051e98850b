"""Import loans from the lender's own system, repeatedly: an import never overrides what the desk has decided."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from desk.core.changes import track
from desk.core.errors import DeskError, Invalid
from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.follow_ups import rule_plans
from desk.handover import reassigning
from desk.importing.rows import ImportRow
from desk.loans import borrowers, stages
from desk.rules.contacts import without_extension
from storage.engine.types import new_id
from storage.queries.handover import holdings
from storage.queries.importing import imports
from storage.queries.loans.loans import number_key
from storage.queries.people import members
from storage.tables import Borrower, Loan, Member

BATCH = 200
"""Rows per transaction: few enough that others can write in between."""

Effect = Literal["new", "changed", "same", "taken_over"]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not imported, and why."""

    line: int
    error: DeskError


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of a batch: rows by effect, refused rows, and how many follow-ups the rules planned."""

    effects: Counter[Effect] = field(default_factory=Counter["Effect"])
    refused: tuple[RefusedRow, ...] = ()
    planned: int = 0


def without_duplicates(rows: Iterable[ImportRow]) -> tuple[list[ImportRow], list[RefusedRow]]:
    """Return the rows whose number occurs once, and the others refused: the desk does not guess which one is right."""
    rows = list(rows)
    lines: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        lines[number_key(row.number)].append(row.line)
    unique: list[ImportRow] = []
    refused: list[RefusedRow] = []
    for row in rows:
        others = tuple(line for line in lines[number_key(row.number)] if line != row.line)
        if others:
            given = {"column": "number", "line": row.line, "given": row.number}
            refused.append(RefusedRow(row.line, Invalid("import_number_twice", **given, lines=others)))
        else:
            unique.append(row)
    return unique, refused


async def import_batch(desk: Desk, rows: Sequence[ImportRow]) -> ImportResult:
    """Import these rows, each completely or not at all.

    An existing loan gets the file's values, except an owner or a stage that the desk itself has set. A new number with the
    name and phone of a loan that the desk numbered itself (`L-…`) takes that loan over.
    """
    owners = await _owners(desk, rows)
    there = await imports.locked_by_numbers(desk.session, desk.workspace.id, [row.number for row in rows])
    minted = await _minted_by_contact(desk, [row for row in rows if number_key(row.number) not in there])
    effects: Counter[Effect] = Counter()
    refused: list[RefusedRow] = []
    planned = 0
    new: list[tuple[UUID, str, str]] = []
    for row in rows:
        if row.owner and row.owner.casefold() not in owners:
            error = Invalid("import_owner_unknown", column="owner", line=row.line, given=row.owner)
            refused.append(RefusedRow(row.line, error))
            continue
        owner = owners.get(row.owner.casefold())
        if (known := there.get(number_key(row.number))) is not None:
            effect, plans = await _update_loan(desk, *known, row, owner)
        elif (known := minted.pop((row.name, row.phone), None)) is not None:
            effect, plans = await _take_over(desk, *known, row, owner)
        else:
            loan = _write_new(desk, row, owner)
            new.append((loan.borrower_id, row.name, row.phone))
            effect, plans = "new", await _plan_instalment(desk, loan)
        effects[effect] += 1
        planned += plans
    await borrowers.write_many(desk, new)
    return ImportResult(effects=effects, refused=tuple(refused), planned=planned)


async def _owners(desk: Desk, rows: Sequence[ImportRow]) -> Mapping[str, Member]:
    named = {row.owner.casefold() for row in rows}
    return {
        key.casefold(): member
        for member in await members.everybody(desk.session, desk.workspace.id)
        if roles_of(member) & set(CALLERS)
        for key in (member.slack_user_id, member.email)
        if key and key.casefold() in named
    }


async def _minted_by_contact(desk: Desk, rows: Sequence[ImportRow]) -> dict[tuple[str, str], tuple[Loan, Borrower]]:
    digests = [desk.cipher.digest("phone", "".join(filter(str.isdigit, without_extension(row.phone)))) for row in rows]
    found: dict[tuple[str, str], tuple[Loan, Borrower]] = {}
    for loan, borrower in await imports.minted_with_phone(desk.session, desk.workspace.id, digests):
        contact = borrowers.contact(desk, borrower)
        found.setdefault((contact.name, contact.phone), (loan, borrower))
    return found


def _write_new(desk: Desk, row: ImportRow, owner: Member | None) -> Loan:
    loan = Loan(
        workspace_id=desk.workspace.id,
        borrower_id=new_id(),
        number=row.number,
        number_key=number_key(row.number),
        stage=row.stage,
        stage_since=desk.now,
        owner_id=owner.id if owner else None,
        amount=row.amount,
        currency=desk.workspace.currency,
        due_day=row.due_day,
        autopay=row.autopay,
        unpaid_since=row.unpaid_since,
        created_at=desk.now,
    )
    desk.add(loan)
    desk.audit("import_loan", loan_id=loan.id)
    return loan


async def _take_over(
    desk: Desk, loan: Loan, borrower: Borrower, row: ImportRow, owner: Member | None
) -> tuple[Effect, int]:
    track(desk, loan)
    loan.number, loan.number_key, loan.minted = row.number, number_key(row.number), False
    desk.audit("import_take_over", loan_id=loan.id)
    _, planned = await _update_loan(desk, loan, borrower, row, owner)
    return "taken_over", planned


async def _update_loan(
    desk: Desk, loan: Loan, borrower: Borrower, row: ImportRow, owner: Member | None
) -> tuple[Effect, int]:
    loan.demo_at = None
    changed = await _update_contact(desk, borrower, row)
    values: dict[str, object] = {
        column: getattr(row, column)
        for column in ("amount", "due_day", "autopay", "unpaid_since")
        if column in row.given
    }
    if "owner" in row.given and owner is not None and loan.owner_set_at is None:
        values["owner_id"] = owner.id
    differing = {column: value for column, value in values.items() if getattr(loan, column) != value}
    if differing:
        if owner is not None and "owner_id" in differing and loan.owner_id is not None:
            held = await holdings.open_of_loan_held_by(desk.session, loan.id, loan.owner_id)
            outgoing = await desk.session.get_one(Member, loan.owner_id)
            await reassigning.hand_over(desk, [], held, outgoing, owner, why="", batch=new_id())
        track(desk, loan)
        for column, value in differing.items():
            setattr(loan, column, value)
    planned = 0
    if loan.stage_set_at is None and loan.stage != row.stage:
        differing["stage"] = row.stage
        planned += await stages.enter_by_import(desk, loan, row.stage)
    elif {"due_day", "autopay", "unpaid_since"} & differing.keys():
        planned += await _plan_instalment(desk, loan)
    if not changed and not differing:
        return "same", 0
    desk.audit("import_change", loan_id=loan.id, columns=sorted(differing))
    return "changed", planned


async def _plan_instalment(desk: Desk, loan: Loan) -> int:
    return int(await rule_plans.plan_instalment(desk, loan) is not None)


async def _update_contact(desk: Desk, borrower: Borrower, row: ImportRow) -> bool:
    known = borrowers.contact(desk, borrower)
    if (known.name, known.phone) == (row.name, row.phone):
        return False
    await borrowers.correct(desk, borrower, name=row.name, phone=row.phone)
    return True

"""Import what a lender brings along from another system: calls that were made, notes, and calls that are planned.

A row has an id that follows from its loan and from what the other system calls it, or else from all that it says. So a file
that is imported again changes nothing, whatever became of its rows at the desk meanwhile.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from desk.core.changes import create
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.permissions import makes_calls
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import lifecycle
from desk.importing.money_rows import by_loan
from desk.importing.past_rows import AHEAD, PastKind, PastRow
from desk.importing.results import RefusedRow
from desk.importing.taken_rows import TakenRow, TakenRows
from desk.repayment.promises import PURPOSE
from storage.engine import bulk
from storage.engine.types import UUID_RANDOM_BYTES, id_of_moment
from storage.queries.importing import money, past
from storage.queries.people import members
from storage.queries.repayment import repayment
from storage.tables import AuditEntry, Call, Loan, LoanNote, Member, Promise

PastEffect = Literal["new", "same"]
"""What became of a row."""

_TRIGGER = "import:"
"""What the trigger of a follow-up begins with that a file planned."""

_ACTS: Mapping[PastKind, str] = {"calls": "import_call", "notes": "import_note", "follow_ups": "import_follow_up"}


@dataclass(slots=True)
class PastResult:
    """The result of a file of past calls, notes or planned follow-ups, or of a batch."""

    effects: Counter[PastEffect] = field(default_factory=Counter["PastEffect"])
    refused: list[RefusedRow] = field(default_factory=list[RefusedRow])
    taken: list[TakenRow] = field(default_factory=list[TakenRow])
    tried: TakenRows = field(default_factory=TakenRows)

    def add(self, batch: "PastResult") -> None:
        """Add what a batch did."""
        self.effects += batch.effects
        self.refused += batch.refused


async def import_past(desk: Desk, kind: PastKind, rows: Sequence[PastRow], result: PastResult) -> None:
    """Take the rows of a batch, each completely or not at all, and add to the result what became of them.

    A past call is on the timeline at its time, and counts there in contact rules. It ends nothing, and plans nothing but the call
    about money that it promised for a day to come; nobody is reminded of what is past. A planned follow-up is the desk's from
    then on.
    """
    await _Batch(desk, kind, result).take(rows)


class _Batch:
    """The rows of one transaction."""

    def __init__(self, desk: Desk, kind: PastKind, result: PastResult) -> None:
        self._desk, self._result = desk, result
        self._kind: PastKind = kind
        self._members: dict[str, Member] = {}
        self._owners: Mapping[UUID, Member] = {}
        self._new: list[dict[str, Any]] = []
        self._audited: list[tuple[UUID, UUID]] = []
        self._known: set[UUID] = set()

    async def take(self, rows: Sequence[PastRow]) -> None:
        """Take rows in their order."""
        desk, session = self._desk, self._desk.session
        loans = await money.locked_loans(session, desk.workspace.id, by_loan(rows))
        await self._find_members(rows, loans.values())
        numbered = {key: found for key, found in by_loan(rows).items() if key in loans}
        ids = {row.line: self._id_of(loans[key], row) for key, found in numbered.items() for row in found}
        self._known = set(await self._already(ids.values(), [loan.id for loan in loans.values()]))
        for key, found in by_loan(rows).items():
            for row in sorted(found, key=_latest_first):  # of several promises the last one counts
                await self._take(row, loans.get(key), ids.get(row.line))
        await self._write()

    async def _take(self, row: PastRow, loan: Loan | None, row_id: UUID | None) -> None:
        faults = list(row.faults)
        if loan is None or row_id is None:
            faults.append(row.fault("import_loan_unknown", "number", given=row.number))
        member = self._member_of(row, loan)
        if isinstance(member, DeskError):
            faults.append(member)
        faults += self._faults(row, loan)
        if faults or loan is None or row_id is None or isinstance(member, DeskError):
            self._result.refused.append(RefusedRow(row.line, tuple(faults)))
            return
        if row_id in self._known:
            self._count(row, "same")
            return
        try:
            await self._add(row, loan, member, row_id)
        except DeskError as error:
            column = "due" if row.due is not None else "promised_on"
            fault = row.fault("import_due_unfit", column, given=error.code)
            self._result.refused.append(RefusedRow(row.line, (fault,)))
            return
        self._known.add(row_id)
        self._count(row, "new")

    def _faults(self, row: PastRow, loan: Loan | None) -> list[DeskError]:
        desk, faults = self._desk, list[DeskError]()
        if row.at is not None and row.at > desk.now + AHEAD:
            faults.append(row.fault("import_moment_future", "at"))
        if row.due is not None and (row.due.on < desk.workspace_today or (row.due.at and row.due.at <= desk.now)):
            faults.append(row.fault("import_due_past", "due"))
        if row.due is not None and loan is not None and VOCABULARY.stage(loan.stage).ended:
            faults.append(row.fault("loan_ended", "number", loan=loan.number, stage=loan.stage))
        if row.promised_on is not None and row.outcome and not _promises(row):
            faults.append(row.fault("import_promise_unfit", "promised_on"))
        if row.amount is not None and row.outcome and not VOCABULARY.outcome(row.outcome).takes_amount:
            faults.append(row.fault("import_amount_unfit", "amount"))
        return faults

    async def _add(self, row: PastRow, loan: Loan, member: Member, row_id: UUID) -> None:
        desk = self._desk
        shared = {"id": row_id, "loan_id": loan.id, "at": row.at}
        kind: PastKind = self._kind
        match kind:
            case "calls":
                await self._promise(row, loan, member, row_id)
                note = desk.cipher.encrypt_optional(Call.note_cipher, row_id, row.text)
                said = {"outcome": row.outcome, "purpose": row.purpose, "minutes": row.minutes, "amount": row.amount}
                self._new.append({**shared, **said, "caller_id": member.id, "note_cipher": note})
            case "notes":
                text = desk.cipher.encrypt(LoanNote.note_cipher, row_id, row.text)
                self._new.append({**shared, "by_id": member.id, "note_cipher": text})
            case "follow_ups":
                assert row.due is not None
                assert row.purpose is not None
                trigger = f"{_TRIGGER}{row_id}"
                planned = await lifecycle.plan(
                    desk,
                    loan,
                    purpose=row.purpose,
                    assignee=member,
                    due=row.due,
                    note=row.text,
                    rule_trigger=trigger,
                )
                row_id = planned.follow_up.id
        self._audited.append((loan.id, row_id))

    async def _promise(self, row: PastRow, loan: Loan, member: Member, call_id: UUID) -> None:
        """Take over what a past call promised for a day to come, with the call that asks whether it was kept; unless the loan has
        an open promise, which was made later. Raises as `lifecycle.plan` does."""
        desk, on = self._desk, row.promised_on
        if on is None or on < desk.workspace_today or VOCABULARY.stage(loan.stage).ended:
            return
        made = (await repayment.promises_of(desk.session, [loan.id])).get(loan.id, ())
        if any(each.state == "open" for each in made):
            return
        trigger = f"{_TRIGGER}{call_id}"
        await lifecycle.plan(desk, loan, purpose=PURPOSE, assignee=member, due=Due(on), rule_trigger=trigger)
        create(
            desk,
            Promise(
                workspace_id=desk.workspace.id,
                loan_id=loan.id,
                call_id=call_id,
                amount=row.amount,
                due_on=on,
                at=desk.now,  # a schedule that came with the move is no reason to count no payment for it
            ),
        )

    async def _write(self) -> None:
        desk = self._desk
        shared = {"workspace_id": desk.workspace.id}
        if self._kind != "follow_ups":
            await bulk.insert(
                desk.session, Call if self._kind == "calls" else LoanNote, bulk.by_column(self._new), shared
            )
        columns = {
            "loan_id": [loan_id for loan_id, _ in self._audited],
            "subject_id": [subject_id for _, subject_id in self._audited],
        }
        acted: dict[str, Any] = {
            **shared,
            "at": desk.now,
            "act": _ACTS[self._kind],
            "actor_id": None,
            "details": dict[str, Any](),
        }
        if self._audited:
            await bulk.insert(desk.session, AuditEntry, columns, acted)

    async def _already(self, ids: Any, loan_ids: Sequence[UUID]) -> list[UUID]:
        session = self._desk.session
        if self._kind != "follow_ups":
            return await past.known_ids(session, Call if self._kind == "calls" else LoanNote, list(ids))
        known = await past.triggers_of(session, loan_ids, _TRIGGER)
        return [UUID(trigger.removeprefix(_TRIGGER)) for trigger in known]

    async def _find_members(self, rows: Sequence[PastRow], loans: Any) -> None:
        desk = self._desk
        named = {row.member.casefold() for row in rows if row.member}
        for member in await members.by_addresses(desk.session, desk.workspace.id, named):
            for key in (member.slack_user_id, member.email):
                if key and key.casefold() in named and makes_calls(member):
                    self._members[key.casefold()] = member
        owners = {loan.owner_id for loan in loans if loan.owner_id}
        self._owners = await members.by_ids(desk.session, owners)

    def _member_of(self, row: PastRow, loan: Loan | None) -> Member | DeskError:
        """Return who made the call, wrote the note or is to make the call: the loan's owner where the row names nobody."""
        if row.member:
            found = self._members.get(row.member.casefold())
            return found or row.fault("import_member_unknown", "member", given=row.member)
        owner = self._owners.get(loan.owner_id) if loan is not None and loan.owner_id else None
        if owner is None or owner.removed_at is not None:
            return row.fault("import_member_missing", "member")
        return owner

    def _count(self, row: PastRow, effect: PastEffect) -> None:
        self._result.effects[effect] += 1
        self._result.taken.append(TakenRow(row.line, row.number, effect))

    def _id_of(self, loan: Loan, row: PastRow) -> UUID:
        """Return the id of a row: as of its time, and the rest from what tells it apart."""
        at = row.at or (row.due.at if row.due else None)
        due_on = str(row.due.on) if row.due else ""
        parts = (
            at.isoformat() if at else "",
            due_on or str(row.promised_on or ""),
            row.outcome,
            row.purpose or "",
            row.member.casefold(),
        )
        said = row.reference or "\t".join((*parts, str(row.amount or ""), row.text))
        digest = self._desk.cipher.digest("imported_row", f"{self._kind}\t{loan.id}\t{bool(row.reference)}\t{said}")
        return id_of_moment(row.at or _LONG_AGO, digest[:UUID_RANDOM_BYTES])


def _latest_first(row: PastRow) -> float:
    return -row.at.timestamp() if row.at is not None else 0.0


def _promises(row: PastRow) -> bool:
    return VOCABULARY.outcome(row.outcome).next_purpose == PURPOSE


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00+00:00")
"""The time in ids that only tell whether a follow-up was planned by a file before."""

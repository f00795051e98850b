"""The new loans of a batch: with their borrowers, first calls and audit entries as values of rows, written at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from desk.core.transaction import Desk
from desk.follow_ups.first_plans import FirstPlans
from desk.importing.rows import ImportRow
from desk.loans import borrowers
from storage.engine import bulk
from storage.engine.types import new_id
from storage.queries.loans.loans import number_key
from storage.queries.loans.search import DigestCache
from storage.tables import AuditEntry, FollowUp, Loan, Member
from storage.tables.loans import plain_number


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What of a new loan decides about its first call."""

    stage: str
    owner_id: UUID | None
    due_day: int | None
    autopay: bool
    unpaid_since: date | None
    paid_through: date | None = None
    next_instalment_on: date | None = None
    paused_from: date | None = None
    paused_until: date | None = None


class NewLoans:
    """The loans that a batch adds. Nothing is written before `write`."""

    def __init__(self, desk: Desk, digests: DigestCache, owners: Iterable[Member]) -> None:
        self._desk, self._digests = desk, digests
        self._first_plans = FirstPlans(desk, owners)
        self._contacts: list[tuple[UUID, str, str]] = []
        self._loans: list[dict[str, Any]] = []
        self._follow_ups: list[dict[str, Any]] = []
        self._audited: list[tuple[UUID, str, dict[str, Any]]] = []

    @property
    def planned(self) -> int:
        """How many follow-ups are planned on the new loans."""
        return len(self._follow_ups)

    async def add(self, row: ImportRow, owner: Member | None) -> UUID:
        """Add the loan of a row, and return its id."""
        loan_id, borrower_id = new_id(), new_id()
        terms = NewTerms(row.stage, owner.id if owner else None, row.due_day, row.autopay, row.unpaid_since)
        plan = await self._first_plans.values_for(loan_id, terms)
        if plan is not None:
            self._follow_ups.append(plan)
        key = number_key(row.number)
        self._loans.append(
            {
                "id": loan_id,
                "borrower_id": borrower_id,
                "number": row.number,
                "number_key": key,
                "plain_number": plain_number(key),
                "stage": row.stage,
                "owner_id": terms.owner_id,
                "amount": row.amount,
                "due_day": row.due_day,
                "autopay": row.autopay,
                "unpaid_since": row.unpaid_since,
                "next_follow_up_number": 1 if plan is None else 2,
            }
        )
        self._contacts.append((borrower_id, row.name, row.phone))
        self.audit("import_loan", loan_id)
        return loan_id

    def audit(self, act: str, loan_id: UUID, **details: Any) -> None:
        """Record what the import did to a loan of the batch, new or not."""
        self._audited.append((loan_id, act, details))

    async def write(self) -> None:
        """Write everything. What the transaction changed in the session must be flushed before: numbers are unique."""
        desk = self._desk
        shared = {
            "workspace_id": desk.workspace.id,
            "currency": desk.workspace.currency,
            "stage_since": desk.now,
            "created_at": desk.now,
        }
        await borrowers.write_many(desk, self._contacts, self._digests)
        await bulk.insert(desk.session, Loan, bulk.by_column(self._loans), shared)
        await bulk.insert(desk.session, FollowUp, bulk.by_column(self._follow_ups))
        audited = [
            {"id": new_id(), "loan_id": loan_id, "act": act, "details": details}
            for loan_id, act, details in self._audited
        ]
        actor_id = desk.actor.id if desk.actor else None
        shared = {"workspace_id": desk.workspace.id, "at": desk.now, "actor_id": actor_id}
        await bulk.insert(desk.session, AuditEntry, bulk.by_column(audited), shared)

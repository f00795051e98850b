"""The new loans of a batch: with their borrowers, first calls and audit entries as values of rows, written at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.first_plans import FirstPlans
from desk.importing.comparing import VALUES, spelled_out, values_of
from desk.importing.rows import REQUIRED, ImportRow
from desk.loans import borrowers
from storage.engine import bulk
from storage.engine.cipher import Cipher
from storage.engine.types import new_ids
from storage.queries.importing import imports
from storage.queries.loans.loans import number_key
from storage.queries.loans.search import DigestCache
from storage.tables import AuditEntry, FollowUp, Loan, Member
from storage.tables.loans import plain_number

_NO_DETAILS: Mapping[str, Any] = {}


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


class Prospects:
    """What is written of rows if their loans are new. It needs nothing of the database, so that it is computed before the
    transaction, which holds others up."""

    def __init__(self, cipher: Cipher, digest_cache: DigestCache) -> None:
        self._cipher, self.digest_cache = cipher, digest_cache
        self._places: dict[int, int] = {}
        self.rows: list[ImportRow] = []
        self.loan_ids: list[UUID] = []
        self.borrower_ids: list[UUID] = []
        self.value_ids: list[UUID] = []
        self.names: list[bytes] = []
        self.phones: list[bytes] = []
        self.values: list[bytes] = []
        self.digests: list[list[int]] = []

    def add(self, rows: Iterable[ImportRow]) -> None:
        """Compute what is written of these rows; those that lack what a new loan needs are left out."""
        new = [row for row in rows if row.given.issuperset(REQUIRED)]
        count = len(new)
        self._places.update((row.line, place) for place, row in enumerate(new, len(self.rows)))
        ids = new_ids(3 * count)
        loan_ids, borrower_ids, value_ids = ids[:count], ids[count : 2 * count], ids[2 * count :]
        names, phones = [row.name for row in new], [row.phone for row in new]
        encrypted = self._cipher.encrypt_rows((borrowers.NAME, borrowers.PHONE), borrower_ids, names, phones)
        said = [spelled_out(values_of(row, {})) for row in new]
        self.rows += new
        self.loan_ids += loan_ids
        self.borrower_ids += borrower_ids
        self.value_ids += value_ids
        self.names += encrypted[0]
        self.phones += encrypted[1]
        self.values += self._cipher.encrypt_rows((VALUES,), value_ids, said)[0]
        self.digests += self.digest_cache.of_many(names, phones)

    def expect(self, rows: Iterable[ImportRow]) -> None:
        """Compute what the entries of search are made of that these rows will have whose loans are at the desk."""
        for row in rows:
            if row.name and row.phone:
                self.digest_cache.expect(row.name)

    def place_of(self, row: ImportRow) -> int:
        """Return where the row is here, which has all that a new loan needs."""
        if row.line not in self._places:  # its loan was at the desk when the rows were looked at
            self.add([row])
        return self._places[row.line]


class NewLoans:
    """The loans that a batch adds. Nothing is written before `write`."""

    def __init__(self, desk: Desk, prospects: Prospects, owners: Iterable[Member]) -> None:
        self._desk, self._prospects = desk, prospects
        self.first_plans = FirstPlans(desk, owners)
        self._places: list[int] = []
        self._owner_ids: list[UUID | None] = []
        self._next_numbers: list[int] = []
        self._follow_ups: list[dict[str, Any]] = []
        self._audited: list[tuple[UUID, str, Mapping[str, Any]]] = []

    @property
    def planned(self) -> int:
        """How many follow-ups are planned on the new loans."""
        return len(self._follow_ups)

    async def add(self, row: ImportRow, owner: Member | None, *, product: str | None = None) -> UUID:
        """Add the loan of a row, and return its id. `product` says which checks an application needs."""
        place = self._prospects.place_of(row)
        loan_id = self._prospects.loan_ids[place]
        terms = NewTerms(row.stage, owner.id if owner else None, row.due_day, row.autopay, row.unpaid_since)
        first_due = row.terms.get("first_due")
        first_due_on = first_due if isinstance(first_due, date) else None
        plans = await self.first_plans.values_for(loan_id, terms, first_due_on=first_due_on)
        plans = plans or await self.first_plans.calls_of_stage(loan_id, terms, product)
        self._follow_ups += plans
        self._places.append(place)
        self._owner_ids.append(terms.owner_id)
        self._next_numbers.append(len(plans) + 1)
        self._audited.append((loan_id, "import_loan", _NO_DETAILS))
        return loan_id

    def audit(self, act: str, loan_id: UUID, **details: Any) -> None:
        """Record what the import did to a loan of the batch."""
        self._audited.append((loan_id, act, details))

    def by_owner(self) -> dict[UUID, list[UUID]]:
        """Return the new loans that have an owner, by that owner, in the order of the file."""
        found: dict[UUID, list[UUID]] = {}
        for loan_id, owner_id in zip(self._of_the_new(self._prospects.loan_ids), self._owner_ids, strict=True):
            if owner_id is not None:
                found.setdefault(owner_id, []).append(loan_id)
        return found

    async def write(self, wrong: Mapping[str, datetime]) -> None:
        """Write everything. `wrong` has since when phones are marked as wrong. What the transaction changed in the session
        must be flushed before: numbers are unique."""
        desk, of = self._desk, self._prospects
        rows = [of.rows[place] for place in self._places]
        keys = [number_key(row.number) for row in rows]
        loan_ids, borrower_ids = self._of_the_new(of.loan_ids), self._of_the_new(of.borrower_ids)
        await borrowers.write_encrypted(
            desk,
            borrower_ids,
            names=self._of_the_new(of.names),
            phones=self._of_the_new(of.phones),
            wrong=[wrong.get(row.phone) for row in rows] if wrong else [None] * len(rows),
            digests=self._of_the_new(of.digests),
        )
        columns = {
            "id": loan_ids,
            "borrower_id": borrower_ids,
            "number": [row.number for row in rows],
            "number_key": keys,
            "plain_number": [plain_number(key) for key in keys],
            "stage": [row.stage for row in rows],
            "owner_id": self._owner_ids,
            "amount": [row.amount for row in rows],
            "due_day": [row.due_day for row in rows],
            "autopay": [row.autopay for row in rows],
            "unpaid_since": [row.unpaid_since for row in rows],
            "next_follow_up_number": self._next_numbers,
        }
        shared = {
            "workspace_id": desk.workspace.id,
            "currency": desk.workspace.currency,
            "stage_since": desk.now,
            "created_at": desk.now,
        }
        await bulk.insert(desk.session, Loan, columns, shared)
        await bulk.insert(desk.session, FollowUp, bulk.by_column(self._follow_ups))
        said = {
            "id": self._of_the_new(of.value_ids),
            "loan_id": loan_ids,
            "number_key": keys,
            "values_cipher": self._of_the_new(of.values),
        }
        await imports.add_value_columns(desk.session, desk.workspace.id, said, desk.now)
        await self._write_audit()

    async def _write_audit(self) -> None:
        desk = self._desk
        columns = {
            "loan_id": [loan_id for loan_id, _, _ in self._audited],
            "act": [act for _, act, _ in self._audited],
            "details": [details for _, _, details in self._audited],
        }
        actor_id = desk.actor.id if desk.actor else None
        shared = {"workspace_id": desk.workspace.id, "at": desk.now, "actor_id": actor_id}
        await bulk.insert(desk.session, AuditEntry, columns, shared)

    def _of_the_new(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return those of the prospects' values that belong to new loans, in the order of these."""
        if self._places == list(range(len(values))):
            return values
        return [values[place] for place in self._places]

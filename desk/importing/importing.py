"""Import loans from the lender's own system, repeatedly: an import never takes back what the desk has corrected."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.core.changes import track
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.permissions import makes_calls
from desk.core.terms import ProductValue
from desk.core.transaction import Desk
from desk.follow_ups import check_plans
from desk.follow_ups.check_plans import FullDays
from desk.follow_ups.first_plans import PlanTimes
from desk.follow_ups.instalment_calls import FirstDueDays
from desk.importing.adding import NewLoans, Prospects
from desk.importing.comparing import (
    LastSaid,
    as_text,
    corrected_fields,
    read_values,
    spelling_key,
    values_of,
    write_values,
)
from desk.importing.people import PeopleOfFile, Present
from desk.importing.results import Effect, ImportResult, RefusedRow
from desk.importing.rows import REQUIRED, ImportRow
from desk.importing.taken_rows import TakenRow
from desk.importing.term_cells import term_name
from desk.importing.updating import PLANNED_BY, Matched, PlanCounts, Remark, Update, remark, take_terms, update_loan
from desk.loans import borrowers
from desk.loans.corrections import record_correction
from desk.loans.term_rows import write as write_terms
from desk.rules.contacts import without_extension
from storage.engine.cipher import UnreadableError
from storage.engine.types import new_id
from storage.queries.importing import imports
from storage.queries.loans import loans, related, search, terms
from storage.queries.loans.loans import number_key
from storage.queries.loans.search import DigestCache
from storage.queries.people import members
from storage.tables import Borrower, FollowUp, LoanTerms, Member, Vehicle

BATCH = 200
"""The fewest rows of a transaction but the last: few enough that others can write in between."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What the transactions of a file hand on to the next."""

    full_days: FullDays = field(default_factory=FullDays)
    times: PlanTimes = field(default_factory=PlanTimes)


def numbers_of(rows: Iterable[ImportRow]) -> frozenset[str]:
    """Return the numbers of a file as they are compared."""
    return frozenset(number_key(row.number) for row in rows if row.number)


@dataclass(frozen=True, slots=True)
class KnownLines:
    """The lines of the rows about loans that are at the desk. Those `unchanged` say of it what the last file said and what the
    desk has: such a row needs no transaction that writes, and of a daily file most are."""

    every: frozenset[int]
    unchanged: frozenset[int]


async def known_lines(desk: Desk, rows: Sequence[ImportRow]) -> KnownLines:
    """Return which rows are about loans at the desk. It locks nothing."""
    batch = _Batch(desk, frozenset[str](), Prospects(desk.cipher, DigestCache(desk.cipher)))
    named = await imports.named(desk.session, desk.workspace.id, [row.number for row in rows if row.number])
    if not named:
        return KnownLines(frozenset(), frozenset())
    await batch.find_owners(rows)
    by_key = {number_key(row.number): row for row in rows if row.number}
    for known in named:
        batch.is_unchanged(known, by_key)
    keys = {key for known in named for key in known.keys}
    return KnownLines(frozenset(row.line for key, row in by_key.items() if key in keys), frozenset(batch.unchanged))


async def import_batch(
    desk: Desk,
    rows: Sequence[ImportRow],
    *,
    numbers: Container[str] | None = None,
    prospects: Prospects | None = None,
    carried: Carried | None = None,
) -> ImportResult:
    """Import these rows, each completely or not at all. `numbers` are those of the whole file, from `numbers_of`; `prospects`
    has what these rows are as new loans, unless it is to be computed here; `carried` is the file's.

    An existing loan gets what the file says differently than the last file (docs/import.md). A new number with the name
    and phone of a loan that the desk numbered itself (`L-…`) takes that loan over.
    """
    if prospects is None:
        prospects = Prospects(desk.cipher, DigestCache(desk.cipher))
        prospects.add(rows)
    if carried is not None:
        desk.cache[FullDays], desk.cache[PlanTimes] = carried.full_days, carried.times
    desk.cache[DigestCache] = prospects.digest_cache
    batch = _Batch(desk, numbers_of(rows) if numbers is None else numbers, prospects)
    await batch.read(rows)
    for row in rows:
        await batch.take(row)
    return await batch.finish()


class _Batch:
    """The rows of one transaction, what the desk knows of them, and what became of them."""

    def __init__(self, desk: Desk, numbers: Container[str], prospects: Prospects) -> None:
        self.desk, self.numbers, self.prospects = desk, numbers, prospects
        self.owners: dict[str, Member] = {}
        self.unchanged: set[int] = set()
        self.by_said: dict[str, Matched] = {}
        self.by_number: dict[str, Matched] = {}
        self.minted: dict[str, list[Matched]] = defaultdict(list)
        self.renumbered: dict[str, list[Matched]] = defaultdict(list)
        self.calls: dict[UUID, list[FollowUp]] = {}
        self.first_due = FirstDueDays()
        self.terms: Mapping[UUID, tuple[LoanTerms | None, Vehicle | None]] = {}
        self.wrong: Mapping[str, datetime] = {}
        self.digests: Mapping[str, int] = {}
        self.in_use: frozenset[int] = frozenset()
        self.effects: Counter[Effect] = Counter()
        self.refused: list[RefusedRow] = []
        self.taken: list[TakenRow] = []
        self.remarks: list[Remark] = []
        self.lacking: list[Remark] = []
        self.new_terms: list[tuple[UUID, ImportRow]] = []
        self.new_people: list[tuple[UUID, ImportRow]] = []
        self.people = PeopleOfFile(desk)
        self.there: Mapping[UUID, Sequence[Present]] = {}
        self.plans = PlanCounts()
        self.corrected: list[Borrower] = []
        self.same_phones: list[tuple[ImportRow, Matched]] = []
        self.values_new: list[imports.StoredValues] = []  # of loans that are at the desk already
        self.values_changed: list[imports.StoredValues] = []

    async def read(self, rows: Sequence[ImportRow]) -> None:
        """Read what the desk knows, in a few queries for all rows."""
        desk = self.desk
        await self.find_owners(rows)
        self.new = NewLoans(desk, self.prospects, {each.id: each for each in self.owners.values()}.values())
        there = await imports.locked_by_numbers(
            desk.session, desk.workspace.id, [row.number for row in rows if row.number]
        )
        named = {key for known in there for key in known.keys}
        phones = {row.phone for row in rows if row.phone}
        self.digests = {phone: self.prospects.digest_cache.of_phone(phone) for phone in phones}
        self.in_use = await search.known_digests(desk.session, self.digests.values())
        unknown = {self.digests[row.phone] for row in rows if row.phone and number_key(row.number) not in named}
        minted = await imports.renamed_with_phone(desk.session, desk.workspace.id, sorted(unknown & self.in_use))
        by_key = {number_key(row.number): row for row in rows if row.number}
        changing = [known for known in there if not self.is_unchanged(known, by_key)]
        stored = await imports.loans_with_borrowers(desk.session, [known.loan_id for known in changing])
        found = {known.loan_id: (*stored[known.loan_id], known.said) for known in changing}
        found |= {loan.id: (loan, borrower, None) for loan, borrower in minted}
        last = {key: read_values(desk, values) for key, (_, _, values) in found.items() if values}
        unsaid = [key for key in found if last.get(key) is None]
        entries = await imports.corrections(desk.session, unsaid)
        for loan, borrower, values in found.values():
            said = LastSaid(last.get(loan.id) or {}, corrected_fields(entries.get(loan.id, ())))
            known = Matched(loan, borrower, borrowers.contact(desk, borrower), values, said)
            self.by_number[loan.number_key] = known
            if values is not None:
                self.by_said[values.number_key] = known
            if loan.minted:
                self.minted[without_extension(known.contact.phone)].append(known)
            elif "number" in said.corrected:
                self.renumbered[known.contact.phone].append(known)
        if any(row.terms for row in rows):
            self.terms = await terms.of_loans(desk.session, found)
        if any(row.people for row in rows):
            self.there = await related.of_loans(desk.session, found)
        await self._read_for_changes([row for row in rows if row.line not in self.unchanged])

    async def find_owners(self, rows: Sequence[ImportRow]) -> None:
        """Read the members whom the rows name as owners."""
        desk = self.desk
        owners = {row.owner.casefold() for row in rows if row.owner}
        for member in await members.by_addresses(desk.session, desk.workspace.id, owners):
            for key in (member.slack_user_id, member.email):
                if key and key.casefold() in owners and makes_calls(member):
                    self.owners[key.casefold()] = member

    def is_unchanged(self, known: imports.KnownLoan, rows: Mapping[str, ImportRow]) -> bool:
        """Return whether a row says of a loan what the last file said and what the desk has. Such a loan is not read further:
        of a daily file, most are."""
        row, said = rows.get(known.number_key), known.said
        if row is None or said is None or said.number_key != known.number_key or known.minted or known.is_demo:
            return False
        owner = self.owners.get(row.owner.casefold()) if row.owner else None
        if row.faults or (row.owner and (owner is None or owner.id != known.owner_id)):
            return False
        values = read_values(self.desk, said)
        if values is None or values_of(row, values) != values:
            return False
        cipher, present = self.desk.cipher, {column: as_text(value) for column, value in known.terms.items()}
        try:
            present["name"] = cipher.decrypt_at(borrowers.NAME, known.borrower_id, known.name_cipher)
            present["phone"] = cipher.decrypt_at(borrowers.PHONE, known.borrower_id, known.phone_cipher)
        except UnreadableError:
            return False
        if any(present[column] != values[column] for column in row.given & present.keys()):
            return False
        self.unchanged.add(row.line)
        return True

    async def _read_for_changes(self, rows: Sequence[ImportRow]) -> None:
        """Read what new loans and changes need: which phones are marked as wrong, and the calls about instalments."""
        phones: set[str] = set()
        replanned: list[UUID] = []
        for row in rows:
            if row.faults:
                continue
            known = self._known(row)
            if row.phone and (known is None or row.phone != known.contact.phone):
                phones.add(row.phone)
            if known is not None and any(
                getattr(row, column) != getattr(known.loan, column)
                for column in (row.given & PLANNED_BY) - row.terms.keys()
            ):
                replanned.append(known.loan.id)
        in_use = [phone for phone in phones if self.digests[phone] in self.in_use]
        self.wrong = await borrowers.wrong_since(self.desk, in_use)
        self.calls = await imports.calls_about_instalments(self.desk.session, replanned)
        if replanned:
            days = await terms.first_due_days(self.desk.session, replanned)
            self.desk.cache[FirstDueDays] = self.first_due = FirstDueDays(days)

    async def take(self, row: ImportRow) -> None:
        """Import one row, or refuse it with everything that is wrong."""
        if row.line in self.unchanged:
            self.effects["same"] += 1
            return
        columns = row.given
        known = self._known(row)
        faults = [*row.faults, *self._faults(row, known)]
        if faults:
            self.refused.append(RefusedRow(row.line, tuple(faults)))
            return
        owner = self.owners.get(row.owner.casefold()) if row.owner else None
        known = known or self._inquiry_of(row) or self._renumbered_of(row)
        if known is None:
            product = row.terms.get("product")
            code = product.code if isinstance(product, ProductValue) else None
            if product is None and row.stage == check_plans.STAGE:
                code = await check_plans.default_product(self.desk)
            loan_id = await self.new.add(row, owner, product=code)
            if row.terms:
                self.new_terms.append((loan_id, row))
            if row.people:
                self.new_people.append((loan_id, row))
            effect: Effect = "new"
        else:
            effect, columns = await self._update(known, row, owner)
            self.new.first_plans.count_again()
        self.effects[effect] += 1
        if effect != "same":
            self.taken.append(TakenRow(row.line, row.number, effect, columns))

    def _known(self, row: ImportRow) -> Matched | None:
        key = number_key(row.number)
        known = self.by_said.get(key) or self.by_number.get(key)
        # An inquiry that an earlier row took over has another number now.
        return known if known is None or known.values is not None or known.loan.number_key == key else None

    def _faults(self, row: ImportRow, known: Matched | None) -> list[DeskError]:
        faults: list[DeskError] = []
        if row.owner and row.owner.casefold() not in self.owners:
            faults.append(row.fault("import_owner_unknown", "owner", given=row.owner))
        if known is None and row.given.issuperset(REQUIRED):
            return faults
        if known is None:
            faulty = {fault.params.get("column") for fault in row.faults}
            missing = [column for column in REQUIRED if column not in row.given and column not in faulty]
            faults += [row.fault("import_empty", column) for column in missing]
        elif conflict := self._conflict(row, known):
            faults.append(row.fault(conflict, "number", given=row.number, loan=known.loan.number))
        return faults

    def _conflict(self, row: ImportRow, known: Matched) -> str | None:
        """Return why the number of the row may not stand for the loan that it names at the desk."""
        same_name = not row.name or spelling_key(row.name) == spelling_key(known.contact.name)
        same_phone = not row.phone or row.phone == known.contact.phone
        if known.loan.minted:
            return None if row.name and row.phone and same_name and same_phone else "import_number_minted"
        if known.values is None:
            typed = "number" in known.said.corrected
            return "import_number_of_another" if typed and not (same_name or same_phone) else None
        if known.values.number_key != number_key(row.number) and known.values.number_key in self.numbers:
            return "import_number_corrected"
        return None

    def _inquiry_of(self, row: ImportRow) -> Matched | None:
        """Return the inquiry that the row takes over; note the others with its phone."""
        if not self.minted:
            return None
        there = [known for known in self.minted[without_extension(row.phone)] if known.loan.minted]
        for known in there:
            if known.contact.phone == row.phone and spelling_key(known.contact.name) == spelling_key(row.name):
                return known
        self.same_phones += [(row, known) for known in there]
        return None

    def _renumbered_of(self, row: ImportRow) -> Matched | None:
        """Return the loan that the row means, if its number was corrected before what files said was kept."""
        for known in self.renumbered[row.phone] if self.renumbered else ():
            alike = spelling_key(known.contact.name) == spelling_key(row.name)
            if alike and known.loan.number_key not in self.numbers:
                self.renumbered[row.phone].remove(known)
                values = {"present": known.loan.number, "new": row.number}
                self.remarks.append(remark(row, known.loan.number, "kept", "number", **values))
                return known
        return None

    async def _update(self, known: Matched, row: ImportRow, owner: Member | None) -> tuple[Effect, frozenset[str]]:
        desk, loan = self.desk, known.loan
        taken_over = loan.minted
        if taken_over:
            record_correction(desk, track(desk, loan), "number", loan.number)
            loan.number, loan.number_key, loan.minted = row.number, number_key(row.number), False
            self.new.audit("import_take_over", loan.id)
        update = Update(known, row, owner, self.plans, self.wrong, self.calls.get(loan.id))
        if row.terms:
            take_terms(desk, update, *self.terms[loan.id])
            self.first_due.pop(loan.id, None)
        if row.people:
            self.people.take(update, self.there.get(loan.id, ()))
        await update_loan(desk, update)
        if update.columns:
            self.new.audit("import_change", loan.id, columns=sorted(update.columns))
        self.remarks += update.remarks
        self.lacking += update.lacking
        if not update.columns.isdisjoint(("name", "phone")):
            self.corrected.append(known.borrower)
        self._remember(loan.id, known.values, row, known.said.values)
        columns = frozenset("owner" if column == "owner_id" else column for column in update.columns)
        if taken_over:
            return "taken_over", columns
        return ("changed" if columns else "same"), columns

    def _remember(self, loan_id: UUID, before: imports.StoredValues | None, row: ImportRow, earlier: Any) -> None:
        values = values_of(row, earlier)
        if before is not None and values == earlier and before.number_key == number_key(row.number):
            return
        rows = self.values_new if before is None else self.values_changed
        row_id = new_id() if before is None else before.id
        rows.append(write_values(self.desk, loan_id, row.number, values, row_id=row_id))

    async def finish(self) -> ImportResult:
        """Write what is written for all rows at once, and return the result."""
        await borrowers.index(self.desk, self.corrected)
        await self.desk.session.flush()
        await self.new.write(self.wrong)
        with_terms = await loans.by_ids(self.desk.session, (loan_id for loan_id, _ in self.new_terms))
        for loan_id, row in self.new_terms:
            loan = with_terms[loan_id]
            write_terms(self.desk, loan, None, None, {term_name(each): value for each, value in row.terms.items()})
        for loan_id, row in self.new_people:
            self.people.add(loan_id, row.people)
        await self.people.finish()
        self.plans.planned += self.new.planned
        await imports.add_values(self.desk.session, self.desk.workspace.id, self.values_new, self.desk.now)
        await imports.change_values(self.desk.session, self.values_changed, self.desk.now)
        for row, known in self.same_phones:
            if known.loan.minted:  # no later row took it over
                self.remarks.append(
                    remark(row, row.number, "same_phone", "phone", other=known.loan.number, name=known.contact.name)
                )
        return ImportResult(
            effects=self.effects,
            refused=tuple(self.refused),
            remarks=tuple(self.remarks),
            plans=self.plans,
            lacking=tuple(self.lacking),
            new_by_owner=self.new.by_owner(),
            taken=self.taken,
        )

"""Whatever the size of its transactions, an import writes the same rows, and what is unchanged writes nothing."""

from collections import Counter
from typing import Any

import pytest
from sqlmodel import SQLModel, col, select

from desk.core.transaction import Office
from desk.importing import ahead
from desk.importing.adding import Prospects
from desk.importing.importing import import_batch
from desk.importing.results import ImportResult
from desk.importing.rows import ImportRow
from storage.engine.database import Database
from storage.queries.loans import search, search_terms
from storage.tables import AuditEntry, Borrower, FollowUp, ImportedValues, Loan, SearchTerm, Workspace
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock
from tests.imports import bring_rows, read_rows

HEADER = "number,name,phone,stage,owner,amount,due day,autopay,unpaid since"
COUNT = 40
NAMES = ("王小明", "艾力·买买提", "Ann O'Neil", "欧阳娜娜", "单于重阳", "Đặng Văn")


def row(n: int, *, later: bool = False) -> str:
    """Return the n-th row, or what a later file says of the same loan."""
    phone = f"139{n:08}" if later and n % 2 else f"138{n:08}" if n % 5 else f"+1 213 373 {4000 + n} ext 22"
    stage = ("disbursed", "application", "inquiry")[n % 3]
    unpaid = "2026-11-15" if n % 6 == 0 else ""
    autopay = "yes" if n % 9 == 0 else "no"
    cells = (
        f"A-{n}",
        NAMES[n % len(NAMES)],
        phone,
        stage,
        "ULIN",
        f"{100 + n}.5",
        str((n + later) % 28 + 1),
        autopay,
        unpaid,
    )
    return ",".join(cells)


async def rows_of(office: Office, table: type[SQLModel]) -> list[dict[str, Any]]:
    async with office.database.reading() as session:
        return [each.model_dump() for each in (await session.exec(select(table))).all()]


async def everything(office: Office) -> dict[str, list[str]]:
    """Return every row of the tables that an import writes."""
    tables = (Loan, Borrower, SearchTerm, FollowUp, ImportedValues, AuditEntry)
    return {table.__name__: sorted(map(str, await rows_of(office, table))) for table in tables}


async def test_a_file_in_one_transaction_and_in_many_writes_the_same(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_member(office, workspace, "ULIN")
    for n in range(3):
        await make_member(office, workspace, f"UCOLLECTOR{n}", name=f"Collector {n}", roles="collector")
    await bring_rows(office, workspace, *(row(n) for n in range(COUNT)), header=HEADER)
    async with office.database.reading() as session:
        first = {each.number: each for each in (await session.exec(select(Loan))).all()}

    monkeypatch.setattr(ahead, "BATCH", 7)
    monkeypatch.setattr(ahead, "_MOST", 7)
    apart = [row(n).replace("A-", "B-", 1).replace("138", "137", 1) for n in range(COUNT)]
    await bring_rows(office, workspace, *apart, header=HEADER)

    async with office.database.reading() as session:
        second = {each.number: each for each in (await session.exec(select(Loan))).all()}
    same = ("stage", "owner_id", "amount", "due_day", "autopay", "unpaid_since", "next_follow_up_number", "currency")
    assert len(first) == COUNT
    assert len(second) == 2 * COUNT
    for n in range(COUNT):
        assert [getattr(second[f"B-{n}"], name) for name in same] == [getattr(first[f"A-{n}"], name) for name in same]
    calls = [each for each in await rows_of(office, FollowUp) if each["purpose"] == "overdue"]
    by_collector = [
        sum(call["assignee_id"] == assignee for call in calls) for assignee in {c["assignee_id"] for c in calls}
    ]
    assert max(by_collector) - min(by_collector) <= 1


async def test_the_transactions_of_a_file_share_the_days_on_which_a_verifier_has_room_for_checks(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_member(office, workspace, "ULIN")
    await make_member(office, workspace, "UVERIFIER", name="Verifier", roles="verifier")
    monkeypatch.setattr(ahead, "BATCH", 7)
    monkeypatch.setattr(ahead, "_MOST", 7)
    rows = [row(n).replace("disbursed", "application").replace("inquiry", "application") for n in range(COUNT)]
    await bring_rows(office, workspace, *rows, header=HEADER)

    checks = [each for each in await rows_of(office, FollowUp) if each["purpose"] == "identity"]
    per_day = Counter(each["due_on"] for each in checks)
    assert len(checks) == COUNT
    assert list(per_day.values()) == [8] * 5, per_day


async def test_borrowers_of_a_file_have_the_entries_that_search_makes_of_their_name_and_phone(
    office: Office, workspace: Workspace
) -> None:
    await make_member(office, workspace, "ULIN")
    await bring_rows(office, workspace, *(row(n) for n in range(12)), header=HEADER)

    async with office.database.reading() as session:
        borrowers = (await session.exec(select(Borrower))).all()
        entries = (await session.exec(select(SearchTerm))).all()
    for borrower in borrowers:
        name = office.cipher.decrypt(Borrower.name_cipher, borrower)
        phone = office.cipher.decrypt(Borrower.phone_cipher, borrower)
        own = {entry.digest for entry in entries if entry.borrower_id == borrower.id}
        terms = search_terms.terms_of(name, phone)
        assert len(own) == len(terms)
        for term in terms:
            assert len(own & set(search.digests_of_typed(office.cipher, [term]))) == 1


async def test_batches_grow_while_transactions_are_short_and_shrink_when_they_are_long(
    office: Office, workspace: Workspace
) -> None:
    rows = [ImportRow(line=n, number=f"A-{n}") for n in range(5_000)]
    batches = ahead.BatchesAhead(office, workspace, rows)

    async def size_before(seconds: float) -> int:
        batch = await batches.next()
        assert batch is not None
        batches.follow(batch, ImportResult(), seconds)
        return len(batch.rows)

    assert [await size_before(0.01) for _ in range(4)] == [200, 400, 800, 1_000]
    assert [await size_before(0.2) for _ in range(5)] == [1_000, 500, 250, 200, 200]
    assert await size_before(0.09) == 200
    assert await size_before(0.01) == 200
    assert await size_before(0.01) == 50  # the rest of the file
    assert await batches.next() is None


async def test_the_same_file_again_writes_nothing(
    office: Office, workspace: Workspace, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_member(office, workspace, "ULIN")
    rows = [row(n) for n in range(30)]
    await bring_rows(office, workspace, *rows, header=HEADER)
    before = await everything(office)
    clock.advance(days=1)

    def refuse(_database: Database) -> None:
        raise AssertionError("a transaction that writes")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", refuse)
        outcome = await bring_rows(office, workspace, *rows, header=HEADER)

    assert dict(outcome.effects) == {"same": 30}
    assert await everything(office) == before


async def test_a_file_in_which_every_row_has_changed_changes_every_loan(office: Office, workspace: Workspace) -> None:
    await make_member(office, workspace, "ULIN")
    await bring_rows(office, workspace, *(row(n) for n in range(30)), header=HEADER)

    outcome = await bring_rows(office, workspace, *(row(n, later=True) for n in range(30)), header=HEADER)

    assert dict(outcome.effects) == {"changed": 30}
    async with office.database.reading() as session:
        found = {each.number: each.due_day for each in (await session.exec(select(Loan))).all()}
    assert found == {f"A-{n}": (n + 1) % 28 + 1 for n in range(30)}


async def test_a_phone_that_is_marked_as_wrong_is_marked_on_a_new_loan_too(
    office: Office, workspace: Workspace, clock: FrozenClock
) -> None:
    await make_member(office, workspace, "ULIN")
    known = await make_loan(office, workspace, "Z-1", name="李雷", phone="+8613800000001")
    async with office.database.transaction() as session:
        (await session.get_one(Borrower, known.borrower_id)).phone_wrong_at = clock.now()

    await bring_rows(office, workspace, row(1), row(2), header=HEADER)

    async with office.database.reading() as session:
        loans = {each.number: each for each in (await session.exec(select(Loan))).all()}
        marked = {
            number: (await session.get_one(Borrower, loan.borrower_id)).phone_wrong_at for number, loan in loans.items()
        }
    assert marked == {"Z-1": clock.now(), "A-1": clock.now(), "A-2": None}


async def test_of_rows_about_loans_at_the_desk_nothing_is_computed_as_if_they_were_new(
    office: Office, workspace: Workspace
) -> None:
    await make_member(office, workspace, "ULIN")
    await bring_rows(office, workspace, *(row(n) for n in range(6)), header=HEADER)
    lines = [row(0), *(row(n, later=True) for n in range(1, 8))]
    rows = read_rows("\n".join([HEADER, *lines]), workspace, office)[0]
    batch = await ahead.BatchesAhead(office, workspace, rows).next()

    assert batch is not None
    assert batch.unchanged == 1
    assert [each.number for each in batch.rows] == [f"A-{n}" for n in range(1, 8)]
    assert [each.number for each in batch.prospects.rows] == ["A-6", "A-7"]


async def test_a_loan_that_was_there_when_the_rows_were_looked_at_and_is_gone_now_is_new(
    office: Office, workspace: Workspace
) -> None:
    await make_member(office, workspace, "ULIN")
    rows = read_rows(f"{HEADER}\n{row(0)}\n{row(1)}\n", workspace, office)[0]
    prospects = Prospects(office.cipher, search.DigestCache(office.cipher))
    prospects.add([rows[1]])
    async with office.desk(workspace) as desk:
        result = await import_batch(desk, rows, prospects=prospects)

    assert result.effects["new"] == 2
    async with office.database.reading() as session:
        found = (
            await session.exec(select(Loan, Borrower).join(Borrower, col(Borrower.id) == col(Loan.borrower_id)))
        ).all()
    names = {loan.number: office.cipher.decrypt(Borrower.name_cipher, borrower) for loan, borrower in found}
    assert names == {"A-0": NAMES[0], "A-1": NAMES[1]}

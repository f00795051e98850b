"""On SQLite an import writes the entries of search behind the loans, and whatever happens meanwhile, everybody is found."""

import pytest
from sqlmodel import col, select

from desk.core.transaction import Desk, Office
from desk.importing import ahead, late_entries
from desk.importing.batches import BatchDone, Unrecorded, import_loans
from desk.importing.importing import import_batch
from desk.importing.late_entries import LateEntries, Unindexed
from desk.loans import lists
from desk.loans.borrowers import correct
from desk.loans.indexing import index_next
from storage.queries.loans import index_versions, search_terms
from storage.tables import Borrower, Loan, Member, SearchTerm, Workspace
from storage.upkeep.erasing import erase
from tests.builders import make_member
from tests.clocks import FrozenClock
from tests.imports import HEADER, bring_in, bring_rows, read_rows

LINES = ("A-1,王小明,13800000001,inquiry,ULIN", "A-2,Ann O'Neil,+1 213 373 4253,disbursed,ULIN")


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN", roles="manager")


@pytest.fixture
async def left(office: Office, workspace: Workspace, lin: Member) -> Unindexed:
    """Import the two loans up to the entries of search that are left."""
    left = Unindexed()
    rows, _ = read_rows("\n".join([HEADER, *LINES, ""]), workspace, office)
    async with office.desk(workspace) as desk:
        await import_batch(desk, rows, unindexed=left)
    return left


async def found(office: Office, workspace: Workspace, lin: Member, words: str) -> list[str]:
    async with office.reading_desk(workspace, lin) as desk:
        return [row.number for row in (await lists.find(desk, words)).rows]


async def finds_both(office: Office, workspace: Workspace, lin: Member) -> None:
    for words in ("王小明", "小明", "wangxiaoming", "wxm", "13800000001", "0001", "A-1"):
        assert await found(office, workspace, lin, words) == ["A-1"], words
    for words in ("Ann", "oneil", "+12133734253", "4253", "A-2"):
        assert await found(office, workspace, lin, words) == ["A-2"], words


async def index_all(office: Office, workspace: Workspace) -> int:
    count = 0
    more = True
    while more:
        async with office.desk(workspace) as desk:
            more = await index_next(desk)
        count += more
    return count


async def write(office: Office, workspace: Workspace, left: Unindexed) -> None:
    late = LateEntries(office, workspace)
    late.add(left)
    await late.write()


async def test_until_then_a_loan_is_found_by_its_number_and_its_phone(
    office: Office, workspace: Workspace, lin: Member, left: Unindexed
) -> None:
    if office.database.is_sqlite:
        assert await found(office, workspace, lin, "王小明") == []
        assert await found(office, workspace, lin, "13800000001") == ["A-1"]
        assert await found(office, workspace, lin, "+12133734253") == ["A-2"]
        assert await found(office, workspace, lin, "A-2") == ["A-2"]
    else:
        assert left == Unindexed()

    await write(office, workspace, left)

    await finds_both(office, workspace, lin)


async def test_the_worker_makes_what_a_killed_import_has_left_and_leaves_a_living_one_alone(
    office: Office, workspace: Workspace, lin: Member, left: Unindexed, clock: FrozenClock
) -> None:
    if not office.database.is_sqlite:
        pytest.skip("nothing is left there")
    assert await index_all(office, workspace) == 0
    clock.advance(minutes=9)
    assert await index_all(office, workspace) == 0
    clock.advance(minutes=1)

    assert await index_all(office, workspace) == 1

    await finds_both(office, workspace, lin)
    await write(office, workspace, left)  # of one that was only frozen
    async with office.database.reading() as session:
        count = len((await session.exec(select(SearchTerm))).all())
    terms = search_terms.terms_of("王小明", "+8613800000001"), search_terms.terms_of("Ann O'Neil", "+12133734253")
    assert count == sum(map(len, terms))


async def test_who_was_corrected_meanwhile_is_found_by_the_new_name_alone(
    office: Office, workspace: Workspace, lin: Member, left: Unindexed
) -> None:
    async with office.desk(workspace, lin) as desk:
        loan = (await desk.session.exec(select(Loan).where(Loan.number == "A-1"))).one()
        borrower = await desk.session.get_one(Borrower, loan.borrower_id)
        await correct(desk, borrower, name="李雷")

    await write(office, workspace, left)

    assert await found(office, workspace, lin, "王小明") == []
    assert await found(office, workspace, lin, "李雷") == ["A-1"]
    assert await found(office, workspace, lin, "oneil") == ["A-2"]


async def test_who_was_deleted_meanwhile_stays_deleted(
    office: Office, workspace: Workspace, lin: Member, left: Unindexed
) -> None:
    async with office.database.transaction() as session:
        loan = (await session.exec(select(Loan).where(Loan.number == "A-1"))).one()
        await erase(session, "loan", [loan.id])
        await erase(session, "borrower", [loan.borrower_id])

    await write(office, workspace, left)

    assert await found(office, workspace, lin, "13800000001") == []
    assert await found(office, workspace, lin, "oneil") == ["A-2"]
    async with office.database.reading() as session:
        assert len((await session.exec(select(Borrower))).all()) == 1


async def test_after_an_import_everybody_is_found_and_nothing_waits(
    office: Office, workspace: Workspace, lin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "BATCH", 3)
    monkeypatch.setattr(ahead, "_MOST", 3)
    monkeypatch.setattr(late_entries, "_MOST", 5)
    monkeypatch.setattr(late_entries, "_AT_ONCE", 7)
    written: list[int] = []
    whole = LateEntries.write

    async def counted(late: LateEntries) -> None:
        written.append(1)
        await whole(late)

    monkeypatch.setattr(LateEntries, "write", counted)
    others = [f"B-{n},李雷{n},138{n:08},inquiry,ULIN" for n in range(100, 118)]

    await bring_rows(office, workspace, *LINES, *others)

    await finds_both(office, workspace, lin)
    assert len(written) == (4 if office.database.is_sqlite else 1)  # behind 6, 12 and 18 loans, and at the end
    async with office.database.reading() as session:
        done = await index_versions.progress(session, workspace.id)
    assert (done.borrowers, done.waiting) == (20, 0)


async def test_an_import_that_is_broken_off_writes_what_its_loans_lack(
    office: Office, workspace: Workspace, lin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "BATCH", 2)
    monkeypatch.setattr(ahead, "_MOST", 2)

    rows, _ = read_rows("\n".join([HEADER, *LINES, "B-1,李雷,13800000003,inquiry,ULIN", ""]), workspace, office)
    seen = 0

    class Stopped(Unrecorded):
        async def record(self, desk: Desk, batch: BatchDone) -> None:
            nonlocal seen
            seen += batch.rows
            if seen > 2:
                raise RuntimeError("overtaken")

    with pytest.raises(RuntimeError, match="overtaken"):
        await import_loans(office, workspace, rows, dry_run=False, advance=lambda _: None, progress=Stopped())

    await finds_both(office, workspace, lin)
    assert await found(office, workspace, lin, "李雷") == []


async def test_a_dry_run_leaves_no_entries(office: Office, workspace: Workspace, lin: Member) -> None:
    await bring_in(office, workspace, "\n".join([HEADER, *LINES, ""]), dry_run=True)

    async with office.database.reading() as session:
        assert (await session.exec(select(col(SearchTerm.digest)))).all() == []

"""Search entries of an earlier release are replaced in batches while the desk works; both are searched meanwhile."""

import asyncio
import time
from collections.abc import Sequence
from io import StringIO

import pytest
from rich.console import Console
from sqlmodel import col, delete, select, update

from bot.commands import reindexing
from bot.worker import do_chores
from desk.core.transaction import Office
from desk.core.undo import take_back
from desk.core.values import LoanRef
from desk.loans import lists
from desk.loans.borrowers import correct, new_borrower
from desk.loans.edits import edit_loan
from desk.loans.indexing import BATCH, index_next
from desk.loans.related import PersonEntry, PhoneEntry, add_person
from desk.messages.set_aside import SetAsideRow, set_aside_now
from storage.queries.loans import index_versions, search_terms
from storage.queries.loans.index_versions import IndexProgress
from storage.tables import Borrower, Loan, Member, RelatedPerson, RelatedTerm, SearchTerm, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN", roles="manager")


async def lend_in_the_earlier_release(office: Office, workspace: Workspace, number: str, name: str, phone: str) -> Loan:
    """Make a loan with the entries of version 1: letters and digits in Python's sense, each beginning of a Chinese name."""
    loan = await make_loan(office, workspace, number, name=name, phone=phone)
    plain = "".join(c for c in name.casefold() if c.isalnum())
    starts = {plain[:end] for end in range(1, len(plain) + 1)} if "\u4e00" <= plain[-1] <= "\u9fff" else {plain}
    digits = phone.removeprefix("+")
    terms = {("name", start) for start in starts} | {("phone", digits), ("phone", digits[2:]), ("tail", digits[-4:])}
    async with office.database.transaction() as session:
        await session.exec(delete(SearchTerm).where(col(SearchTerm.borrower_id) == loan.borrower_id))
        session.add_all(
            SearchTerm(borrower_id=loan.borrower_id, digest=office.cipher.number(kind, text)) for kind, text in terms
        )
        await session.exec(update(Borrower).where(col(Borrower.id) == loan.borrower_id).values(search_version=0))
    return loan


async def many(office: Office, workspace: Workspace, count: int) -> None:
    """Make borrowers of the earlier release without loans."""
    async with office.desk(workspace) as desk:
        for number in range(count):
            new_borrower(desk, name=f"于建平{number}", phone=f"+86138{number:08}")
        await desk.session.flush()
        await desk.session.exec(update(Borrower).values(search_version=0))


async def finds(office: Office, workspace: Workspace, lin: Member, words: str) -> list[str]:
    async with office.desk(workspace, lin) as desk:
        return [row.number for row in (await lists.find(desk, words)).rows]


async def progress(office: Office, workspace: Workspace) -> IndexProgress:
    async with office.database.reading() as session:
        return await index_versions.progress(session, workspace.id)


async def reindex(database_url: str, *, every: bool = False) -> tuple[int, str]:
    printed = StringIO()
    console = Console(file=printed, markup=False, soft_wrap=True)
    return await reindexing.run(settings_with(database_url), console, every=every), printed.getvalue()


async def terms(office: Office, loan: Loan) -> Sequence[int]:
    async with office.database.reading() as session:
        found = await session.exec(select(SearchTerm.digest).where(SearchTerm.borrower_id == loan.borrower_id))
        return sorted(found.all())


RARE = "\U0002ebf0"


async def test_every_loan_is_found_before_during_and_after(office: Office, workspace: Workspace, lin: Member) -> None:
    names = {
        "A-1": ("于建平", "于"),
        "A-2": ("Ann O'Neil", "annoneil"),
        "A-3": (f"钱{RARE}", f"钱{RARE}"),
        "A-4": ("钱多多", "钱多"),
    }
    for at, (number, (name, _word)) in enumerate(names.items()):
        await lend_in_the_earlier_release(office, workspace, number, name, f"+861380013000{at}")
    for _ in range(2):
        for at, (number, (name, word)) in enumerate(names.items()):
            for typed in (word, name.replace(" ", ""), f"1380013000{at}", f"尾号000{at}", number):
                assert number in await finds(office, workspace, lin, typed), typed
        assert await finds(office, workspace, lin, f"钱{RARE}") == ["A-3"]
        await do_chores(office, workspace)
    assert await finds(office, workspace, lin, "yujianping") == ["A-1"]
    assert await finds(office, workspace, lin, "O'Neil") == ["A-2"]
    assert await progress(office, workspace) == IndexProgress(borrowers=4, waiting=0, set_aside=0)


async def test_a_worker_that_is_stopped_between_batches_goes_on_where_it_was(
    office: Office, workspace: Workspace, database_url: str
) -> None:
    await many(office, workspace, 2 * BATCH + 3)
    async with office.desk(workspace) as desk:
        assert await index_next(desk)
    with pytest.raises(asyncio.CancelledError):
        await _killed_in_a_batch(office, workspace)
    assert (await progress(office, workspace)).waiting == BATCH + 3
    code, printed = await reindex(database_url)
    assert code == 0
    assert f"Borrowers indexed: {BATCH + 3}. In the desk: {2 * BATCH + 3}." in printed


async def _killed_in_a_batch(office: Office, workspace: Workspace) -> None:
    async with office.desk(workspace) as desk:
        await index_next(desk)
        raise asyncio.CancelledError


async def test_two_processes_at_once_index_each_borrower_once(office: Office, workspace: Workspace) -> None:
    await many(office, workspace, 3 * BATCH)

    async def work() -> None:
        for _ in range(4):
            async with office.desk(workspace) as desk:
                await index_next(desk)

    await asyncio.gather(work(), work())
    assert (await progress(office, workspace)).waiting == 0


async def test_a_correction_during_the_rebuild_is_what_is_found(
    office: Office, workspace: Workspace, lin: Member
) -> None:
    first = await lend_in_the_earlier_release(office, workspace, "A-1", "于建平", "+8613800130001")
    second = await lend_in_the_earlier_release(office, workspace, "A-2", "于建国", "+8613800130002")

    async def rename(number: str, name: str) -> None:
        async with office.desk(workspace, lin) as desk:
            await edit_loan(desk, loan=LoanRef(number, number), changes={"name": name})

    async with office.desk(workspace) as desk:
        await index_next(desk)
        correcting = asyncio.create_task(rename("A-1", "韩梅"))
        await asyncio.sleep(0.05)
    await correcting
    if not office.database.is_sqlite:
        await _index_while_corrected(office, workspace, second)
    else:
        await rename("A-2", "韩雷")
    await do_chores(office, workspace)
    assert await finds(office, workspace, lin, "hanmei") == ["A-1"]
    assert await finds(office, workspace, lin, "hanlei") == ["A-2"]
    assert await finds(office, workspace, lin, "yujian") == []
    assert len(await terms(office, first)) == len(set(await terms(office, first)))


async def _index_while_corrected(office: Office, workspace: Workspace, loan: Loan) -> None:
    """Index again while another transaction holds a borrower whom it corrects: that one is left to it."""
    async with office.database.transaction() as session:
        await session.exec(update(Borrower).values(search_version=0))
    async with office.desk(workspace) as correcting:
        borrower = await correcting.session.get_one(Borrower, loan.borrower_id, with_for_update=True)
        async with office.desk(workspace) as desk:
            await index_next(desk)
        await correct(correcting, borrower, name="韩雷")


async def test_a_borrower_who_cannot_be_read_is_set_aside_and_the_others_go_on(
    office: Office, workspace: Workspace, lin: Member, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = await lend_in_the_earlier_release(office, workspace, "A-1", "王小明", "+8613800130001")
    await lend_in_the_earlier_release(office, workspace, "A-2", "于建平", "+8613800130002")
    async with office.database.transaction() as session:
        row = await session.get_one(Borrower, broken.borrower_id)
        readable, row.name_cipher = row.name_cipher, b"\x09" + row.name_cipher[1:]
    before = await terms(office, broken)

    await do_chores(office, workspace)

    assert await finds(office, workspace, lin, "yujianping") == ["A-2"]
    assert await progress(office, workspace) == IndexProgress(borrowers=2, waiting=0, set_aside=1)
    assert await terms(office, broken) == before
    assert str(broken.borrower_id) in capsys.readouterr().out
    async with office.desk(workspace) as desk:
        rows = (await set_aside_now(desk)).rows
    assert set(rows) == {SetAsideRow("search_entries", "A-1"), SetAsideRow("unreadable", "A-1")}
    code, printed = await reindex(database_url)
    assert code == 1
    assert "1 could not be: no key opens their name or phone." in printed
    async with office.database.transaction() as session:
        (await session.get_one(Borrower, broken.borrower_id)).name_cipher = readable
    assert (await reindex(database_url))[0] == 0
    assert await finds(office, workspace, lin, "wangxiaoming") == ["A-1"]


async def test_a_borrower_who_can_be_read_again_is_indexed_within_the_hour(
    office: Office, workspace: Workspace, lin: Member, clock: FrozenClock
) -> None:
    loan = await lend_in_the_earlier_release(office, workspace, "A-1", "于建平", "+8613800130001")
    async with office.database.transaction() as session:
        row = await session.get_one(Borrower, loan.borrower_id)
        readable, row.name_cipher = row.name_cipher, b"\x09" + row.name_cipher[1:]
    await do_chores(office, workspace)
    async with office.database.transaction() as session:
        (await session.get_one(Borrower, loan.borrower_id)).name_cipher = readable

    await do_chores(office, workspace)
    assert (await progress(office, workspace)).set_aside == 1
    clock.advance(minutes=61)
    await do_chores(office, workspace)

    assert await progress(office, workspace) == IndexProgress(borrowers=1, waiting=0, set_aside=0)
    assert await finds(office, workspace, lin, "yujianping") == ["A-1"]


async def test_every_borrower_is_indexed_again_on_request(
    office: Office, workspace: Workspace, lin: Member, database_url: str
) -> None:
    loan = await make_loan(office, workspace, "A-1", name="于建平")
    async with office.database.transaction() as session:
        await session.exec(delete(SearchTerm).where(col(SearchTerm.borrower_id) == loan.borrower_id))
    assert await finds(office, workspace, lin, "于建平") == []
    assert "Borrowers indexed: 0." in (await reindex(database_url))[1]
    assert "Borrowers indexed: 1." in (await reindex(database_url, every=True))[1]
    assert await finds(office, workspace, lin, "于建平") == ["A-1"]


async def test_an_undone_correction_keeps_the_present_version(
    office: Office, workspace: Workspace, lin: Member
) -> None:
    await lend_in_the_earlier_release(office, workspace, "A-1", "于建平", "+8613800130001")
    async with office.desk(workspace, lin) as desk:
        (edited,) = await edit_loan(desk, loan=LoanRef("A-1", "A-1"), changes={"name": "韩梅"})
    async with office.desk(workspace, lin) as desk:
        await take_back(desk, edited.undo_id)
    assert (await progress(office, workspace)).waiting == 0
    assert await finds(office, workspace, lin, "yujianping") == ["A-1"]


async def test_people_around_a_loan_are_found_before_and_after_and_one_who_cannot_be_read_keeps_the_entries(
    office: Office, workspace: Workspace, lin: Member, database_url: str
) -> None:
    for number, name, phone in (("A-1", "于建平", "+8613900130001"), ("A-2", "韩梅梅", "+8613900130002")):
        await make_loan(office, workspace, number)
        entry = PersonEntry("spouse", name, phones=(PhoneEntry("mobile", phone),))
        async with office.desk(workspace, lin) as desk:
            await add_person(desk, loan=LoanRef(number, number), entry=entry)
    async with office.database.transaction() as session:  # as version 2 had them
        people = (await session.exec(select(RelatedPerson).order_by(col(RelatedPerson.loan_id)))).all()
        await session.exec(delete(RelatedTerm))
        for person, name, phone in zip(people, ("于建平", "韩梅梅"), ("8613900130001", "8613900130002"), strict=True):
            terms = search_terms.terms_of(name, f"+{phone}") | {("phone", phone[2:])}
            session.add_all(RelatedTerm(person_id=person.id, digest=office.cipher.number(*term)) for term in terms)
        await session.exec(update(RelatedPerson).values(search_version=0))
    broken = people[1]
    async with office.database.transaction() as session:
        row = await session.get_one(RelatedPerson, broken.id)
        readable, row.name_cipher = row.name_cipher, b"\x09" + row.name_cipher[1:]

    words = {"yujianping": "A-1", "于": "A-1", "13900130001": "A-1", "hanmeimei": "A-2", "0002": "A-2"}
    for _ in range(2):
        for typed, number in words.items():
            assert await finds(office, workspace, lin, typed) == [number], typed
        await do_chores(office, workspace)
    async with office.desk(workspace) as desk:
        assert SetAsideRow("search_entries", "A-2") in (await set_aside_now(desk)).rows
    code, printed = await reindex(database_url)
    assert (code, "1 could not be" in printed) == (1, True)
    async with office.database.transaction() as session:
        (await session.get_one(RelatedPerson, broken.id)).name_cipher = readable
    code, printed = await reindex(database_url)
    assert (code, "People around loans indexed: 1. In the desk: 2." in printed) == (0, True)
    for typed, number in words.items():
        assert await finds(office, workspace, lin, typed) == [number], typed
    async with office.database.reading() as session:
        entries = set((await session.exec(select(RelatedTerm.digest))).all())
    assert office.cipher.number("start", "于") not in entries


async def test_a_batch_holds_up_others_for_less_than_a_fifth_of_a_second(office: Office, workspace: Workspace) -> None:
    await many(office, workspace, 2 * BATCH)
    async with office.desk(workspace) as desk:
        await index_next(desk)
    began = time.process_time()
    async with office.desk(workspace) as desk:
        await index_next(desk)
    assert time.process_time() - began < 0.2

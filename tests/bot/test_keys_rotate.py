"""`loandesk keys rotate`: everything is encrypted again while the desk works, and an interrupted run is continued."""

import asyncio
import os
import random
import signal
import sys
import time
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console
from sqlalchemy import LargeBinary, select
from sqlmodel import SQLModel

import desk.registrations  # noqa: F401  (Undo must know all tables)
from bot.commands import keys as keys_command
from desk.core.changes import offer_undo, track
from desk.core.transaction import Office
from desk.core.undo import take_back
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.types import new_id
from storage.tables import Borrower, Draft, Loan, Member, ProcessedDelivery, Undo, Workspace
from storage.upkeep import rotation
from tests.bot.keys import KEY_1, KEY_2, SEARCH, settings_with
from tests.builders import make_loan, make_member

pytestmark = pytest.mark.every_example

BOTH = f"1:{KEY_1},2:{KEY_2}"


def cipher_with(keys: str) -> Cipher:
    return Cipher(KeyRing.read(keys, SEARCH))


@pytest.fixture
async def lin(office: Office, workspace: Workspace) -> Member:
    return await make_member(office, workspace, "ULIN")


async def rotate(database_url: str) -> tuple[int, str]:
    printed = StringIO()
    code = await keys_command.run(
        settings_with(database_url, keys=BOTH), Console(file=printed, markup=False, soft_wrap=True)
    )
    return code, printed.getvalue()


async def many_borrowers(office: Office, workspace: Workspace, count: int) -> None:
    async with office.database.transaction() as session:
        for number in range(count):
            row_id = new_id()
            session.add(
                Borrower(
                    id=row_id,
                    workspace_id=workspace.id,
                    name_cipher=office.cipher.encrypt(Borrower.name_cipher, row_id, f"name {number}"),
                    phone_cipher=office.cipher.encrypt(Borrower.phone_cipher, row_id, f"+86138{number:08}"),
                    created_at=office.clock.now(),
                )
            )


async def keys_in_use(office: Office) -> set[int]:
    """Return the key ids of all ciphertexts in the tables and in the undo steps."""
    used: set[int] = set()
    async with office.database.reading() as session:
        for place in rotation.places():
            rows = await session.execute(select(place.column).where(place.column.is_not(None)))
            used |= {value[0] for value in rows.scalars()}
        for steps in (await session.exec(select(Undo.steps))).scalars():  # pyright: ignore[reportCallIssue, reportArgumentType]
            used |= rotation.keys_in_steps(steps)
    return used


async def edit_name(office: Office, workspace: Workspace, lin: Member, loan: Loan, name: str) -> UUID:
    async with office.desk(workspace, lin) as desk:
        borrower = await desk.session.get_one(Borrower, loan.borrower_id)
        track(desk, borrower)
        borrower.name_cipher = desk.cipher.encrypt(Borrower.name_cipher, borrower.id, name)
        return offer_undo(desk, "edit", loan_id=loan.id)


async def test_every_encrypted_column_is_known_by_its_name() -> None:
    """What a new table encrypts is rotated too: its column must be named so, and its table have an `id`."""
    binary = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    digests = {"call.line_digest", "home.digest"}
    digests |= {"file_link.token_digest", "file_link.code_digest", "file_link.session_digest"}
    digests |= {"api_token.secret_digest", "api_answer.request_digest", "lender_event.body_digest"}
    digests |= {"install_state.state_digest", "install_state.browser_digest"}
    digests |= {
        "audit_chain.head",
        "audit_entry.hash",
        "audit_segment.head",
        "audit_segment.previous",
        "audit_segment.seal",
    }
    public = {"signing_key.public"}
    assert {place.name for place in rotation.places()} == binary - digests - public
    assert all("id" in place.table.c for place in rotation.places())


async def test_afterwards_the_new_key_alone_opens_everything(
    office: Office, workspace: Workspace, lin: Member, database_url: str
) -> None:
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    await edit_name(office, workspace, lin, loan, "王大明")
    async with office.desk(workspace, lin) as desk:
        row_id = new_id()
        body = desk.cipher.encrypt(Draft.body_cipher, row_id, "typed")
        answer = desk.cipher.encrypt(ProcessedDelivery.answer_cipher, row_id, "typed")
        desk.add(Draft(id=row_id, workspace_id=workspace.id, member_id=lin.id, body_cipher=body, at=desk.now))
        desk.add(
            ProcessedDelivery(id=row_id, workspace_id=workspace.id, delivery_key="1", answer_cipher=answer, at=desk.now)
        )

    code, printed = await rotate(database_url)

    assert code == 0
    assert "LOANDESK_ENCRYPTION_KEYS: 1" in printed
    assert await keys_in_use(office) == {2}
    async with office.database.reading() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
    assert cipher_with(f"2:{KEY_2}").decrypt(Borrower.name_cipher, borrower) == "王大明"


async def test_what_was_done_before_can_be_taken_back_after(
    office: Office, workspace: Workspace, lin: Member, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    undo_id = await edit_name(office, workspace, lin, loan, "王大明")
    monkeypatch.setattr(keys_command, "SystemClock", lambda: office.clock)
    await rotate(database_url)

    renewed = Office(office.database, cipher_with(f"2:{KEY_2}"), office.clock)
    async with renewed.desk(workspace, lin) as desk:
        await take_back(desk, undo_id)

    async with office.database.reading() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
    assert renewed.cipher.decrypt(Borrower.name_cipher, borrower) == "王小明"


async def test_killed_at_random_points_it_goes_on_where_it_was(
    office: Office, workspace: Workspace, database_url: str
) -> None:
    await many_borrowers(office, workspace, 3000)
    name = next(place for place in rotation.places() if place.name == "borrower.name_cipher")
    for left in sorted(random.Random(7).sample(range(500, 3000), 2), reverse=True):
        before = await _stale(office, name)
        if before == 0:
            break  # the machine was quick: what is left is of other columns
        await _rotate_until(office, database_url, name, min(left, before - 1))
        assert await keys_in_use(office) == {1, 2}

    code, _ = await rotate(database_url)

    assert code == 0
    assert await keys_in_use(office) == {2}


async def _rotate_until(office: Office, database_url: str, place: rotation.Place, left: int) -> None:
    """Rotate in a process of its own that is killed when no more than `left` values of a column are of the old key."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "secret",
        "LOANDESK_ENCRYPTION_KEYS": BOTH,
        "LOANDESK_SEARCH_KEY": SEARCH,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "keys", "rotate", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        while await _stale(office, place) > left:
            assert process.returncode is None
            await asyncio.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    finally:
        await process.wait()


async def test_what_is_written_meanwhile_stays(
    office: Office, workspace: Workspace, lin: Member, database_url: str
) -> None:
    loan = await make_loan(office, workspace, "L-1", owner=lin)
    place = next(place for place in rotation.places() if place.name == "borrower.name_cipher")
    async with office.database.reading() as session:
        batch = await rotation.read_stale(session, cipher_with(BOTH), place, None)
    assert batch is not None

    await edit_name(office, workspace, lin, loan, "王大明")
    async with office.database.transaction() as session:
        await rotation.write(session, place, batch)

    async with office.database.reading() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
    assert office.cipher.decrypt(Borrower.name_cipher, borrower) == "王大明"


@pytest.mark.in_time
async def test_no_transaction_holds_others_up_for_long(office: Office, workspace: Workspace) -> None:
    await many_borrowers(office, workspace, rotation.BATCH)
    place = next(place for place in rotation.places() if place.name == "borrower.name_cipher")
    async with office.database.reading() as session:
        batch = await rotation.read_stale(session, cipher_with(BOTH), place, None)
    assert batch is not None

    took: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        async with office.database.transaction() as session:
            await rotation.write(session, place, batch)
        took.append(time.perf_counter() - began)

    assert min(took) < 0.5


@pytest.mark.parametrize("damaged", [b"", b"\1", b"\1\0\0", b"\1" + bytes(40)], ids=len)
async def test_a_damaged_value_is_named_and_the_others_are_rotated(
    office: Office, workspace: Workspace, database_url: str, damaged: bytes
) -> None:
    await many_borrowers(office, workspace, 2)
    async with office.database.transaction() as session:
        row = (await session.exec(select(Borrower).limit(1))).scalars().one()  # pyright: ignore[reportCallIssue, reportArgumentType]
        row.name_cipher = damaged

    code, printed = await rotate(database_url)

    assert code == 1
    assert f"No key opens borrower.name_cipher of row {row.id}" in printed
    for place in rotation.places():
        assert await _stale(office, place) == (place.name == "borrower.name_cipher")


async def test_a_value_that_no_key_opens_is_named_and_stays(
    office: Office, workspace: Workspace, database_url: str
) -> None:
    await many_borrowers(office, workspace, 2)
    async with office.database.transaction() as session:
        row = (await session.exec(select(Borrower).limit(1))).scalars().one()  # pyright: ignore[reportCallIssue, reportArgumentType]
        row.name_cipher = b"\x07" + row.name_cipher[1:]

    code, printed = await rotate(database_url)

    assert code == 1
    assert f"No key opens borrower.name_cipher of row {row.id}" in printed
    assert await keys_in_use(office) == {2, 7}


async def test_a_value_with_the_current_id_that_another_key_made_is_named_and_stays(
    office: Office, workspace: Workspace, database_url: str
) -> None:
    await many_borrowers(office, workspace, 2)
    another = cipher_with(f"2:{KEY_1}")
    async with office.database.transaction() as session:
        row = (await session.exec(select(Borrower).limit(1))).scalars().one()  # pyright: ignore[reportCallIssue, reportArgumentType]
        row.name_cipher = kept = another.encrypt(Borrower.name_cipher, row.id, "王小明")

    code, printed = await rotate(database_url)

    assert code == 1
    assert f"No key opens borrower.name_cipher of row {row.id}" in printed
    assert "You may remove" not in printed
    async with office.database.reading() as session:
        assert (await session.get_one(Borrower, row.id)).name_cipher == kept


async def _stale(office: Office, place: rotation.Place) -> int:
    async with office.database.reading() as session:
        return await rotation.count_stale(session, place, 2)

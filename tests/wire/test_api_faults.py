"""What a program reads when something breaks, and that a repeat does its work once. Now is Wednesday 10:00."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from desk.lender import loans
from handlers.api import api
from storage.tables import LenderEvent, Loan, Payment, RelatedPerson
from tests.builders import make_loan
from tests.servers import Wire
from tests.wire.api_client import Program, program
from tests.wire.office_day import Slack

PAYMENT = {
    "type": "payment",
    "id": "e-1",
    "loan": "A-1",
    "amount": "1000.00",
    "paid_on": "2026-11-24",
    "reference": "P-1",
}
NEW = {"name": "张伟", "phone": "13912345678", "stage": "application"}


@pytest.fixture
async def core(slack: Slack) -> AsyncIterator[Program]:
    """A program whose token was used today."""
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    async with program(slack) as one:
        await one.get("/loans/A-1")
        yield one


class TestBrokenWire:
    """The network to PostgreSQL breaks."""

    @pytest.fixture
    async def wire(self, postgres_url: str) -> AsyncIterator[Wire]:
        host = make_url(postgres_url).query["host"]
        async with Wire(Path(str(host)) / ".s.PGSQL.5432").laid() as wire:
            yield wire

    @pytest.fixture
    def database_url(self, postgres_url: str, wire: Wire) -> str:
        url = make_url(postgres_url).set(host="127.0.0.1", port=wire.port, query={})
        return url.render_as_string(hide_password=False)

    @pytest.mark.parametrize("fault", ["lost", "answer_lost"])
    @pytest.mark.parametrize(
        ("spared", "told"), [(0, "database_away"), (1, "outcome_unknown")], ids=["the count", "the work"]
    )
    async def test_a_repeat_tells_what_became_of_a_commit_whose_answer_was_lost(
        self, slack: Slack, core: Program, wire: Wire, fault: str, spared: int, told: str
    ) -> None:
        """The first commit counts the request of the token."""
        wire.fault, wire.spared = fault, spared

        lost = await core.post("/events", PAYMENT, Idempotency_Key="k")

        assert (lost.status, lost.code) == (503, told)
        assert lost.headers["Retry-After"] == "5"
        wire.mend()
        again = await core.post("/events", PAYMENT, Idempotency_Key="k")
        assert (again.status, again.body["effect"]) == (200, "new")
        assert len(await slack.rows(Payment)) == 1

    async def test_a_silent_database_changes_nothing(
        self, slack: Slack, core: Program, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api, "REQUEST_SECONDS", 0.5)
        wire.fault = "dead"

        late = await core.get("/loans/A-1")

        assert (late.status, late.code in {"database_late", "database_away"}) == (503, True)
        wire.mend()
        monkeypatch.setattr(api, "REQUEST_SECONDS", 60)
        assert (await core.get("/loans/A-1")).status == 200


async def test_a_second_request_with_a_key_that_is_in_use_is_told_to_wait(
    slack: Slack, core: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate, put = asyncio.Event(), asyncio.Event(), loans.put_loan

    async def slow(*arguments: Any) -> Any:
        begun.set()
        await gate.wait()
        return await put(*arguments)

    monkeypatch.setattr(loans, "put_loan", slow)
    first = asyncio.create_task(core.put("/loans/B-1", NEW, Idempotency_Key="k"))
    await begun.wait()

    second = await core.put("/loans/B-1", NEW, Idempotency_Key="k")
    gate.set()

    assert (second.status, second.code) == (409, "key_in_progress")
    assert (await first).status == 201
    assert (await core.put("/loans/B-1", NEW, Idempotency_Key="k")).headers["Idempotency-Replayed"] == "true"


async def test_a_program_that_goes_away_leaves_nothing_half_done(slack: Slack, core: Program) -> None:
    body = json.dumps(PAYMENT).encode()
    head = (
        f"POST /api/v1/events HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {core.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    await send_and_leave(slack, head + body[:40])
    await settled(slack)
    assert await slack.rows(LenderEvent) == []
    await send_and_leave(slack, head + body)
    await settled(slack)
    answer = await core.post("/events", PAYMENT)

    assert (answer.status, answer.body["effect"]) == (200, "new")
    assert len(await slack.rows(Payment)) == 1


async def test_a_body_of_100_megabytes_is_refused_before_it_comes(slack: Slack, core: Program) -> None:
    for path in ("/api/v1/events", "/api/v1/event-batches"):
        reader, writer = await asyncio.open_connection("127.0.0.1", slack.service.port)
        writer.write(
            (
                f"POST {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {core.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {100 * 2**20}\r\n\r\n"
            ).encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
        writer.close()


async def test_a_sender_that_asks_first_is_told_to_send_its_body_only_if_it_is_taken(
    slack: Slack, core: Program
) -> None:
    body = json.dumps(PAYMENT).encode()
    for length, said in ((len(body), b"HTTP/1.1 100"), (100 * 2**20, b"HTTP/1.1 413")):
        reader, writer = await asyncio.open_connection("127.0.0.1", slack.service.port)
        writer.write(
            (
                f"POST /api/v1/events HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {core.token}\r\n"
                f"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
            ).encode()
        )
        assert (await reader.readline()).startswith(said)
        if length == len(body):
            await reader.readline()
            writer.write(body)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
    assert len(await slack.rows(Payment)) == 1


async def test_many_programs_at_once_each_have_their_effect(slack: Slack, core: Program) -> None:
    events = [PAYMENT | {"id": f"e-{n}", "reference": f"P-{n}", "amount": f"{n + 1}.00"} for n in range(12)]

    answers = await asyncio.gather(*(core.post("/events", event) for event in [*events, *events]))

    assert {answer.status for answer in answers} == {200}
    assert sorted(row.amount for row in await slack.rows(Payment)) == [n + 1 for n in range(12)]
    (loan,) = await slack.rows(Loan)
    assert loan.number == "A-1"


async def send_and_leave(slack: Slack, content: bytes) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", slack.service.port)
    writer.write(content)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def settled(slack: Slack) -> None:
    """Wait until the server answers nobody."""
    assert slack.service.server is not None
    for _ in range(3):  # the server hears of the end of a connection a turn later
        await asyncio.sleep(0)
    await slack.service.server.idle.wait()


async def test_requests_that_create_the_same_loan_at_once_make_one(slack: Slack, core: Program) -> None:
    told = NEW | {"people": {"spouse": {"name": "韩梅梅", "phone": "13900139002"}}}
    effects = [each.body["effect"] for each in await asyncio.gather(*(core.put("/loans/B-1", told) for _ in range(4)))]
    assert sorted(effects) == ["new", "same", "same", "same"]
    event = {"type": "application_received", "loan": "B-2", "name": "李娜", "phone": "13900001234"}
    events = await asyncio.gather(*(core.post("/events", event | {"id": f"n-{each}"}) for each in range(4)))
    assert sorted(each.body["effect"] for each in events) == ["new", "same", "same", "same"]
    assert len(await slack.rows(Loan)) == 3
    assert len(await slack.rows(RelatedPerson)) == 1

"""A program reports what has happened to loans: at once, or many events that the worker applies. Now is Wednesday 10:00."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.worker import do_chores
from desk.lender import events
from storage.tables import ApiAnswer, AuditEntry, LenderEvent, Loan, Payment, PhoneCall, SetAside
from tests.builders import make_loan
from tests.wire.api_client import ApiAnswer as Answer
from tests.wire.api_client import Program, program
from tests.wire.office_day import Slack

PAYMENT = {"type": "payment", "loan": "A-1", "amount": "1000.00", "paid_on": "2026-11-24", "reference": "P-1"}
APPLICATION = {"type": "application_received", "loan": "N-1", "name": "张伟", "phone": "13912345678"}


@pytest.fixture
async def core(slack: Slack) -> AsyncIterator[Program]:
    async with program(slack) as one:
        yield one


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")


async def report(core: Program, event: dict[str, Any], name: str) -> Answer:
    return await core.post("/events", event | {"id": name})


async def test_a_payment_is_recorded_at_once_and_once(slack: Slack, core: Program, loan: Loan) -> None:
    first = await report(core, PAYMENT, "e-1")
    again = await report(core, PAYMENT, "e-1")

    assert (first.status, first.body["status"], first.body["effect"]) == (200, "applied", "new")
    assert (again.status, again.body) == (200, first.body)
    (payment,) = await slack.rows(Payment)
    service = await slack.member("api:core")
    assert (payment.source, payment.by_id, payment.reference) == ("api", service.id, "P-1")
    reused = await report(core, PAYMENT | {"amount": "2.00"}, "e-1")
    assert (reused.status, reused.code) == (422, "event_reused")
    assert (await core.get("/events/e-1")).body == first.body


async def test_the_payments_and_the_timeline_of_a_loan_name_the_program(
    slack: Slack, core: Program, loan: Loan
) -> None:
    await report(core, PAYMENT, "e-1")
    await report(core, {"type": "settled", "loan": "A-1"}, "e-2")

    payments = await slack.in_card(slack.agent, "Payments")
    timeline = await slack.in_card(slack.agent, "Open", "Timeline")

    assert "from the lender's system · api:core" in payments.text
    assert "api:core" in timeline.text


async def test_a_refused_event_is_named_by_its_field_and_may_come_again_mended(
    slack: Slack, core: Program, loan: Loan
) -> None:
    refused = await report(core, PAYMENT | {"paid_on": "2026-12-24"}, "e-1")

    assert (refused.status, refused.pointers) == (422, {"/paid_on": "payment_future"})
    assert await slack.rows(Payment) == []
    assert await slack.rows(LenderEvent) == []
    assert (await report(core, PAYMENT, "e-1")).status == 200
    unknown = await report(core, PAYMENT | {"loan": "X-9"}, "e-2")
    assert unknown.pointers == {"/loan": "import_loan_unknown"}


async def test_what_is_wrong_is_said_with_the_fields_of_the_event(core: Program, loan: Loan) -> None:
    reversal = {"type": "payment_reversed", "loan": "A-1", "amount": "5.00", "payment_reference": "none"}
    for event, field in (
        (reversal | {"reversed_on": "2026-12-31"}, "reversed_on"),
        (reversal | {"reversed_on": "2026-11-24"}, "payment_reference"),
        ({"type": "debit_failed", "loan": "A-1", "due_on": "2027-01-01"}, "due_on"),
        ({"type": "settled", "loan": "Z-9"}, "loan"),
    ):
        refused = await core.post("/events", event | {"id": f"e-{field}"})
        assert (refused.status, set(refused.pointers)) == (422, {f"/{field}"})
        assert refused.body["detail"].startswith(f"{field}: ")
        assert refused.body["errors"][0]["detail"] == refused.body["detail"]


async def test_the_life_of_a_loan_is_reported(slack: Slack, core: Program) -> None:
    await report(core, APPLICATION | {"owner": "UAGENT"}, "1")
    await report(core, {"type": "decision", "loan": "N-1", "decision": "approved"}, "2")
    await report(core, {"type": "disbursed", "loan": "N-1", "amount": "2000.00", "due_day": 10}, "3")
    instalments = [{"due_on": "2026-12-10", "amount": "1000.00"}, {"due_on": "2027-01-10", "amount": "1000.00"}]
    plan = await report(core, {"type": "schedule_set", "loan": "N-1", "instalments": instalments}, "4")
    larger = await report(core, PAYMENT | {"loan": "N-1", "amount": "2000.01"}, "5")
    assert larger.pointers == {"/amount": "payment_larger"}
    await report(core, PAYMENT | {"loan": "N-1"}, "5")
    (loan,) = await slack.rows(Loan)
    assert (plan.body["effect"], loan.stage, str(loan.next_instalment_on)) == ("new", "disbursed", "2027-01-10")
    reversal = {"type": "payment_reversed", "loan": "N-1", "amount": "1000.00", "reversed_on": "2026-11-25"}
    back = await report(core, reversal | {"payment_reference": "P-1", "reference": "R-1"}, "6")
    assert back.body["effect"] == "reversed"
    await report(core, {"type": "debit_failed", "loan": "N-1", "due_on": "2026-11-10"}, "7")
    later = await report(core, {"type": "debit_failed", "loan": "N-1", "due_on": "2026-11-20"}, "8")
    (loan,) = await slack.rows(Loan)
    assert (str(loan.unpaid_since), later.body["effect"]) == ("2026-11-10", "same")
    await report(core, {"type": "settled", "loan": "N-1"}, "9")
    (loan,) = await slack.rows(Loan)
    assert loan.stage == "closed"


async def test_instalments_that_do_not_fit_are_named(core: Program, loan: Loan) -> None:
    rows = [{"due_on": "2026-12-10", "amount": "1000.00"}, {"due_on": "2026-11-10", "amount": "0"}]

    answer = await report(core, {"type": "schedule_set", "loan": "A-1", "instalments": rows}, "e-1")

    assert answer.status == 422
    assert set(answer.body["errors"][0]["pointer"].split("/")[:3]) == {"", "instalments", "1"}


async def test_many_events_are_accepted_and_applied_by_the_worker_in_their_order(slack: Slack, core: Program) -> None:
    batch = [
        APPLICATION | {"id": "1"},
        {"type": "decision", "loan": "N-1", "decision": "approved", "id": "2"},
        {"type": "disbursed", "loan": "N-1", "amount": "2000.00", "id": "3"},
        PAYMENT | {"loan": "N-1", "id": "4"},
        PAYMENT | {"loan": "N-1", "id": "5", "paid_on": "2027-01-01", "reference": "P-2"},
        PAYMENT | {"loan": "N-1", "id": "4"},
        {"type": "payment", "id": "6"},
    ]
    accepted = await core.post("/event-batches", {"events": batch})

    assert accepted.status == 202
    statuses = [each["status"] for each in accepted.body["events"]]
    assert statuses == ["accepted"] * 5 + ["duplicate", "refused"]
    assert accepted.body["events"][6]["problem"]["code"] == "invalid_body"
    assert accepted.headers["Location"] == accepted.body["url"]
    path = accepted.body["url"].removeprefix("/api/v1")
    before = await core.get(path)
    assert (before.body["waiting"], before.body["applied"]) == (5, 0)
    single = await report(core, PAYMENT | {"loan": "N-1", "reference": "P-3", "amount": "3.00"}, "7")
    assert (single.status, single.body["status"]) == (202, "waiting")

    await do_chores(slack.office, slack.workspace)

    after = await core.get(path)
    assert (after.body["waiting"], after.body["applied"], after.body["refused"]) == (0, 4, 1)
    assert [each["id"] for each in after.body["events"]] == ["1", "2", "3", "4", "5"]
    refused = (await core.get(f"{path}?status=refused")).body["events"]
    assert [(each["id"], each["problem"]["errors"][0]["pointer"]) for each in refused] == [("5", "/paid_on")]
    assert sorted(str(row.amount) for row in await slack.rows(Payment)) == ["1000.00", "3.00"]
    (loan,) = await slack.rows(Loan)
    assert loan.stage == "disbursed"
    assert all(row.body_cipher is None for row in await slack.rows(LenderEvent))
    pages = await core.get(f"{path}?limit=3")
    rest = await core.get(f"{path}?limit=3&cursor={pages.body['next']}")
    assert [each["id"] for each in rest.body["events"]] == ["4", "5"]
    assert rest.body["next"] is None


async def test_a_batch_that_comes_twice_has_no_effect_again(slack: Slack, core: Program, loan: Loan) -> None:
    batch = {"events": [PAYMENT | {"id": "1"}]}
    await core.post("/event-batches", batch)
    await do_chores(slack.office, slack.workspace)

    again = await core.post("/event-batches", batch)

    assert (again.status, again.body["batch"], again.body["duplicates"]) == (202, None, 1)
    await do_chores(slack.office, slack.workspace)
    assert len(await slack.rows(Payment)) == 1


async def test_each_kind_of_event_needs_its_scope(slack: Slack, loan: Loan) -> None:
    async with program(slack, "money", ("payments:write",)) as money:
        one = await report(money, APPLICATION, "1")
        many = await money.post("/event-batches", {"events": [APPLICATION | {"id": "1"}, PAYMENT | {"id": "2"}]})

    assert one.status == 403
    assert [each["status"] for each in many.body["events"]] == ["refused", "accepted"]
    assert many.body["events"][0]["problem"]["code"] == "event_forbidden"


async def test_nothing_is_accepted_of_events_that_all_are_malformed(slack: Slack, core: Program) -> None:
    answer = await core.post("/event-batches", {"events": [{"type": "payment"}, 5, {"type": "nothing"}]})

    assert (answer.status, answer.code) == (422, "no_event_accepted")
    assert (await core.post("/event-batches", {"events": []})).status == 422
    assert await slack.rows(LenderEvent) == []


async def test_an_event_with_which_the_desk_fails_is_set_aside_and_holds_up_its_loan_alone(
    slack: Slack, core: Program, loan: Loan, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="disbursed", phone="+8613900001111")
    batch = [
        PAYMENT | {"id": "1", "reference": "BAD"},
        PAYMENT | {"id": "2", "reference": "P-2", "amount": "2.00"},
        PAYMENT | {"id": "3", "loan": "A-2"},
    ]
    await core.post("/event-batches", {"events": batch})
    whole = events.apply_rows

    async def failing(desk: Any, family: Any, of_loans: Any, source: Any) -> Any:
        if any(row.get("reference") == "BAD" for rows in of_loans for row in rows):
            raise RuntimeError("a mistake of ours")
        return await whole(desk, family, of_loans, source)

    monkeypatch.setattr(events, "apply_rows", failing)
    for _ in range(3):
        await do_chores(slack.office, slack.workspace)

    assert [str(row.amount) for row in await slack.rows(Payment)] == ["1000.00"]
    assert [row.chore for row in await slack.rows(SetAside)] == ["lender_events"]
    monkeypatch.setattr(events, "apply_rows", whole)
    await slack.later(hours=2)
    await do_chores(slack.office, slack.workspace)
    assert sorted(str(row.amount) for row in await slack.rows(Payment)) == ["1000.00", "1000.00", "2.00"]


async def test_answers_and_events_are_forgotten_in_time(slack: Slack, core: Program, loan: Loan) -> None:
    await core.post("/events", PAYMENT | {"id": "1"}, Idempotency_Key="k")
    await slack.later(days=2)
    await do_chores(slack.office, slack.workspace)
    assert await slack.rows(ApiAnswer) == []
    assert len(await slack.rows(LenderEvent)) == 1

    await slack.later(days=90)
    await do_chores(slack.office, slack.workspace)

    assert await slack.rows(LenderEvent) == []


async def test_what_a_program_reported_is_in_the_trail(slack: Slack, core: Program, loan: Loan) -> None:
    await report(core, PAYMENT, "1")
    await core.post("/event-batches", {"events": [PAYMENT | {"id": "2", "reference": "P-2", "amount": "5.00"}]})
    await do_chores(slack.office, slack.workspace)

    service = await slack.member("api:core")
    entries = [entry for entry in await slack.rows(AuditEntry) if entry.actor_id == service.id]
    assert [entry.act for entry in entries] == ["payment_recorded", "events_accepted", "payment_recorded"]


async def test_a_call_is_reported_as_an_event_too(slack: Slack, core: Program, loan: Loan) -> None:
    call = {
        "source": "pbx",
        "key": "c-1",
        "direction": "out",
        "number": "13800135678",
        "agent_extension": "801",
        "started": "2026-11-25T09:00:00+08:00",
        "result": "no_answer",
    }
    first = await core.post("/events", {"type": "call_finished", "id": "1", "call": call})
    many = await core.post("/event-batches", {"events": [{"type": "call_finished", "id": "2", "call": call}]})
    await do_chores(slack.office, slack.workspace)

    assert (first.status, first.body["effect"]) == (200, "new")
    assert (await core.get(many.body["url"].removeprefix("/api/v1"))).body["events"][0]["effect"] == "same"
    (row,) = await slack.rows(PhoneCall)
    assert (row.source, row.key) == ("pbx", "c-1")

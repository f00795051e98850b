"""Which of the things that members do each are an event of webhooks. Now is Wednesday 25 November 2026, 10:00."""

from typing import Any

import pytest

from storage.tables import Loan
from tests.builders import make_loan, make_loan_in_arrears
from tests.webhook_receiver import Receiver
from tests.wire.filling import fill
from tests.wire.office_day import Slack, shown
from tests.wire.webhook_office import Webhooks


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="王小明")


async def told(webhooks: Webhooks, receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    """Have the worker send what there is, and return what came since the last time."""
    receiver.received.clear()
    await webhooks.rounds.deliver_pending()
    return [(each.type, each.data) for each in receiver.received]


@pytest.mark.usefixtures("loan")
async def test_a_note_is_told_without_its_text_and_so_is_its_correction(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "note.*")
    reply = await slack.command(slack.agent, "/loan-note A-1 prefers mornings")
    [(added, note)] = await told(webhooks, receiver)
    assert (added, note["by_id"], note["loan"]["number"]) == ("note.added", str(slack.agent.id), "A-1")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Correct the note")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Note", "prefers evenings")
    await form.submit()
    [(corrected, again)] = await told(webhooks, receiver)  # the text before it, which is kept, is no new note
    assert (corrected, again["id"]) == ("note.corrected", note["id"])
    await form.press("Undo")
    [(undone, back)] = await told(webhooks, receiver)
    assert (undone, back["undoes"], back["id"]) == ("note.undone", "note.corrected", note["id"])
    assert "prefers" not in str((note, again, back))


@pytest.mark.usefixtures("loan")
async def test_the_life_of_an_appointment_is_told_without_its_place(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "appointment.*")
    form = await slack.in_card(slack.agent, "Open", "Book an appointment")
    await fill(form, {"What for": "signing", "When": "fri 15:00", "Place": "Room 3"})
    await form.submit()
    [(code, booked)] = await told(webhooks, receiver)
    assert (code, booked["kind"], booked["at"]) == ("appointment.booked", "signing", "2026-11-27T07:00:00Z")
    assert booked["members"][booked["member_id"]] == "UAGENT"
    await form.press("Confirmed")
    assert [code for code, _ in await told(webhooks, receiver)] == ["appointment.confirmed"]
    await form.press("Move it")
    move = slack.sandbox.modal_of("UAGENT")
    await move.fill("When", "2026-12-03 10:00")
    await move.submit()
    [(code, moved)] = await told(webhooks, receiver)
    assert (code, moved["id"], moved["before"]["at"]) == ("appointment.moved", booked["id"], booked["at"])
    await slack.at("2026-12-03 09:00")
    [reminder] = [each for each in slack.posts(slack.agent) if "signing, Thu 3 Dec 10:00" in each.text][-1:]
    await slack.at("2026-12-03 11:10")
    await slack.press(slack.agent, reminder, "Took place")
    assert [code for code, _ in await told(webhooks, receiver)] == ["appointment.kept"]
    assert "Room" not in str((booked, moved))


async def test_steps_beyond_calls_and_other_contacts_are_told(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await webhooks.add(receiver, "step.*", "contact.*")
    form = await slack.in_card(slack.agent, "Open", "Step beyond calls")
    await fill(form, {"Step": "visit", "State": "planned", "Day": "2026-11-27", "Note": "Beside the bank"})
    await form.submit()
    [(code, step)] = await told(webhooks, receiver)
    assert (code, step["kind"], step["day"]) == ("step.planned", "visit", "2026-11-27")
    await form.press("Cancel: visit")
    assert [code for code, _ in await told(webhooks, receiver)] == ["step.cancelled"]
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, page, "Other contact")
    entered = slack.sandbox.modal_of("UAGENT")
    await entered.fill("How", "text message")
    await entered.fill("When", int(slack.clock.now().timestamp()) - 3600)
    await entered.fill("Note", "Asked for the rest")
    await entered.submit()
    [(code, contact)] = await told(webhooks, receiver)
    assert (code, contact["channel"], contact["inbound"]) == ("contact.entered", "text", False)
    assert not any(word in str((step, contact)) for word in ("bank", "Asked"))

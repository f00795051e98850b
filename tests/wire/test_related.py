"""The people around a loan: added, changed, removed, found and called. Now is Wednesday 10:00."""

from typing import Any

import pytest
from sqlmodel import col, select

from sandbox.modals import Modal
from storage.tables import AuditEntry, Loan, RelatedPerson, RelatedPhone
from tests.builders import make_loan, make_team
from tests.wire.filling import fill
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷")


async def open_form(slack: Slack, who: Any, button: str) -> Modal:
    people = shown(await slack.press(who, await slack.card(who), "People"))
    await slack.press(who, people, button)
    return slack.sandbox.modal_of(who.slack_user_id)


async def add(slack: Slack, role: str, name: str, *phones: str, who: Any = None, **fields: str) -> Modal:
    form = await open_form(slack, who or slack.agent, "Add a person")
    await form.fill("Role", role)
    await form.fill("Name", name)
    for place, phone in enumerate(phones, 1):
        await form.fill(f"Phone {place}", phone)
    await fill(form, fields)
    await form.submit()
    return slack.sandbox.modal_of((who or slack.agent).slack_user_id)


async def card_text(slack: Slack) -> str:
    return (await slack.command(slack.agent, "/loan A-1")).text


@pytest.mark.usefixtures("loan")
async def test_a_person_is_added_with_phones_and_shown_masked(slack: Slack) -> None:
    fields = {"Relation": "wife", "Preferred": "Phone 2", "Best hours": "after 19:00"}
    answer = await add(slack, "spouse", "韩梅梅", "139 0013 9000", "010-88888888 ext 22", **fields)
    line = "spouse 韩梅梅 (wife) · mobile phone ending 9000 · mobile phone ending 8888 preferred · best: after 19:00"
    assert answer.text.splitlines()[:2] == ["A-1: spouse 韩梅梅 added.", line]
    text = await card_text(slack)
    assert line in text
    assert "139" not in text
    people = shown(await slack.press(slack.agent, await slack.card(slack.agent), "People"))
    assert buttons(people) == ["Call 9000", "Call 8888", "Change 韩梅梅", "Remove 韩梅梅", "Add a person"]


@pytest.mark.usefixtures("loan")
async def test_a_number_is_shown_to_its_reader_alone_and_the_reveal_is_logged(slack: Slack) -> None:
    await add(slack, "employer", "远大汽车配件厂", "010-66668888")
    people = shown(await slack.press(slack.verifier, await slack.card(slack.verifier), "People"))
    number = shown(await slack.press(slack.verifier, people, "Call 8888"))
    assert number.is_ephemeral
    assert number.text.splitlines() == [
        "A-1 · employer 远大汽车配件厂 · +86 10 6666 8888",
        "They are told nothing about the loan: not that there is one, no amount, no arrears.",
        "We logged that you viewed it.",
    ]
    async with slack.office.database.reading() as session:
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.act == "show_number"))).one()
        phone = (await session.exec(select(RelatedPhone))).one()
    assert (entry.actor_id, entry.subject_id) == (slack.verifier.id, phone.id)


@pytest.mark.usefixtures("loan")
async def test_the_loan_is_found_by_the_people_around_it(slack: Slack) -> None:
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    await add(slack, "employer", "远大汽车配件厂", "010-66668888")
    for words, who in (
        ("韩梅梅", "spouse 韩梅梅"),
        ("韩", "spouse 韩梅梅"),
        ("hanmeimei", "spouse 韩梅梅"),
        ("han mei mei", "spouse 韩梅梅"),
        ("13900139000", "spouse 韩梅梅"),
        ("尾号9000", "spouse 韩梅梅"),
        ("远大汽车配件厂", "employer 远大汽车配件厂"),
        ("01066668888", "employer 远大汽车配件厂"),
    ):
        found = await slack.command(slack.agent, f"/loan find {words}")
        assert "1 loan found" in found.text, words
        assert (
            f"A-1 李雷 · phone ending 5678 · application · @UAGENT · {who}".replace("@UAGENT", "<@UAGENT>")
            in found.text
        )
    named = await slack.command(slack.agent, "/loan-call 韩梅梅 no answer")
    assert "There is no loan" in named.text


@pytest.mark.usefixtures("loan")
async def test_a_person_is_changed_and_removed_and_undo_takes_each_back(slack: Slack) -> None:
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    form = await open_form(slack, slack.agent, "Change 韩梅梅")
    assert "139 0013" not in str(form.blocks)
    await form.fill("Name", "韩美美")
    await form.fill("Phone 1", "137 0013 7000")
    await form.fill("Wrong numbers", ["Phone 1"])
    await form.submit()
    changed = slack.sandbox.modal_of("UAGENT")
    assert "A-1: spouse 韩美美 changed." in changed.text
    assert "spouse 韩美美 · mobile phone ending 7000 wrong number" in await card_text(slack)
    assert "No loan" in (await slack.command(slack.agent, "/loan find 13900139000")).text
    await changed.press("Undo")
    assert "spouse 韩梅梅 · mobile phone ending 9000" in await card_text(slack)
    assert "1 loan found" in (await slack.command(slack.agent, "/loan find 13900139000")).text
    people = shown(await slack.press(slack.agent, await slack.card(slack.agent), "People"))
    removed = shown(await slack.press(slack.agent, people, "Remove 韩梅梅"))
    assert removed.text == "A-1: spouse 韩梅梅 removed."
    assert "韩梅梅" not in await card_text(slack)
    assert "No loan" in (await slack.command(slack.agent, "/loan find 韩梅梅")).text
    again = shown(await slack.press(slack.agent, people, "Remove 韩梅梅"))
    assert "no longer around the loan" in again.text
    await slack.press(slack.agent, removed, "Undo")
    assert "1 loan found" in (await slack.command(slack.agent, "/loan find 韩梅梅")).text


@pytest.mark.usefixtures("loan")
async def test_the_timeline_says_who_was_added(slack: Slack) -> None:
    await add(slack, "guarantor", "王五", "139 0013 9000")
    modal = await slack.in_card(slack.agent, "Open", "Timeline")
    assert "Wed 25 Nov 10:00 · guarantor 王五 added · <@UAGENT>" in modal.text
    await modal.press("People")
    assert "guarantor 王五 · mobile phone ending 9000" in modal.text


@pytest.mark.usefixtures("loan")
async def test_of_two_who_change_a_person_at_once_one_wins(slack: Slack) -> None:
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    mine = await open_form(slack, slack.agent, "Change 韩梅梅")
    theirs = await open_form(slack, slack.manager, "Change 韩梅梅")
    await theirs.fill("Relation", "wife")
    await theirs.submit()
    await mine.fill("Relation", "partner")
    await mine.submit()
    assert "has been changed since" in str(mine.errors)


async def test_nobody_of_another_team_sees_them_and_they_are_encrypted(slack: Slack, loan: Loan) -> None:
    await add(slack, "spouse", "韩梅梅", "139 0013 9000")
    west = await make_team(slack.office, slack.workspace, "West")
    await slack.change(slack.other, team_id=west.id)
    assert "No loan" in (await slack.command(slack.other, "/loan find 韩梅梅")).text
    async with slack.office.database.reading() as session:
        person = (await session.exec(select(RelatedPerson).where(col(RelatedPerson.loan_id) == loan.id))).one()
    assert "韩梅梅" not in repr(vars(person))


@pytest.mark.usefixtures("loan")
async def test_a_person_without_a_valid_phone_is_refused_at_its_field(slack: Slack) -> None:
    form = await open_form(slack, slack.agent, "Add a person")
    await form.fill("Role", "spouse")
    await form.fill("Name", "韩梅梅")
    await form.fill("Phone 2", "12345")
    await form.submit()
    assert list(form.errors) == ["Phone 2"]

"""Notes on a loan without a call. Now is Wednesday 10:00 in Shanghai."""

import pytest
from sqlmodel import col, select

from sandbox import Modal
from storage.tables import AuditEntry, Loan, LoanNote, Member
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown

NOTE = "prefers calls <after> 18:00; next week's shift & all"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def notes(slack: Slack) -> list[LoanNote]:
    async with slack.office.database.reading() as session:
        return list((await session.exec(select(LoanNote).order_by(col(LoanNote.id)))).all())


async def card(slack: Slack, who: Member, *, open_words: str = "Open") -> Modal:
    reply = await slack.command(who, "/loan L-1042")
    assert reply.message is not None
    await slack.press(who, reply.message, open_words)
    return slack.sandbox.modal_of(who.slack_user_id)


async def timeline(slack: Slack, who: Member) -> list[str]:
    opened = await card(slack, who)
    await opened.press("Timeline")
    lines = opened.text.splitlines()
    await opened.close()
    return lines


async def test_an_agent_adds_a_note_and_the_team_reads_it_on_the_card_and_in_the_timeline(
    slack: Slack, loan: Loan
) -> None:
    reply = await slack.command(slack.agent, f"/loan-note L-1042 {NOTE}")

    assert "L-1042 · 王小明 · phone ending 5678: note added at 10:00." in reply.full_text
    assert NOTE in reply.full_text
    lines = await timeline(slack, slack.manager)
    at = lines.index("Wed 25 Nov 10:00 · note · <@UAGENT>")
    assert lines[at + 1] == NOTE
    shown_card = await slack.command(slack.other, "/loan L-1042")
    assert "Notes:" in shown_card.full_text
    assert NOTE in shown_card.full_text
    async with slack.office.database.reading() as session:
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.act == "note"))).one()
    (row,) = await notes(slack)
    assert (entry.loan_id, entry.subject_id, entry.details["door"]) == (loan.id, row.id, "/loan-note")


async def test_what_a_note_says_cannot_be_read_in_the_table(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, f"/loan-note L-1042 {NOTE}")

    (row,) = await notes(slack)
    assert b"18:00" not in row.note_cipher
    assert slack.office.cipher.decrypt(LoanNote.note_cipher, row) == NOTE


async def test_undo_takes_the_note_away_from_card_and_timeline(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, f"/loan-note L-1042 {NOTE}")
    assert reply.message is not None

    undone = shown(await slack.press(slack.agent, reply.message, "Undo"))

    assert "Undone on L-1042: a note." in undone.text
    assert "Nothing recorded yet." in await timeline(slack, slack.agent)
    assert NOTE not in (await slack.command(slack.agent, "/loan L-1042")).full_text


async def test_the_author_corrects_a_note_and_its_earlier_text_stays_in_the_timeline(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-note L-1042 prefers mornings")
    assert reply.message is not None
    slack.clock.advance(minutes=5)
    await slack.press(slack.agent, reply.message, "Correct the note")
    form = slack.sandbox.modal_of("UAGENT")
    assert form.title == "Correct a note"
    await form.submit()
    assert form.errors == {"Note": "Nothing was changed: it is already set this way."}
    await form.fill("Note", "prefers evenings")
    await form.submit()
    assert "Corrected to:\nprefers evenings\nBefore:\nprefers mornings" in form.text

    lines = await timeline(slack, slack.agent)
    at = lines.index("Wed 25 Nov 10:00 · note · <@UAGENT>")
    assert lines[at + 1 : at + 4] == [
        "prefers evenings",
        "corrected Wed 25 Nov 10:05 by <@UAGENT>; before:",
        "prefers mornings",
    ]


async def test_a_correction_is_taken_back_first_and_then_the_note(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-note L-1042 prefers mornings")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Correct the note")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Note", "prefers evenings")
    await form.submit()

    await slack.press(slack.agent, reply.message, "Undo")
    assert len(await notes(slack)) == 2
    assert all(row.undone_at is None for row in await notes(slack))
    await form.press("Undo")
    assert "a note correction" in form.text
    await form.close()

    lines = await timeline(slack, slack.agent)
    assert lines[lines.index("Wed 25 Nov 10:00 · note · <@UAGENT>") + 1] == "prefers mornings"
    assert not any(line.startswith("corrected") for line in lines)
    assert "a note" in shown(await slack.press(slack.agent, reply.message, "Undo")).text
    assert "Nothing recorded yet." in await timeline(slack, slack.agent)


async def test_a_note_is_corrected_by_its_author_within_a_day_or_by_a_manager(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-note L-1042 prefers mornings")
    assert reply.message is not None
    words = "Correct Wed 25 Nov 10:00 note"
    assert words in await timeline(slack, slack.agent)
    assert words in await timeline(slack, slack.manager)
    assert words not in await timeline(slack, slack.other)

    slack.clock.advance(days=1, minutes=1)
    assert words not in await timeline(slack, slack.agent)
    assert words in await timeline(slack, slack.manager)
    await slack.press(slack.agent, reply.message, "Correct the note")
    assert "Only the person who added this note" in str(slack.sandbox.messages(slack.desk_channel, "UAGENT")[-1].text)


async def test_two_corrections_at_once_one_wins(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-note L-1042 prefers mornings")
    forms: list[Modal] = []
    for who in (slack.agent, slack.manager):
        opened = await card(slack, who)
        await opened.press("Timeline")
        await opened.press("Correct Wed 25 Nov 10:00 note")
        forms.append(slack.sandbox.modal_of(who.slack_user_id))
    for form, text in zip(forms, ("noon", "evening"), strict=True):
        await form.fill("Note", text)
        await form.submit()

    assert "noon" in forms[0].text
    assert "has been corrected since" in forms[1].errors["Note"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [("/loan-note L-1042", "What's the note?"), ("/loan-note", ""), ("/loan-note L-9 text", "There is no loan “L-9”")],
)
async def test_what_is_missing_is_asked_for_and_nothing_is_written(
    slack: Slack, loan: Loan, line: str, answer: str
) -> None:
    reply = await slack.command(slack.agent, line)

    assert answer in reply.text
    assert await notes(slack) == []


async def test_help_shows_how_it_is_typed(slack: Slack, loan: Loan) -> None:
    assert "/loan-note <loan> <text>" in (await slack.command(slack.agent, "/loan-note help")).full_text


async def test_nobody_notes_on_a_loan_that_they_may_not_see_or_without_a_role_that_makes_calls(
    slack: Slack, loan: Loan
) -> None:
    await slack.change(slack.other, team_id=None)
    unseen = await slack.command(slack.other, "/loan-note L-1042 hello")
    assert "There is no loan “L-1042” that you can see" in unseen.text

    refused = await slack.command(slack.compliance, "/loan-note L-1042 hello")
    assert "You need the role" in refused.text
    assert await notes(slack) == []


async def test_the_command_alone_and_the_card_open_a_form(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-note")
    assert form.title == "Add a note"
    await form.fill("Loan", "L-1042")
    await form.fill("Note", "   ")
    await form.submit()
    assert form.errors == {"Note": "What's the note?"}
    await form.fill("Note", NOTE)
    await form.submit()
    assert "note added at 10:00" in form.text
    await form.close()

    reply = await slack.command(slack.agent, "/loan L-1042")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Add a note")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Note", "from the card")
    await form.submit()
    assert "from the card" in form.text
    assert len(await notes(slack)) == 2


async def test_a_chinese_reader_adds_and_corrects_a_note_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-note L-1042 请在18点后联系")
    assert reply.message is not None
    assert "添加备注" in reply.text
    assert "请在18点后联系" in reply.full_text

    await slack.press(slack.agent, reply.message, "更正备注")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("备注", "请在19点后联系")
    await form.submit()
    assert "已更正为：" in form.text
    await form.press("撤销")
    assert "更正备注" in form.text


async def test_demo_borrowers_go_with_their_notes(slack: Slack) -> None:
    await slack.change(slack.admin, roles="admin agent")
    (welcome,) = [message for message in slack.posts(slack.admin) if "Try it" in str(message.blocks)]
    await slack.press(slack.admin, welcome, "Try it with demo borrowers")
    reply = await slack.command(slack.admin, "/loan-note DEMO-1 hello")
    assert reply.message is not None
    await slack.press(slack.admin, reply.message, "Correct the note")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Note", "hello again")
    await form.submit()
    await form.close()
    await slack.deliver()

    (welcome,) = [message for message in slack.posts(slack.admin) if "Remove" in str(message.blocks)]
    removed = await slack.press(slack.admin, welcome, "Remove the demo borrowers")

    assert "5 demo borrowers were removed" in removed.text
    assert await notes(slack) == []

"""Nothing of planted borrowers is in what leaves the desk about others or about all (case files of other loans, masked lists,
proofs of a month, the exported trail), and in no table of the database in clear."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from rich.console import Console
from sqlalchemy.engine import make_url

from bot.commands import audit
from desk.messages.monthly_proof import monthly_proof
from handlers.messages.block_kit.translator import Translator
from handlers.reports.monthly_proof import proof_csv, proof_report
from handlers.reports.page import to_page
from storage.tables import SentMessage
from tests.builders import make_follow_up, make_loan
from tests.wire import exporting
from tests.wire.office_day import Slack, shown
from tests.wire.page_links import Browser, link_and_code
from tests.wire.test_case_files import ask_link as ask_case_link
from tests.wire.test_case_files import make as make_cases
from tests.wire.test_no_word_outside import NAMES, NOTES, PHONES, clean

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as session:
        yield Browser(slack, session)


@pytest.fixture
async def worked(slack: Slack) -> Slack:
    """A day on which planted borrowers and others were worked on together: in lists, one reminder, handovers."""
    for number, (name, phone, note) in enumerate(zip(NAMES, PHONES, NOTES, strict=True)):
        loan = await make_loan(slack.office, slack.workspace, f"P-{number}", owner=slack.agent, name=name, phone=phone)
        await slack.command(slack.agent, f"/loan-call P-{number} reached {note}")
        await slack.command(slack.agent, f"/loan-docs P-{number} other: {note} by fri")
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now(), number=9)
    for number in range(5):
        loan = await make_loan(slack.office, slack.workspace, f"Q-{number}", owner=slack.agent, name="李四")
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
    await slack.deliver()
    assert "7 follow-ups are due." in slack.texts(slack.agent)[-1]
    await slack.command(slack.agent, "/loan mine")
    await slack.command(slack.agent, f"/loan find {NAMES[1]}")
    await slack.command(slack.manager, "/loan-reassign Q-0 @other")
    await slack.later(seconds=10)
    return slack


async def test_what_leaves_the_desk_about_others_has_nothing_of_them(
    worked: Slack, browser: Browser, database_url: str, tmp_path: Path
) -> None:
    slack = worked
    await slack.command(slack.compliance, "/loan-case Q-1")
    await make_cases(slack)
    _, archive, _ = await browser.open(*await ask_case_link(slack, slack.compliance))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        texts = [opened.read(name).decode() for name in opened.namelist() if not name.endswith(".pdf")]
    assert "李四" in texts[0]
    for text in texts:
        clean(text)
        assert "P-0" not in text

    await slack.command(slack.agent, "/loan mine export csv")
    await exporting.make(slack)
    offer = shown(await slack.press(slack.agent, slack.posts(slack.agent)[-1], "Open the file"))
    _, content, _ = await browser.open(*link_and_code(offer.blocks, offer.text))
    masked = exporting.rows_of_csv(content)
    assert any("欧阳*" in row for row in masked), masked
    clean(str(masked))

    async with slack.office.reading_desk(slack.workspace) as desk:
        proof = await monthly_proof(desk, date(2026, 11, 1))
    assert proof.entries > 5
    for code in ("en", "zh"):
        t = Translator(code)
        clean(proof_csv(t, proof).decode("utf-8-sig") + to_page(t, proof_report(t, proof)))

    target = tmp_path / "trail.jsonl"
    console = Console(file=io.StringIO())
    assert await audit.export(slack.service.settings, target, console, clock=slack.clock) == 0
    assert "reassign" in target.read_text("utf-8")
    clean(target.read_text("utf-8"))


async def test_no_table_of_the_database_has_them_in_clear(worked: Slack) -> None:
    url = worked.office.database.url
    assert await worked.rows(SentMessage) != []
    if url.startswith("sqlite"):
        database = Path(str(make_url(url).database))
        for file in database.parent.glob(f"{database.name}*"):
            clean(file.read_bytes().decode(errors="ignore"))
        return
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert len(tables) > 50
        for table in tables:
            rows = await connection.fetch(f'SELECT t::text FROM public."{table["tablename"]}" t')
            # Ciphertexts are shown in hexadecimal digits: what would be in clear there is looked for, too.
            shown = "\n".join(row[0] for row in rows)
            clean(shown)
            assert not any(secret.encode().hex() in shown for secret in (*NAMES, *NOTES, *PHONES))
    finally:
        await connection.close()

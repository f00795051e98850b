"""A desk whose page has an address below a path plays recordings there. Now is Wednesday 10:00."""

import re
from urllib.parse import urlsplit

import aiohttp

from desk.files.links import offer_link
from storage.tables import Recording
from tests.builders import make_loan
from tests.sample_audio import wav
from tests.wire.office_day import Slack

PUBLIC_URL = "https://desk.example.com/loans"


async def test_the_page_asks_for_the_recording_below_the_path(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    card = await slack.in_card(slack.agent, "Open", "Timeline")
    await card.press("Add recording")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Files", [slack.sandbox.upload("UAGENT", "call.wav", wav(3))])
    await form.submit()
    await slack.deliver()
    (recording,) = await slack.rows(Recording)
    assert recording.file_id is not None
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        offer = await offer_link(desk, recording.file_id)
    path = urlsplit(offer.url).path.removeprefix("/loans")  # as the proxy passes it on
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser,
        browser.post(f"http://127.0.0.1:{slack.service.port}{path}", data={"code": offer.code}) as answer,
    ):
        played = re.search(r'<audio [^>]*src="([^"]+)"', await answer.text())
        assert played is not None
        assert played[1].startswith("/loans/files/recording/")
        assert answer.cookies["loandesk_recording"]["path"] == played[1]

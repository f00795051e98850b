"""Systems that a lender's own file describes, and Zoom with its signature. Now is Wednesday 10:00."""

import hmac
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from bot.commands import calls as command
from bot.doctor.phone import check_phone
from bot.reading_settings import WrongSettingsError, read_settings
from desk.telephony.adapters.zoom import is_signed_by_zoom
from desk.telephony.records import SETTLE
from storage.tables import Call, Loan, PhoneCall
from tests.bot.test_settings import environment
from tests.builders import make_loan
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack

OWN = Path(__file__).parents[1] / "data" / "phone_systems"
SECRET, TOKEN = "a-secret-of-the-phone-system", "zoom-secret-token"
SETTINGS = {"phone_secret": SECRET, "zoom_secret_token": TOKEN, "phone_systems": str(OWN)}


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    await slack.change(slack.agent, extension="2001")
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


class Sender:
    """Posts to the desk as a phone system would."""

    def __init__(self, slack: Slack, http: aiohttp.ClientSession) -> None:
        self.slack, self.http = slack, http

    async def post(self, system: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.slack.service.port}/phone/{system}"
        async with self.http.post(url, data=body, headers={"Content-Type": "application/json"} | headers) as answer:
            return answer.status, await answer.text()

    async def zoom(self, said: Any, *, token: str = TOKEN, late: timedelta = timedelta(0)) -> tuple[int, str]:
        body, at = json.dumps(said).encode(), str(int((self.slack.clock.now() - late).timestamp()))
        signed = hmac.new(token.encode(), f"v0:{at}:{body.decode()}".encode(), "sha256").hexdigest()
        return await self.post("zoom", body, {"x-zm-signature": f"v0={signed}", "x-zm-request-timestamp": at})

    async def outcomes(self) -> list[str]:
        await self.slack.later(seconds=SETTLE.total_seconds())
        return [each.outcome for each in await self.slack.rows(Call)]


@pytest.fixture
async def sender(slack: Slack, loan: Loan) -> AsyncIterator[Sender]:
    async with aiohttp.ClientSession() as session:
        yield Sender(slack, session)


def element(**given: str) -> dict[str, Any]:
    known = {
        "call_history_uuid": "h-1", "call_element_id": "e-1", "direction": "outbound", "connect_type": "external",
        "caller_ext_number": "2001", "callee_did_number": "+8613800135678", "result": "busy",
        "start_time": "2026-11-25T01:55:00Z", "end_time": "2026-11-25T01:55:20Z",
    }  # fmt: skip
    return {"event": "phone.caller_call_element_completed", "payload": {"object": {"call_elements": [known | given]}}}


async def test_an_event_of_zoom_is_known_by_its_signature(sender: Sender) -> None:
    assert (await sender.zoom(element(), token="another"))[0] == 401
    assert (await sender.zoom(element(), late=timedelta(minutes=6)))[0] == 401
    bearer = {"Authorization": f"Bearer {SECRET}"}
    assert (await sender.post("zoom", json.dumps(element()).encode(), bearer))[0] == 401
    assert await sender.slack.rows(PhoneCall) == []
    assert (await sender.zoom(element()))[0] == 200
    assert await sender.outcomes() == ["busy"]


async def test_a_signature_of_any_bytes_is_none_of_zoom(slack: Slack) -> None:
    now = slack.clock.now()
    assert not is_signed_by_zoom(TOKEN, str(int(now.timestamp())), b"{}", "v0=\udcff", now)


async def test_zooms_check_of_the_address_is_answered_to_zoom_alone(sender: Sender) -> None:
    check = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    assert (await sender.zoom(check, token="another"))[0] == 401
    status, said = await sender.zoom(check)
    expected = hmac.new(TOKEN.encode(), b"qgg8vlvZRS6UYooatFL8Aw", "sha256").hexdigest()
    assert (status, json.loads(said)) == (
        200,
        {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": expected},
    )
    assert (await sender.zoom(check | {"payload": {"plainToken": 5}}))[1] != said
    assert await sender.slack.rows(PhoneCall) == []


async def test_a_system_of_the_lenders_own_file_reports_calls(sender: Sender) -> None:
    call = {"id": 7, "way": "outgoing", "agent": {"desk": "2001"}, "to": "13800135678", "ending": "ENGAGED",
            "at": "2026-11-25 09:55:00", "until": "2026-11-25 09:55:20", "seconds": 0}  # fmt: skip
    body = json.dumps({"calls": [call]}).encode()
    assert (await sender.post("acme", body, {}))[0] == 401
    assert (await sender.post("acme", body, {"Authorization": f"Bearer {SECRET}"}))[0] == 200
    assert await sender.outcomes() == ["busy"]


@pytest.mark.usefixtures("loan")
async def test_a_file_takes_the_place_of_the_shipped_one_of_its_name(
    slack: Slack, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "cdr.csv"
    file.write_text("9,2026-11-25 09:55:00,2026-11-25 09:55:20,2001,13800135678,Failed_Busy\n", "utf-8")
    settings = settings_for(slack.sandbox, database_url).model_copy(update={"phone_systems": str(OWN)})
    printed = io.StringIO()
    console = Console(file=printed, markup=False, soft_wrap=True)
    assert await command.run(settings, file, console, source="3cx", clock=slack.clock) == 0
    assert "Calls: 1 new" in printed.getvalue()
    assert await command.run(settings, file, console, source="acme", clock=slack.clock) == 1
    assert "--from is one of: asterisk, freeswitch, 3cx." in printed.getvalue()
    await slack.later(seconds=1)
    assert [each.outcome for each in await slack.rows(Call)] == ["busy"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("own.toml", 'title = "X"\n', "built_from"),
        ("own.toml", "title = [", "own.toml"),
        ("Own System.toml", "", "its name is that of the system"),
        ("twilio.toml", "", "and none of asterisk, freeswitch, twilio"),
    ],
)
def test_a_file_with_a_mistake_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    environment(monkeypatch, LOANDESK_PHONE_SYSTEMS=str(tmp_path))
    with pytest.raises(WrongSettingsError) as wrong:
        read_settings(env_file=None)
    assert "LOANDESK_PHONE_SYSTEMS" in str(wrong.value)
    assert said in str(wrong.value)


def test_the_doctor_lists_the_files_and_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment(
        monkeypatch,
        LOANDESK_PHONE_SECRET=SECRET,
        LOANDESK_PHONE_SYSTEMS=str(OWN),
        TWILIO_AUTH_TOKEN="token",
        LOANDESK_PHONE_RECORDINGS=str(tmp_path / "nowhere"),
    )
    found = [(each.ok, each.words) for each in check_phone(read_settings(env_file=None))]
    assert [ok for ok, _ in found] == [False, False, True]
    assert "LOANDESK_PUBLIC_URL" in found[0][1]
    assert "nowhere" in found[1][1]
    assert "by asterisk, freeswitch and those of files, twilio" in found[2][1]
    assert found[2][1].endswith("files of your own: 3cx, acme")
    environment(monkeypatch, TWILIO_AUTH_TOKEN=None, LOANDESK_PHONE_SECRET=None, LOANDESK_PHONE_SYSTEMS=None)
    monkeypatch.delenv("LOANDESK_PHONE_RECORDINGS")
    assert list(check_phone(read_settings(env_file=None))) == []

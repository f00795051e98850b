"""`loandesk webhooks`: endpoints are added, shown, tried, rotated, stopped and removed; deliveries listed and sent again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from rich.console import Console
from sqlmodel import col, select
from typer.testing import CliRunner

from bot import cli
from bot.commands import webhooks as command
from bot.doctor.webhooks import check_webhooks
from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookRounds
from desk.core.operator_acts import operator
from desk.core.transaction import Office
from desk.core.webhook_events import EVENT_TYPES
from desk.retention.sweeping import sweep
from storage.queries.people import workspaces
from storage.tables import AuditEntry, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent, Workspace
from tests.bot.keys import settings_with
from tests.builders import make_loan, make_workspace
from tests.clocks import FrozenClock
from tests.webhook_receiver import Receiver, receiving


class Desk:
    """A desk whose operator runs commands, and a worker."""

    def __init__(self, office: Office, workspace: Workspace, clock: FrozenClock, database_url: str) -> None:
        self.office, self.workspace, self.clock = office, workspace, clock
        self.settings = settings_with(database_url, webhooks_private="127.0.0.0/8")
        self.rounds = WebhookRounds(office, workspace, WebhookClient(Allowed.read("127.0.0.0/8"), clock, seconds=60))

    async def run(self, name: str, *given: Any, **options: Any) -> tuple[int, str]:
        printed = StringIO()
        console = Console(file=printed, markup=False, soft_wrap=True)
        code = await getattr(command, name)(self.settings, console, *given, clock=self.clock, **options)
        async with self.office.database.reading() as session:
            workspaces.copy_onto(self.workspace, await workspaces.current(session, self.workspace.id))
        return code, printed.getvalue()

    async def add(self, url: str, *events: str) -> UUID:
        code, printed = await self.run("add", url, events or ("*",))
        assert code == 0, printed
        return UUID(printed.split()[1])

    async def rows(self, table: Any) -> list[Any]:
        async with self.office.database.reading() as session:
            return list((await session.exec(select(table).order_by(col(table.id)))).all())

    async def audited(self) -> list[tuple[str, dict[str, Any]]]:
        return [(row.act, row.details) for row in await self.rows(AuditEntry) if "webhook" in row.act]

    async def found(self) -> list[tuple[bool, str]]:
        """Return what `loandesk doctor` says of the endpoints."""
        every = check_webhooks(self.office.database, self.workspace, self.clock.now())
        return [(finding.ok, finding.words) async for finding in every]


@pytest.fixture
async def desk(office: Office, workspace: Workspace, clock: FrozenClock, database_url: str) -> AsyncIterator[Desk]:
    desk = Desk(office, workspace, clock, database_url)
    yield desk
    await desk.rounds.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_an_endpoint_is_added_with_a_secret_that_is_shown_once_and_stored_encrypted(desk: Desk) -> None:
    code, printed = await desk.run("add", "https://erp.example.com/hooks?key=1", ["promise.*", "call.logged"])
    assert code == 0
    (row,) = await desk.rows(WebhookEndpoint)
    secret = printed.split("only now: ")[1].split()[0]
    assert secret.startswith("whsec_")
    assert secret.encode() not in row.secret_cipher
    wanted = ["call.logged", "promise.made", "promise.kept", "promise.broken", "promise.replaced"]
    assert row.types == desk.workspace.webhooks == wanted
    details = {"by": operator(), "host": "erp.example.com", "types": wanted, "personal": False}
    assert await desk.audited() == [("add_webhook", details)]
    _, listed = await desk.run("list_endpoints")
    assert "https://erp.example.com/hooks?key=1" in listed
    assert "nothing delivered yet; 0 pending, 0 delivered, 0 set aside" in listed
    assert "whsec_" not in listed


@pytest.mark.parametrize(
    ("url", "events", "why"),
    [
        ("https://erp.example.com/", ["call.loged"], "there is no event 'call.loged'"),
        ("https://erp.example.com/", [], "name at least one event"),
        ("ftp://erp.example.com/", ["*"], "write the address like"),
        ("https://user:secret@erp.example.com/", ["*"], "no name, password"),
        ("https://erp.example.com/#x", ["*"], "fragment"),
        ("https://erp.example.com/a b", ["*"], "no blanks"),
        ("https://例子.中国/", ["*"], "xn--"),
        ("https://erp.example.com:99999/", ["*"], ""),
        ("https://[::1/", ["*"], ""),
        ("https://10.0.0.1/", ["*"], "not a public address"),
        ("http://93.184.216.34/", ["*"], "only https"),
        (f"https://erp.example.com/{'x' * 2000}", ["*"], "write the address like"),
    ],
)
async def test_a_wrong_endpoint_is_refused_and_nothing_is_added(
    desk: Desk, url: str, events: list[str], why: str
) -> None:
    code, printed = await desk.run("add", url, events)
    assert code == 1
    assert printed.startswith("Nothing was added: ")
    assert why in printed
    assert await desk.rows(WebhookEndpoint) == []


async def test_personal_data_is_sent_over_https_alone(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(update={"webhooks_private": "10.0.0.0/8"})
    code, printed = await desk.run("add", "http://10.1.2.3/", ["*"], personal=True)
    assert (code, "over https alone" in printed) == (1, True)
    assert (await desk.run("add", "https://10.1.2.3/", ["*"], personal=True))[0] == 0
    assert (await desk.run("add", "http://10.1.2.3/", ["*"]))[0] == 0


async def test_the_same_address_twice_and_too_many_are_refused(desk: Desk) -> None:
    await desk.add("https://0.example.com/")
    assert "already: remove it first" in (await desk.run("add", "https://0.example.com/", ["*"]))[1]
    for number in range(1, 20):
        await desk.add(f"https://{number}.example.com/")
    assert "there are 20 endpoints already" in (await desk.run("add", "https://20.example.com/", ["*"]))[1]


async def test_a_test_event_shows_what_came_of_it(desk: Desk, receiver: Receiver) -> None:
    endpoint_id = await desk.add(receiver.url)
    code, printed = await desk.run("send_test", endpoint_id)
    assert (code, printed.split(" after ")[0]) == (0, "Accepted: status 200")
    assert receiver.types == ["webhook.test"]
    receiver.plays = [404, "closes"]
    assert (await desk.run("send_test", endpoint_id))[1].startswith("Not accepted: status 404")
    code, printed = await desk.run("send_test", endpoint_id)
    assert (code, printed.split(" after ")[0]) == (1, "Not accepted: no answer (no_answer)")
    assert await desk.rows(WebhookEvent) == []


async def test_an_endpoint_that_is_removed_gets_nothing_more_and_leaves_no_log(desk: Desk, receiver: Receiver) -> None:
    endpoint_id = await desk.add(receiver.url)
    await make_loan(desk.office, desk.workspace, "A-1")
    await desk.rounds.deliver_pending()
    _, printed = await desk.run("change", endpoint_id, command.remove)
    assert printed == f"Removed {endpoint_id} (127.0.0.1) with the log of its deliveries.\n"
    await make_loan(desk.office, desk.workspace, "A-2")
    await desk.rounds.deliver_pending()
    assert receiver.types == ["loan.created"]
    assert desk.workspace.webhooks is None
    assert await desk.rows(WebhookDelivery) == await desk.rows(WebhookAttempt) == []
    assert [act for act, _ in await desk.audited()] == ["add_webhook", "remove_webhook"]


async def test_an_endpoint_that_is_disabled_keeps_its_place_and_what_it_missed_is_replayed(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint_id = await desk.add(receiver.url)
    begun = desk.clock.now()
    await desk.run("change", endpoint_id, command.disable)
    await make_loan(desk.office, desk.workspace, "A-1")
    await desk.rounds.deliver_pending()
    assert receiver.received == []
    assert [ok for ok, _ in await desk.found()] == [True]
    await desk.run("change", endpoint_id, command.enable)
    assert (await desk.run("replay", since=begun))[1] == "To be sent again: 1.\n"
    await desk.rounds.deliver_pending()
    assert receiver.types == ["loan.created"]
    acts = [act for act, _ in await desk.audited()]
    assert acts == ["add_webhook", "disable_webhook", "enable_webhook", "replay_webhooks"]


async def test_an_endpoint_gets_other_events_from_now_on(desk: Desk, receiver: Receiver) -> None:
    endpoint_id = await desk.add(receiver.url)
    said = await desk.run("change", endpoint_id, partial(command.subscribe, patterns=["note.*", "step.planned"]))
    assert said == (0, f"{endpoint_id} (127.0.0.1) gets from now on: note.added, note.corrected, step.planned.\n")
    await make_loan(desk.office, desk.workspace, "A-1")
    await desk.rounds.deliver_pending()
    assert receiver.received == []
    wrong = await desk.run("change", endpoint_id, partial(command.subscribe, patterns=["weather.*"]))
    assert wrong == (1, "there is no event 'weather.*': `loandesk webhooks events` lists them.\n")
    await desk.run("change", endpoint_id, partial(command.subscribe, patterns=["*"]))
    await make_loan(desk.office, desk.workspace, "A-2", phone="+8613900001111")
    await desk.rounds.deliver_pending()
    assert receiver.types == ["loan.created"]
    assert [act for act, _ in await desk.audited()] == ["add_webhook", "subscribe_webhook", "subscribe_webhook"]


async def test_the_log_shows_deliveries_and_attempts_and_one_is_sent_again(desk: Desk, receiver: Receiver) -> None:
    await desk.add(receiver.url)
    receiver.plays = [200, 422, "closes"]
    for number in range(3):
        await make_loan(desk.office, desk.workspace, f"A-{number}")
    await desk.rounds.deliver_pending()
    _, printed = await desk.run("list_deliveries", attempts=True)
    lines = printed.splitlines()
    assert len(lines) == 6
    assert "loan.created" in lines[0]
    assert "pending · attempts 1 · no_answer" in lines[0]
    assert "· no_answer · " in lines[1]
    assert "pending · attempts 1 · status 422" in lines[2]
    assert "delivered · attempts 1 · status 200" in lines[4]
    _, failed = await desk.run("list_deliveries", failed=True)
    assert [line.split()[0] for line in failed.splitlines()] == [lines[0].split()[0], lines[2].split()[0]]
    first = receiver.received[0].id
    assert first in lines[4]
    desk.clock.advance(minutes=1)
    assert (await desk.run("replay", ids=[UUID(first)]))[1] == "To be sent again: 1.\n"
    await desk.rounds.deliver_pending()
    assert [each.id for each in receiver.received].count(first) == 2
    code, printed = await desk.run("replay", ids=[uuid4()])
    assert code == 1
    assert "there is no such delivery or event" in printed


async def test_the_doctor_names_what_fails_was_disabled_or_waits(desk: Desk, receiver: Receiver) -> None:
    assert await desk.found() == []
    endpoint_id = await desk.add(receiver.url)
    await make_loan(desk.office, desk.workspace, "A-1")
    await desk.rounds.look()
    desk.clock.advance(minutes=16)
    assert [(ok, "does a worker run?" in words) for ok, words in await desk.found()] == [(False, True)]
    receiver.plays = [500, 200, 410]
    await desk.rounds.deliver_pending()
    assert [(ok, "has failed since" in words) for ok, words in await desk.found()] == [(False, True)]
    desk.clock.advance(seconds=31)
    await desk.rounds.deliver_pending()
    assert [(ok, "takes what it is sent" in words) for ok, words in await desk.found()] == [(True, True)]
    await make_loan(desk.office, desk.workspace, "A-2")
    await desk.rounds.deliver_pending()
    ((ok, words),) = await desk.found()
    assert not ok
    assert f"`loandesk webhooks enable {endpoint_id}`" in words


async def test_events_and_their_log_are_deleted_after_their_period(desk: Desk, receiver: Receiver) -> None:
    await desk.add(receiver.url)
    await make_loan(desk.office, desk.workspace, "A-1")
    await desk.rounds.deliver_pending()
    desk.clock.advance(days=95)
    await make_loan(desk.office, desk.workspace, "A-2")
    await desk.rounds.deliver_pending()
    office, workspace = desk.office, desk.workspace
    async for _ in sweep(lambda: office.reading_desk(workspace), lambda: office.desk(workspace)):
        pass
    (event,) = await desk.rows(WebhookEvent)
    assert desk.clock.now() - event.at < timedelta(days=1)
    assert len(await desk.rows(WebhookDelivery)) == len(await desk.rows(WebhookAttempt)) == 1


@pytest.mark.parametrize("act", [command.remove, command.rotate, command.enable, command.disable, None])
async def test_an_unknown_endpoint_is_named_as_such(desk: Desk, act: Any) -> None:
    code, printed = await (desk.run("change", uuid4(), act) if act else desk.run("send_test", uuid4()))
    assert (code, printed) == (1, "There is no such endpoint: `loandesk webhooks list` lists them.\n")


def test_the_events_are_listed_and_wrong_options_refused() -> None:
    runner = CliRunner()
    listed = runner.invoke(cli.app, ["webhooks", "events"])
    assert all(code in listed.output for code in EVENT_TYPES)
    assert runner.invoke(cli.app, ["webhooks", "replay"]).exit_code == 2
    assert runner.invoke(cli.app, ["webhooks", "replay", "--since", "yesterday"]).exit_code == 2
    assert runner.invoke(cli.app, ["webhooks", "replay", str(uuid4()), "--endpoint", str(uuid4())]).exit_code == 2


async def test_an_endpoint_is_one_workspace_s_and_hears_nothing_of_another(desk: Desk, receiver: Receiver) -> None:
    other = await make_workspace(desk.office, slack_team_id="T0002", webhooks=["loan.created"])
    refused = (await desk.run("add", receiver.url, ["*"]))[1]
    assert "say which with --workspace (T0001, T0002)" in refused
    assert "no such workspace" in (await desk.run("add", receiver.url, ["*"], team="T0003"))[1]
    assert (await desk.run("add", receiver.url, ["*"], team="T0001"))[0] == 0
    await make_loan(desk.office, other, "A-1")
    await make_loan(desk.office, desk.workspace, "A-2")
    client = WebhookClient(Allowed.read("127.0.0.0/8"), desk.clock)
    await WebhookRounds(desk.office, other, client).deliver_pending()
    await client.close()
    await desk.rounds.deliver_pending()
    assert [each.data["loan"]["number"] for each in receiver.received] == ["A-2"]
    assert {each.data["workspace"] for each in receiver.received} == {"T0001"}

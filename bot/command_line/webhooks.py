"""`loandesk webhooks`."""

from functools import partial
from typing import Annotated
from uuid import UUID

import typer

from bot.command_line.running import console, on_database, run_with_settings
from bot.command_line.values import read_instant

app = typer.Typer(no_args_is_help=True, help="Webhooks: tell the lender's own systems what happens.")

Endpoint = Annotated[UUID, typer.Argument(help="The endpoint's id, from `loandesk webhooks list`.")]


@app.command("events")
def list_events() -> None:
    """List the events that an endpoint can get."""
    from bot.commands import webhooks

    raise typer.Exit(webhooks.list_events(console()))


@app.command("add")
def add_endpoint(
    url: Annotated[str, typer.Argument(help="The address, https://….")],
    event: Annotated[
        list[str],
        typer.Option(help="A type of event, or a pattern: call.logged, 'promise.*', '*'. Several are possible."),
    ],
    personal: Annotated[
        bool,
        typer.Option(
            "--personal", help="Also send the borrower's name and phone, and amounts. Each is recorded as a disclosure."
        ),
    ] = False,
    workspace: Annotated[
        str | None, typer.Option(help="The Slack team, T012345, where the desk serves several.")
    ] = None,
) -> None:
    """Add an endpoint, and print its secret, this once. Running processes follow within seconds."""
    from bot.commands import webhooks

    run_with_settings(
        on_database(lambda settings: webhooks.add(settings, console(), url, event, personal=personal, team=workspace))
    )


@app.command("list")
def list_endpoints() -> None:
    """List the endpoints, and how they are doing."""
    from bot.commands import webhooks

    run_with_settings(on_database(lambda settings: webhooks.list_endpoints(settings, console())))


@app.command("test")
def try_endpoint(endpoint: Endpoint) -> None:
    """Send an event `webhook.test` now, and print what came of it. Exit code 1: it was not accepted."""
    from bot.commands import webhooks

    run_with_settings(on_database(lambda settings: webhooks.send_test(settings, console(), endpoint)))


@app.command("remove")
def remove_endpoint(endpoint: Endpoint) -> None:
    """Remove an endpoint with the log of its deliveries. Nothing more is sent there."""
    from bot.commands import webhooks

    run_with_settings(on_database(lambda settings: webhooks.change(settings, console(), endpoint, webhooks.remove)))


@app.command("subscribe")
def subscribe_endpoint(
    endpoint: Endpoint,
    event: Annotated[list[str], typer.Option(help="A type, or a pattern: call.logged, 'promise.*', '*'.")],
) -> None:
    """Have an endpoint get these events from now on, in place of those before: also types that a new release brought."""
    from bot.commands import webhooks

    act = partial(webhooks.subscribe, patterns=event)
    run_with_settings(on_database(lambda settings: webhooks.change(settings, console(), endpoint, act)))


@app.command("rotate")
def rotate_secret(endpoint: Endpoint) -> None:
    """Give an endpoint a new secret, and print it. For a day the old one signs too."""
    from bot.commands import webhooks

    run_with_settings(on_database(lambda settings: webhooks.change(settings, console(), endpoint, webhooks.rotate)))


@app.command("enable")
def enable_endpoint(endpoint: Endpoint) -> None:
    """Send to a disabled or failing endpoint again, at once."""
    from bot.commands import webhooks

    run_with_settings(on_database(lambda settings: webhooks.change(settings, console(), endpoint, webhooks.enable)))


@app.command("disable")
def disable_endpoint(endpoint: Endpoint) -> None:
    """Stop sending to an endpoint, and keep it. What happens meanwhile can be replayed."""
    from bot.commands import webhooks

    run_with_settings(on_database(lambda settings: webhooks.change(settings, console(), endpoint, webhooks.disable)))


@app.command("deliveries")
def list_deliveries(
    endpoint: Annotated[UUID | None, typer.Option(help="Only those to this endpoint.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that failed and have not succeeded since.")
    ] = False,
    limit: Annotated[int, typer.Option(help="The most deliveries.", min=1)] = 50,
    attempts: Annotated[bool, typer.Option("--attempts", help="With each attempt.")] = False,
) -> None:
    """List deliveries, the newest first: event, state, attempts, last answer and its time."""
    from bot.commands import webhooks

    run_with_settings(
        on_database(
            lambda settings: webhooks.list_deliveries(
                settings, console(), endpoint_id=endpoint, failed=failed, limit=limit, attempts=attempts
            )
        )
    )


@app.command("replay")
def replay_deliveries(
    ids: Annotated[list[UUID] | None, typer.Argument(help="Deliveries, or events by their webhook-id.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="All that an endpoint wants from this time on, ISO 8601 with an offset: 2026-11-25T00:00+08:00."
        ),
    ] = None,
    endpoint: Annotated[UUID | None, typer.Option(help="With --since: only to this endpoint.")] = None,
) -> None:
    """Send again, under the same webhook-id."""
    from bot.commands import webhooks

    if bool(ids) is (since is not None):
        raise typer.BadParameter("name deliveries, or give --since", param_hint="IDS")
    if endpoint is not None and since is None:
        raise typer.BadParameter("give --since too", param_hint="--endpoint")
    begin = read_instant(since, "--since") if since is not None else None
    run_with_settings(
        on_database(
            lambda settings: webhooks.replay(settings, console(), ids=ids or (), since=begin, endpoint_id=endpoint)
        )
    )

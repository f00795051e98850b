"""`loandesk when`, `manifest`, `demo`: what needs neither settings nor a database."""

import asyncio
import json
import logging
from typing import Annotated

import typer

from bot import logs
from bot.command_line.running import console
from bot.command_line.values import language_of_terminal, read_instant, read_zone

app = typer.Typer()


@app.command()
def when(
    phrase: Annotated[str, typer.Argument(help="A due time as people type it: 明天下午3点, fri 14:30.")],
    now: Annotated[
        str | None, typer.Option(help="The current time, ISO 8601 with an offset. Default: the clock.")
    ] = None,
    zone: Annotated[str, typer.Option(help="The time zone of the phrase.")] = "Asia/Shanghai",
) -> None:
    """Show how a due time is read. The last line is the date, or date and time. Exit code 1: it cannot be read."""
    from desk.core.errors import Invalid
    from handlers.grammar.due import parse_due
    from handlers.messages.block_kit import elements
    from handlers.messages.block_kit.translator import Translator
    from handlers.messages.refusals.errors import refusal

    place = read_zone(zone)
    try:
        due = parse_due(phrase, read_instant(now), place)
    except Invalid as error:
        console(stderr=True).print(refusal(Translator(language_of_terminal()), error, place).text)
        raise typer.Exit(1) from None
    console().print(elements.when(Translator(language_of_terminal()), due, place))
    console().print(f"{due.at.astimezone(place):%Y-%m-%d %H:%M}" if due.at else f"{due.on}")


@app.command("manifest")
def print_manifest(
    url: Annotated[str | None, typer.Option(help="The URL at which Slack reaches the desk, https://….")] = None,
    socket: Annotated[bool, typer.Option("--socket", help="For Socket Mode, without a URL.")] = False,
    loan_links: Annotated[
        str, typer.Option(envvar="LOANDESK_LOAN_LINKS", help="Link pattern of your loan system, https://…/{number}.")
    ] = "",
    work_objects: Annotated[
        bool, typer.Option("--work-objects", help="Show those links as Work Objects with a side pane.")
    ] = False,
    public_url: Annotated[
        str,
        typer.Option(envvar="LOANDESK_PUBLIC_URL", help="The address of the page of files, if the desk takes files."),
    ] = "",
    several: Annotated[
        bool,
        typer.Option("--several", help="For a desk of several workspaces, in which the app is installed by OAuth."),
    ] = False,
) -> None:
    """Print the Slack app manifest for HTTP or for Socket Mode."""
    from bot.manifest import manifest
    from handlers.loan_links import LoanLinks

    if (url is None) is not socket:
        raise typer.BadParameter("give --url, or --socket for Socket Mode", param_hint="--url")
    if url is not None and not url.startswith(("https://", "http://")):
        raise typer.BadParameter("write it like https://desk.example.com", param_hint="--url")
    try:
        domain = LoanLinks(loan_links).domain if loan_links else ""
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--loan-links") from None
    if work_objects and not domain:
        raise typer.BadParameter("give --loan-links too", param_hint="--work-objects")
    if several and not public_url:
        raise typer.BadParameter("give --public-url too: Slack sends the browser back there", param_hint="--several")
    at = public_url if several else ""
    written = manifest(url, links_domain=domain, work_objects=work_objects, files=bool(public_url), installs_at=at)
    console().print(json.dumps(written, indent=2, ensure_ascii=False))


@app.command()
def demo(
    tour: Annotated[
        bool, typer.Option("--tour", help="Run a scripted morning without a browser, and check it.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8420,
    socket: Annotated[bool, typer.Option("--socket", help="Use Socket Mode instead of HTTP.")] = False,
) -> None:
    """Try the desk in a local workspace with a page in the browser."""
    from bot.demo.live import run_demo
    from bot.demo.tour import run_tour

    logs.configure("text", level=logging.WARNING)
    raise typer.Exit(asyncio.run(run_tour(socket=socket) if tour else run_demo(port, socket=socket)))

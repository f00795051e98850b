"""Buttons that send a kept line of a command."""

import re
from dataclasses import replace
from uuid import UUID

from desk.core import drafts
from desk.core.errors import DeskError
from desk.core.transaction import Desk
from desk.loans import lookup
from handlers.commands import COMMANDS
from handlers.door.declarations import ButtonFamily
from handlers.door.kept_lines import keep_line
from handlers.door.request import OpenModal, Reply, Request

COMMAND_OF = {command.name: command for command in COMMANDS}
_BEFORE_WORD = r"(?:^|(?<=[\s@,，、;；]))"


class RefusedLine(DeskError):
    """The refusal of a line that a button sent: `text` is the line as Slack would send it, behind `command`."""

    def __init__(self, refused: DeskError, command: str, text: str) -> None:
        super().__init__(refused.code, **refused.params)
        self.command, self.text = command, text


async def keep_refused(desk: Desk, command: str, text: str, error: DeskError) -> UUID:
    """Keep a refused line for what its refusal offers."""
    given = str(error.params.get("given", ""))
    return await keep_line(desk, command, text, given=given, offers=error.params.get("offers"))


def offers_something(error: DeskError) -> bool:
    """Return whether the refusal of a line has buttons that need the line."""
    return bool(error.params.get("choices") or error.params.get("offers"))


async def choose(request: Request) -> Reply | OpenModal:
    """Send the kept line with one of the offered choices in it."""
    kept = await drafts.take_confirmed(request.desk, UUID(request.value["d"]))
    return await _send(request, kept["command"], chosen(kept["text"], kept["given"], request.value["c"]))


async def complete(request: Request) -> Reply | OpenModal:
    """Send the kept line with one of the offered words in it, unless the loan has changed since."""
    kept = await drafts.take_confirmed(request.desk, UUID(request.value["d"]))
    line = str(kept["lines"][request.value["c"]])
    try:
        await lookup.require_unchanged(request.desk, UUID(kept["loan"]), kept["version"])
    except DeskError as refused:
        raise RefusedLine(refused, kept["command"], line) from refused
    return await _send(request, kept["command"], line)


async def send(request: Request) -> Reply | OpenModal:
    """Send the kept line as it is."""
    kept = await drafts.take_confirmed(request.desk, UUID(request.value["d"]))
    return await _send(request, kept["command"], kept["text"], replaces=False)


def chosen(text: str, given: str, choice: str) -> str:
    """Return a line with the choice instead of the ambiguous word, of which it replaces the first; `@wang` as a whole."""
    typed = re.escape(given.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    sign = "@?" if choice.startswith("<@") else ""
    return re.sub(f"{_BEFORE_WORD}{sign}{typed}", lambda _: choice, text, count=1)


async def _send(request: Request, command: str, text: str, *, replaces: bool = True) -> Reply | OpenModal:
    try:
        answer = await COMMAND_OF[command].handler(replace(request, text=text))
    except DeskError as refused:
        raise RefusedLine(refused, command, text) from refused
    return answer if isinstance(answer, OpenModal) else Reply(answer, replaces=replaces)


FAMILY = ButtonFamily("line", {"choose": choose, "complete": complete, "send": send})

"""Which command is meant by a message in free words."""

from handlers.commands import COMMANDS
from handlers.commands.loan import COMMAND as LOAN
from handlers.door.declarations import Command
from handlers.grammar.text import Line


def nearest_command(text: str) -> Command:
    """Return the command that `text` (as Slack sends it) comes nearest to; `/loan` when it comes near none.

    A command's own name counts first, then the commands' words in the order of their precedence, wherever they are.
    """
    norm = Line.read(text).norm
    for command in sorted(COMMANDS, key=lambda command: -len(command.name)):
        if command.name.removeprefix("/") in norm.split():
            return command
    places = [at for at in range(len(norm)) if at == 0 or not (norm[at - 1].isascii() and norm[at - 1].isalnum())]
    for command in sorted(COMMANDS, key=lambda command: command.precedence):
        if any(terms.longest(norm, at) for terms in command.nearest for at in places):
            return command
    return LOAN

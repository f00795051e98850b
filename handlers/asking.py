"""Somebody writes to the bot, or mentions it."""

from handlers.grammar.nearest import nearest_command
from handlers.render.asking import help_on
from handlers.visit import Reply, Visit


async def asked(visit: Visit) -> Reply:
    """Help, and the command that comes nearest to what they wrote."""
    return Reply(help_on(visit.t, nearest_command(visit.text)))

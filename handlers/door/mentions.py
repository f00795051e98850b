"""Mentions in a line that is repeated to its sender: Slack sends ids, people type names."""

import re
from collections.abc import Mapping
from typing import Any

from desk.core.errors import DeskError
from desk.core.transaction import Desk
from storage.queries.people import members

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+\|([^>]+)>")


async def names_in(desk: Desk, line: str) -> Mapping[str, str]:
    """Return the names of the members whom a line mentions, by Slack id."""
    names: dict[str, str] = {}
    for slack_id in dict.fromkeys(_USER.findall(line)):
        member = await members.by_slack_id(desk.session, desk.workspace.id, slack_id)
        if member is not None:
            names[slack_id] = member.name
    return names


def with_names(error: DeskError, names: Mapping[str, str]) -> DeskError:
    """Return the refusal with readable names in what it repeats of the line."""
    error.params = {key: readable(value, names) for key, value in error.params.items()}
    return error


def readable(value: Any, names: Mapping[str, str]) -> Any:
    """Return a text, or a tuple's texts, with `@Wang` and `#desk` in the place of ids; anything else unchanged."""
    if isinstance(value, tuple):
        parts: tuple[Any, ...] = value
        return tuple(readable(part, names) for part in parts)
    if not isinstance(value, str):
        return value
    named = _USER.sub(lambda found: f"@{names[found[1]]}" if found[1] in names else found[0], value)
    return _CHANNEL.sub(lambda found: f"#{found[1]}", named)

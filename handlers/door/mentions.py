"""Mentions in a line that is shown again: Slack sends them as ids, people type them as names."""

import os
import re
from collections.abc import Mapping
from typing import Any

from desk.core.errors import DeskError
from desk.core.transaction import Desk
from storage.queries.people import members

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+\|([^>]+)>")


async def names_in(desk: Desk, line: str) -> Mapping[str, str]:
    """The names of the members whom a line mentions, by Slack id."""
    names: dict[str, str] = {}
    for slack_id in dict.fromkeys(_USER.findall(line)):
        member = await members.by_slack_id(desk.session, desk.workspace.id, slack_id)
        if member is not None:
            names[slack_id] = member.name
    return names


def with_names(error: DeskError, names: Mapping[str, str]) -> DeskError:
    """The refusal, with what it repeats of the line made readable."""
    error.params = {key: readable(value, names) for key, value in error.params.items()}
    return error


def readable(value: Any, names: Mapping[str, str]) -> Any:
    """A text, or the texts of a tuple, with `@Wang` and `#desk` in the place of ids; anything else as it is."""
    if isinstance(value, tuple):
        parts: tuple[Any, ...] = value
        return tuple(readable(part, names) for part in parts)
    if not isinstance(value, str):
        return value
    named = _USER.sub(lambda found: f"@{names[found[1]]}" if found[1] in names else found[0], value)
    return _CHANNEL.sub(lambda found: f"#{found[1]}", named)


_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: nothing that is read out loud or copied by hand is taken for another sign."""


def new_reference() -> str:
    """Eight signs in two groups: `7F3K-92QD`."""
    signs = "".join(_SIGNS[byte % 32] for byte in os.urandom(8))
    return f"{signs[:4]}-{signs[4:]}"

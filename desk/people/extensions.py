"""The extension of a member's phone in the lender's phone system: by it the desk knows whose calls are reported."""

import re

from desk.core.errors import Invalid
from desk.core.transaction import Desk
from storage.queries.people import members
from storage.tables import Member

_EXTENSION = re.compile(r"\+?[0-9A-Za-z][0-9A-Za-z_.-]{0,31}")


def check_extension(text: str) -> str:
    """Return an extension as it was typed, without blanks around it; empty: none. Raises Invalid (`extension_invalid`)."""
    extension = text.strip()
    if extension and not _EXTENSION.fullmatch(extension):
        raise Invalid("extension_invalid", given=extension[:32])
    return extension


async def set_extension(desk: Desk, member: Member, extension: str) -> None:
    """Give a member, whose row is tracked, that extension; empty: none. Raises Invalid (`extension_taken`)."""
    if extension:
        for other in await members.with_extension(desk.session, desk.workspace.id, extension):
            if other.id != member.id:
                raise Invalid("extension_taken", given=extension, who=other.name)
    member.extension = extension or None
    desk.add(member)

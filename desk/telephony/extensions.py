"""Whose extension of the phone system is whose: by a file of the operator. A member sets their own in their settings."""

from collections.abc import Sequence

from desk.core.changes import track
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.people.extensions import check_extension, set_extension
from storage.queries.people import members
from storage.queries.telephony import phone_calls
from storage.tables import Member


class RowsRefusedError(Exception):
    """Rows of a file that cannot be taken: their numbers, and why in words."""

    def __init__(self, rows: Sequence[tuple[int, str]]) -> None:
        super().__init__(len(rows))
        self.rows = tuple(rows)


async def take_extensions(desk: Desk, rows: Sequence[tuple[int, str, str]], *, by: str) -> int:
    """Give each of these members (e-mail address or Slack id) that extension, or none; return how many changed.

    Raises RowsRefusedError: nothing is to be kept then.
    """
    refused: list[tuple[int, str]] = []
    wanted: dict[str, tuple[Member, str]] = {}
    for at, who, extension in rows:
        member = await _member(desk, who)
        if member is None:
            refused.append((at, f"no member has the e-mail address or Slack id {who}"))
            continue
        try:
            wanted[member.slack_user_id] = member, check_extension(extension)
        except Invalid:
            refused.append((at, f"{extension} is no extension"))
    given = [extension for _, extension in wanted.values() if extension]
    refused += [(0, f"{each} is named twice") for each in sorted({each for each in given if given.count(each) > 1})]
    if refused:
        raise RowsRefusedError(refused)
    changed = 0
    for member, _ in wanted.values():  # taken away first, so that two may exchange theirs
        if member.extension != (wanted[member.slack_user_id][1] or None):
            track(desk, member).extension = None
            changed += 1
    await desk.session.flush()
    for member, extension in wanted.values():
        try:
            await set_extension(desk, member, extension)
        except Invalid as error:
            refused.append((0, f"{extension} is the extension of {error.params['who']}"))
    if refused:
        raise RowsRefusedError(refused)
    desk.audit("set_extensions", count=changed, by=by)
    return changed


async def _member(desk: Desk, who: str) -> Member | None:
    if "@" in who:
        found = await phone_calls.members_of(desk.session, desk.workspace.id, extension="", email=who.casefold())
        return found[0] if len(found) == 1 else None
    member = await members.by_slack_id(desk.session, desk.workspace.id, who)
    return member if member is not None and member.removed_at is None else None

"""In which language and zone somebody is spoken to before, or without, a look at the database."""

from zoneinfo import ZoneInfo

from desk.people.members import locale_of
from handlers.messages.block_kit.translator import Translator
from storage.tables import Member, Workspace


class Spoken:
    """How this process last spoke to each member; whomever it has not met yet it speaks to as the workspace does."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._members: dict[str, tuple[str, str]] = {}

    def last_to(self, user_id: str) -> tuple[Translator, ZoneInfo]:
        """The language and zone of that Slack user, as far as known."""
        locale, zone = self._members.get(user_id, (self._workspace.locale, self._workspace.zone))
        return Translator(locale), ZoneInfo(zone)

    def to(self, member: Member) -> tuple[Translator, ZoneInfo]:
        """The language and zone of a member who was just looked up."""
        self._members[member.slack_user_id] = (locale_of(member), member.zone)
        return self.last_to(member.slack_user_id)

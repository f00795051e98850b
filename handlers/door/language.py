"""A reader's language and time zone, without a query where possible."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from desk.people.installing import Newcomer
from desk.people.members import locale_of
from handlers.messages.block_kit.translator import Translator
from storage.tables import Member, Workspace


@dataclass(frozen=True, slots=True)
class Language:
    """How to write to a reader: in which language, with times in which zone."""

    t: Translator
    zone: ZoneInfo


class Languages:
    """The languages of the members that this process has served; for other users, the workspace's."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._members: dict[str, tuple[str, str]] = {}

    def of_user(self, slack_user_id: str) -> Language:
        """Return the language of a Slack user: the workspace's if theirs is not known."""
        locale, zone = self._members.get(slack_user_id, (self._workspace.locale, self._workspace.zone))
        return Language(Translator(locale), ZoneInfo(zone))

    def of_member(self, member: Member) -> Language:
        """Return, and remember, the language of a member who was just looked up."""
        self._members[member.slack_user_id] = (locale_of(member), member.zone)
        return self.of_user(member.slack_user_id)

    @staticmethod
    def of_newcomer(newcomer: Newcomer) -> Language:
        """Return the language that a user who is not a member has set in Slack."""
        return Language(Translator(newcomer.locale), ZoneInfo(newcomer.zone))

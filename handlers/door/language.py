"""A reader's language and time zone, without a query where possible."""

from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.people.installing import Newcomer
from desk.people.members import locale_of
from desk.rules.hours import known_zone
from handlers.messages.block_kit.translator import Translator
from storage.tables import Member, Workspace


@dataclass(frozen=True, slots=True)
class Language:
    """How to write to a reader: in which language, with times in which zone."""

    t: Translator
    zone: ZoneInfo


_MOST_STRANGERS = 1000


class Languages:
    """The languages of the users that this process has served; for others, the workspace's."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._members: dict[str, tuple[str, str]] = {}
        self._strangers: dict[str, tuple[str, str]] = {}

    def knows(self, slack_user_id: str) -> bool:
        """Return whether this user's language is known."""
        return slack_user_id in self._members or slack_user_id in self._strangers

    def of_user(self, slack_user_id: str) -> Language:
        """Return the language of a Slack user: the workspace's if theirs is not known."""
        unknown = (self._workspace.locale, self._workspace.zone)
        locale, zone = self._members.get(slack_user_id) or self._strangers.get(slack_user_id, unknown)
        return Language(Translator(locale), known_zone(zone) or ZoneInfo(self._workspace.zone))

    def of_member(self, member: Member) -> Language:
        """Return, and remember, the language of a member who was just looked up."""
        self._members[member.slack_user_id] = (locale_of(member), member.zone)
        return self.of_user(member.slack_user_id)

    def of_stranger(self, newcomer: Newcomer) -> Language:
        """Return, and remember for a while, the language that a user who is not a member has set in Slack."""
        while len(self._strangers) >= _MOST_STRANGERS:
            self._strangers.pop(next(iter(self._strangers)))
        self._members.pop(newcomer.slack_user_id, None)
        self._strangers[newcomer.slack_user_id] = (newcomer.locale, newcomer.zone)
        return self.of_user(newcomer.slack_user_id)

"""A reader's language and time zone, known before or without a query."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from desk.people.members import locale_of
from handlers.door.directory import Person
from handlers.messages.block_kit.translator import Translator
from storage.tables import Member, Workspace


@dataclass(frozen=True, slots=True)
class Language:
    """How to write to one reader."""

    t: Translator
    zone: ZoneInfo


class Languages:
    """Remembers the language of each member this process has served; others are written to in the workspace's."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._members: dict[str, tuple[str, str]] = {}

    def of_user(self, slack_user_id: str) -> Language:
        """Return the language of a Slack user, as far as it is known."""
        locale, zone = self._members.get(slack_user_id, (self._workspace.locale, self._workspace.zone))
        return Language(Translator(locale), ZoneInfo(zone))

    def of_member(self, member: Member) -> Language:
        """Return, and remember, the language of a member who was just looked up."""
        self._members[member.slack_user_id] = (locale_of(member), member.zone)
        return self.of_user(member.slack_user_id)

    @staticmethod
    def of_person(person: Person) -> Language:
        """Return the language that Slack knows of a user who is not a member."""
        return Language(Translator(person.locale), ZoneInfo(person.zone))

"""People and channels: what Slack knows about them (looked up before a transaction, never in one), and their mentions."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, cast

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid, NotFound
from desk.core.transaction import Desk
from desk.people.installing import Newcomer
from desk.people.team import Candidate, ReminderChannel
from desk.rules.hours import known_zone
from handlers.grammar.text import Line, Mention
from storage.queries.people import members
from storage.queries.people.members import one_word

MOST_NAMES = 100
"""Most people whose names are looked up for one text; the ids of others stay as they are."""

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]{0,100})?>")
_MENTIONED = re.compile(r"(?:<|&lt;)[@#]([UWCG][A-Z0-9]+)(?:\|(?:[^<>&\n]|&amp;){0,100})?(?:>|&gt;)")
_NAMED_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+\|([^<>]{1,100})>")
_ONE_WORD = re.compile(r"[\w.'’·•・-]*\w")


@dataclass(frozen=True, slots=True)
class DirectoryEntries:
    """The people and channels that Slack was asked about (`ids`); those that it does not show the bot are missing."""

    ids: tuple[str, ...] = ()
    people: Mapping[str, Candidate] = field(default_factory=dict[str, Candidate])
    channels: Mapping[str, ReminderChannel] = field(default_factory=dict[str, ReminderChannel])

    def candidate(self, slack_id: str) -> Candidate:
        """Return a user who may become a member. Raises NotFound (`not_in_slack`) if Slack does not know them."""
        if slack_id not in self.people:
            raise NotFound("not_in_slack", slack_id=slack_id)
        return self.people[slack_id]

    def channel(self, channel_id: str) -> ReminderChannel:
        """Return a channel for the desk's messages. Raises Invalid (`channel_without_bot`) if Slack does not show it."""
        if channel_id not in self.channels:
            raise Invalid("channel_without_bot", channel=channel_id)
        return self.channels[channel_id]


class Directory:
    """Slack's directory of people and channels."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def look_up(self, slack_ids: Iterable[str]) -> DirectoryEntries:
        """Return the people and channels with these ids. Raises SlackApiError."""
        wanted = tuple(dict.fromkeys(slack_ids))
        users = [each for each in wanted if each.startswith(("U", "W"))]
        places = [each for each in wanted if each.startswith(("C", "G"))]
        people = await asyncio.gather(*map(self.person, users))
        channels = await asyncio.gather(*map(self.channel, places))
        return DirectoryEntries(
            ids=wanted,
            people={key: person for key, person in zip(users, people, strict=True) if person},
            channels={key: channel for key, channel in zip(places, channels, strict=True) if channel},
        )

    async def person(self, slack_user_id: str, *, zone: str = "UTC", locale: str = "en-US") -> Candidate | None:
        """Return the user, or None if Slack does not know them; `zone` and `locale` as for `candidate_of`."""
        try:
            answer = await self._client.users_info(user=slack_user_id, include_locale=True)
        except SlackApiError as error:
            if code_of(error) in ("user_not_found", "user_not_visible"):
                return None
            raise
        return candidate_of(answer.get("user", {}), zone=zone, locale=locale)

    async def channel(self, channel_id: str) -> ReminderChannel | None:
        """Return the channel, or None if the bot cannot see it: a private channel to which it was not invited."""
        try:
            answer = await self._client.conversations_info(channel=channel_id)
        except SlackApiError as error:
            if code_of(error) == "channel_not_found":
                return None
            raise
        channel: dict[str, Any] = answer.get("channel", {})
        return ReminderChannel(
            channel_id=channel["id"],
            name=channel.get("name", ""),
            is_private=bool(channel.get("is_private")),
            is_shared_outside=bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")),
            is_archived=bool(channel.get("is_archived")),
            bot_is_in=bool(channel.get("is_member")),
        )


def mentioned_ids(text: str) -> list[str]:
    """Return the ids of the people and channels that a command line mentions, also where the mention was typed as text."""
    return _MENTIONED.findall(text)


async def names_in(desk: Desk, text: str) -> Mapping[str, str]:
    """Return the names of the members whom a text mentions, by Slack id."""
    mentioned = list(dict.fromkeys(_USER.findall(text)))[:MOST_NAMES]
    if not mentioned:
        return {}
    found = await members.by_slack_ids(desk.session, desk.workspace.id, mentioned)
    return {member.slack_user_id: member.name for member in found}


async def mention_words(desk: Desk, line: str) -> Mapping[str, str]:
    """Return what to type after `@` for the members whom the line mentions, by Slack id: their name without blanks.

    A member whose name others have too, or whose name is no word, is missing.
    """
    mentioned = list(dict.fromkeys(_USER.findall(line)))[:MOST_NAMES]
    if not mentioned:
        return {}
    with desk.session.no_autoflush:
        found = await members.with_names_like(desk.session, desk.workspace.id, mentioned)
    alike = Counter(one_word(member.name_key) for member in found)
    named = [member for member in found if member.slack_user_id in mentioned and alike[one_word(member.name_key)] == 1]
    return {member.slack_user_id: word for member in named if _ONE_WORD.fullmatch(word := one_word(member.name))}


def repeated(line: Line, names: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Return a line as it was typed: what is copied from it and sent again is the same line.

    People and channels come by the word that Slack or the desk reads; one without such a word comes as Slack sent it.
    """

    def spell(mention: Mention) -> str:
        if mention.kind == "special":
            return f"@{mention.label.lstrip('@') or mention.id}"
        sign, known = ("@", names) if mention.kind == "user" else ("#", channels)
        words = (mention.label, known.get(mention.id, ""))
        sent = line.original(mention.start, mention.end)
        return next((sign + word for word in words if _ONE_WORD.fullmatch(word)), sent)

    return line.spelled(spell)


def with_names(error: DeskError, names: Mapping[str, str]) -> DeskError:
    """Return the refusal with names instead of ids in the words that it repeats from the line."""
    error.params = {key: readable(value, names) for key, value in error.params.items()}
    return error


def readable(value: Any, names: Mapping[str, str]) -> Any:
    """Return a text, or a tuple of texts, with `@Wang` and `#desk` instead of ids; anything else unchanged."""
    if isinstance(value, tuple):
        return tuple(readable(each, names) for each in cast(tuple[Any, ...], value))
    if not isinstance(value, str):
        return value
    named = _USER.sub(lambda found: f"@{names[found[1]]}" if found[1] in names else found[0], value)
    return _NAMED_CHANNEL.sub(lambda found: f"#{found[1]}", named)


def candidate_of(user: dict[str, Any], *, zone: str = "UTC", locale: str = "en-US") -> Candidate:
    """Return a user as Slack writes them; `zone` and `locale` are for what it leaves out."""
    profile = user.get("profile", {})
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return Candidate(
        Newcomer(
            slack_user_id=user["id"],
            name=next(filter(None, names), ""),
            email=profile.get("email"),
            zone=_known_zone(user.get("tz"), zone),
            locale=user.get("locale") or locale,
        ),
        is_bot=bool(user.get("is_bot")),
        is_gone=bool(user.get("deleted")),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
    )


def _known_zone(name: Any, otherwise: str) -> str:
    """Return the zone of a profile, or `otherwise` if this machine does not know it: no row may have one that cannot be used."""
    zone = known_zone(name) if isinstance(name, str) else None
    return zone.key if zone is not None else otherwise


def code_of(error: SlackApiError) -> str:
    """Return Slack's error code, or the empty text if the response has none, as after a 5xx."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error", "")) if isinstance(data, dict) else ""

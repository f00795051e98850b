"""People and channels: what Slack knows about them (looked up before a transaction, never inside one), and their mentions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from desk.core.errors import DeskError, Invalid, NotFound
from desk.core.transaction import Desk
from desk.people.installing import Newcomer
from desk.people.team import Candidate, ReminderChannel
from storage.queries.people import members

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#(C[A-Z0-9]+)(?:\|[^>]*)?>")
_NAMED_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+\|([^>]+)>")


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user. `is_guest` covers guests of one and of several channels, `is_stranger` people of another company."""

    slack_user_id: str
    name: str
    email: str | None
    zone: str
    locale: str
    is_bot: bool = False
    is_gone: bool = False
    is_guest: bool = False
    is_stranger: bool = False


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A Slack channel as the bot sees it."""

    channel_id: str
    name: str
    is_private: bool
    is_shared_outside: bool
    is_archived: bool
    bot_is_in: bool


@dataclass(frozen=True, slots=True)
class DirectoryEntries:
    """The people and channels that were found among `ids`. One that Slack does not show the bot is missing."""

    ids: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict[str, Person])
    channels: Mapping[str, SlackChannel] = field(default_factory=dict[str, SlackChannel])


class Directory:
    """Looks up people and channels in Slack."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def look_up(self, slack_ids: Iterable[str]) -> DirectoryEntries:
        """Return people and channels by their ids. Raises SlackApiError."""
        wanted = dict.fromkeys(slack_ids)
        people = {each: await self.person(each) for each in wanted if each.startswith(("U", "W"))}
        channels = {each: await self.channel(each) for each in wanted if each.startswith(("C", "G"))}
        return DirectoryEntries(
            ids=tuple(wanted),
            people={key: person for key, person in people.items() if person},
            channels={key: channel for key, channel in channels.items() if channel},
        )

    async def person(self, slack_user_id: str) -> Person | None:
        """Return the user, or None if Slack does not know them."""
        try:
            answer = await self._client.users_info(user=slack_user_id, include_locale=True)
        except SlackApiError as error:
            if code_of(error) in ("user_not_found", "user_not_visible"):
                return None
            raise
        return _person(answer.get("user", {}))

    async def channel(self, channel_id: str) -> SlackChannel | None:
        """Return the channel, or None if the bot may not see it (a private one that it was not invited to)."""
        try:
            answer = await self._client.conversations_info(channel=channel_id)
        except SlackApiError as error:
            if code_of(error) == "channel_not_found":
                return None
            raise
        channel: dict[str, Any] = answer.get("channel", {})
        return SlackChannel(
            channel_id=channel["id"],
            name=channel.get("name", ""),
            is_private=bool(channel.get("is_private")),
            is_shared_outside=bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")),
            is_archived=bool(channel.get("is_archived")),
            bot_is_in=bool(channel.get("is_member")),
        )


def mentioned_ids(text: str) -> list[str]:
    """Return the ids of the people and channels that a command line mentions."""
    return [*_USER.findall(text), *_CHANNEL.findall(text)]


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
    return _NAMED_CHANNEL.sub(lambda found: f"#{found[1]}", named)


def candidate(entries: DirectoryEntries, slack_id: str) -> Candidate:
    """Return a user who is to become a member. Raises NotFound (`not_in_slack`) if Slack does not know them."""
    person = entries.people.get(slack_id)
    if person is None:
        raise NotFound("not_in_slack", slack_id=slack_id)
    return Candidate(
        newcomer=newcomer(person),
        is_bot=person.is_bot,
        is_gone=person.is_gone,
        is_guest=person.is_guest,
        is_stranger=person.is_stranger,
    )


def reminder_channel(entries: DirectoryEntries, channel_id: str) -> ReminderChannel:
    """Return a channel for the desk's messages. Raises Invalid (`channel_without_bot`) if Slack does not show it."""
    channel = entries.channels.get(channel_id)
    if channel is None:
        raise Invalid("channel_without_bot", channel=channel_id)
    return ReminderChannel(
        channel_id=channel.channel_id,
        is_private=channel.is_private,
        is_shared_outside=channel.is_shared_outside,
        is_archived=channel.is_archived,
        bot_is_in=channel.bot_is_in,
    )


def newcomer(person: Person) -> Newcomer:
    """Return what the desk keeps about a Slack user."""
    return Newcomer(
        slack_user_id=person.slack_user_id,
        name=person.name,
        email=person.email,
        zone=person.zone,
        locale=person.locale,
    )


def _person(user: dict[str, Any]) -> Person:
    profile = user.get("profile", {})
    return Person(
        slack_user_id=user["id"],
        name=profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name", ""),
        email=profile.get("email"),
        zone=user.get("tz") or "UTC",
        locale=user.get("locale") or "en-US",
        is_bot=bool(user.get("is_bot")),
        is_gone=bool(user.get("deleted")),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
    )


def code_of(error: SlackApiError) -> str:
    """Return Slack's code of the error, or the empty text if the answer has none, as after a 5xx."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error", "")) if isinstance(data, dict) else ""

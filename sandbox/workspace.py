"""The state of the workspace and the operations on it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from sandbox.elements import assign_ids
from sandbox.files import SlackFile
from sandbox.mentions import mentions_in, notified_users
from sandbox.model import TEAM_ID, Channel, Json, Message, User

Found = TypeVar("Found")
EventKind = Literal["message", "message_changed", "message_deleted", "channels", "notice", "views", "pane", "tools"]


@dataclass(frozen=True, slots=True)
class Event:
    """An event for the open pages. `only_for` limits it to one user; `text` is the text of a notice."""

    kind: EventKind
    channel: str | None = None
    message: Message | None = None
    only_for: str | None = None
    text: str = ""


@dataclass(slots=True)
class Draft:
    """A message to post; the workspace adds id, ts and time."""

    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    is_bot: bool = False
    ephemeral_to: str | None = None
    metadata: Json | None = None
    client_msg_id: str | None = None
    broadcast: bool = False


class Observer(Protocol):
    """Is notified of the changes that apps can subscribe to."""

    def posted(self, message: Message) -> None: ...
    def joined(self, channel: Channel, user_id: str) -> None: ...
    def left(self, channel: Channel, user_id: str) -> None: ...
    def archived(self, channel: Channel) -> None: ...
    def shared(self, channel: Channel) -> None: ...
    def user_changed(self, user_id: str) -> None: ...


class Workspace:
    """A Slack workspace. All changes go through its methods, which notify listeners and wake waiters."""

    def __init__(self, *, now: Callable[[], float], team_id: str = TEAM_ID, name: str = "Sandbox") -> None:
        self.now = now
        self.team_id = team_id
        self.name = name
        self.domain = "sandbox"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, SlackFile] = {}
        self.groups: dict[str, frozenset[str]] = {}
        self._messages: dict[str, list[Message]] = {}
        self._replies: dict[tuple[str, str], list[Message]] = {}
        self._last_ts: dict[str, int] = {}
        self._read: dict[tuple[str, str], str] = {}
        self._ids = 0
        self.observer: Observer | None = None
        self._changed = asyncio.Event()
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    def touch(self) -> None:
        """Wake all waiters: something may have changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], Found], timeout: float) -> Found:  # noqa: ASYNC109
        """Return the predicate's first true value, checked now and after every change. Raises TimeoutError after `timeout` s."""
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                await self._changed.wait()
        return found

    def listen(self) -> asyncio.Queue[Event | None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    def unlisten(self, queue: asyncio.Queue[Event | None]) -> None:
        self._listeners.discard(queue)

    def close_streams(self) -> None:
        """End the event streams of all pages."""
        for queue in self._listeners:
            queue.put_nowait(None)

    def publish(self, event: Event) -> None:
        for queue in self._listeners:
            queue.put_nowait(event)
        self.touch()

    def new_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids:08d}"

    def add_user(self, user: User) -> User:
        if user.id in self.users:
            raise ValueError(f"there is a user {user.id} already")
        self.users[user.id] = user
        self.publish(Event("channels"))
        return user

    def change_user(self, user_id: str, **fields: Any) -> None:
        """Change an account; `fields` are those of `User`."""
        user = self.users[user_id]
        for name, value in fields.items():
            setattr(user, name, value)
        user.updated = int(self.now())
        self.publish(Event("channels"))
        if self.observer:
            self.observer.user_changed(user_id)

    def deactivate(self, user_id: str) -> None:
        """Deactivate a user's account and remove them from all channels."""
        for channel in self.channels.values():
            if channel.kind != "dm" and channel.has(user_id):
                channel.members.remove(user_id)
        self.change_user(user_id, deleted=True)

    def make_guest(self, user_id: str, *, single_channel: bool = False, guest: bool = True) -> None:
        """Make an account a guest's, in several channels or in one, or a full member's again."""
        self.change_user(user_id, is_restricted=guest, is_ultra_restricted=guest and single_channel)

    def share(self, channel_id: str, *, shared: bool = True) -> None:
        """Share a channel with another company, or end that."""
        channel = self.channels[channel_id]
        channel.is_ext_shared = shared
        self.publish(Event("channels", channel_id))
        if self.observer:
            self.observer.shared(channel)

    def add_channel(self, channel: Channel) -> Channel:
        if channel.id in self.channels:
            raise ValueError(f"there is a channel {channel.id} already")
        channel.created = channel.created or int(self.now())
        self.channels[channel.id] = channel
        self.publish(Event("channels"))
        return channel

    def archive(self, channel_id: str, *, archived: bool = True) -> None:
        channel = self.channels[channel_id]
        channel.is_archived = archived
        self.publish(Event("channels", channel_id))
        if self.observer:
            self.observer.archived(channel)

    def join(self, channel_id: str, user_id: str) -> None:
        if not self.channels[channel_id].has(user_id):
            self.channels[channel_id].members.append(user_id)
            self.publish(Event("channels", channel_id))
            if self.observer:
                self.observer.joined(self.channels[channel_id], user_id)

    def leave(self, channel_id: str, user_id: str) -> None:
        if self.channels[channel_id].has(user_id):
            self.channels[channel_id].members.remove(user_id)
            self.publish(Event("channels", channel_id))
            if self.observer:
                self.observer.left(self.channels[channel_id], user_id)

    def dm(self, bot_id: str, user_id: str) -> Channel:
        """Return the direct message channel of the bot and a user; open it if needed."""
        for channel in self.channels.values():
            if channel.kind == "dm" and channel.has(bot_id) and channel.has(user_id):
                return channel
        if bot_id not in self.users:
            raise ValueError("the app must be installed before users can message it")
        channel = Channel(self.new_id("D"), name=self.users[bot_id].real_name, kind="dm", members=[bot_id, user_id])
        return self.add_channel(channel)

    def find_user(self, name: str) -> User | None:
        """Return an active user by handle or real name, ignoring case."""
        wanted = name.casefold()
        active = [user for user in self.users.values() if not user.deleted]
        by_handle = next((user for user in active if user.name.casefold() == wanted), None)
        return by_handle or next((user for user in active if user.real_name.casefold() == wanted), None)

    def sees(self, user_id: str, channel: Channel) -> bool:
        return channel.kind == "public" or channel.has(user_id)

    def app_sees(self, file: SlackFile, bot_user_id: str) -> bool:
        """Return whether the app may see a file: it is in a conversation with its bot, or was chosen in its form."""
        return file.given or any(self.channels[channel].has(bot_user_id) for channel in file.channels)

    def visible_channels(self, user_id: str) -> Iterator[Channel]:
        return (channel for channel in self.channels.values() if self.sees(user_id, channel))

    def post(self, draft: Draft) -> Message:
        """Post a message to a channel."""
        ts = self._next_ts(draft.channel)
        fields: dict[str, Any] = {name: getattr(draft, name) for name in Draft.__slots__}
        message = Message(id=f"{draft.channel}-{ts}", ts=ts, time=self.now(), **fields)
        assign_ids(message.all_blocks, message.revisions)
        self._mark_notified(message)
        self._messages.setdefault(draft.channel, []).append(message)
        if message.is_reply and not message.is_ephemeral:
            self._replies.setdefault((message.channel, message.thread_ts or ""), []).append(message)
        if not message.is_bot and not message.is_ephemeral:
            self.mark_read(message.user, message.channel)
        self.publish(Event("message", message.channel, message, message.ephemeral_to))
        if self.observer and not message.is_ephemeral:
            self.observer.posted(message)
        return message

    def change(self, message: Message, *, text: str, blocks: list[Json], attachments: list[Json] | None = None) -> None:
        """Rewrite a message in place."""
        message.text, message.blocks = text, blocks
        message.attachments = message.attachments if attachments is None else attachments
        message.edited = True
        message.revisions += 1
        assign_ids(message.all_blocks, message.revisions)
        self._mark_notified(message)
        self.publish(Event("message_changed", message.channel, message, message.ephemeral_to))

    def attach(self, message: Message, attachments: list[Json]) -> None:
        """Replace the attachments of a message, keeping its text and blocks."""
        message.attachments = attachments
        message.revisions += 1
        assign_ids(message.all_blocks, message.revisions)
        self.publish(Event("message_changed", message.channel, message))

    def delete(self, message: Message) -> None:
        self._messages[message.channel].remove(message)
        if message in (siblings := self.replies(message.channel, message.thread_ts or "")):
            siblings.remove(message)
        self.publish(Event("message_deleted", message.channel, message, message.ephemeral_to))

    def find(self, channel_id: str, ts: str) -> Message | None:
        """Return a message by its ts, unless it is ephemeral."""
        stored = self._messages.get(channel_id, ())
        return next((message for message in stored if message.ts == ts and not message.is_ephemeral), None)

    def find_by_id(self, message_id: str) -> Message | None:
        stored = self._messages.get(message_id.split("-", 1)[0], ())
        return next((message for message in stored if message.id == message_id), None)

    def messages(self, channel_id: str, viewer: str | None = None) -> list[Message]:
        """Return the channel's messages in order, with the viewer's ephemeral ones if there is a viewer."""
        stored = self._messages.get(channel_id, ())
        return [message for message in stored if message.ephemeral_to is None or message.ephemeral_to == viewer]

    def replies(self, channel_id: str, ts: str) -> list[Message]:
        """Return the thread replies to a message, without ephemeral ones."""
        return self._replies.get((channel_id, ts), [])

    def thread(self, channel_id: str, ts: str, viewer: str | None = None) -> list[Message]:
        """Return a parent message and its replies in order; only the parent if there are no replies."""
        return [message for message in self.messages(channel_id, viewer) if ts in (message.ts, message.thread_ts)]

    def mark_read(self, user_id: str, channel_id: str) -> None:
        stored = self._messages.get(channel_id)
        if stored:
            self._read[user_id, channel_id] = stored[-1].ts
            self.touch()

    def unread(self, user_id: str, channel: Channel) -> tuple[int, int]:
        """Return how many messages the user has not read, and how many of those notify them (in a DM: all)."""
        if not channel.has(user_id):
            return 0, 0
        since = self._read.get((user_id, channel.id), "")
        fresh = [
            message
            for message in self._messages.get(channel.id, ())
            if message.ts > since and message.user != user_id and not message.is_ephemeral
        ]
        notifying = fresh if channel.kind == "dm" else [message for message in fresh if user_id in message.notified]
        return len(fresh), len(notifying)

    def _next_ts(self, channel_id: str) -> str:
        micros = max(int(self.now() * 1_000_000), self._last_ts.get(channel_id, 0) + 1)
        self._last_ts[channel_id] = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def _mark_notified(self, message: Message) -> None:
        message.mentions = mentions_in(message.text, message.blocks)
        reached = notified_users(
            message.mentions, self.channels[message.channel], author=message.user, groups=self.groups
        )
        message.notified = reached if message.ephemeral_to is None else reached & {message.ephemeral_to}

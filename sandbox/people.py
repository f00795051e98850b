"""What people in the workspace of the sandbox do, and what they see."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.answers import Answers
from sandbox.delivery import Delivery
from sandbox.elements import NotPossibleError
from sandbox.events import Events
from sandbox.files import SlackFile
from sandbox.manifest import Installation
from sandbox.modals import Home, Modal, Outcome, ViewActions
from sandbox.model import Channel, ChannelKind, Message, User
from sandbox.pane_actions import PaneActions
from sandbox.panes import Pane, Panes
from sandbox.suggestions import Suggestions
from sandbox.traffic import Violation
from sandbox.triggers import Triggers
from sandbox.user_actions import Press, Reply, UserActions
from sandbox.views import Tab, Views
from sandbox.workspace import Workspace

BOT_USER_ID = "U0APPBOT"


class People:
    """The people of a workspace, with the channels, forms, Homes and panes before them. Users and channels are given by id or as
    the objects that `add_user` and `add_channel` return."""

    def __init__(
        self,
        workspace: Workspace,
        delivery: Delivery,
        triggers: Triggers,
        answers: Answers,
        violations: list[Violation],
        installed: Callable[[], Installation | None],
    ) -> None:
        self.workspace = workspace
        self.views = Views(workspace)
        self.panes = Panes(workspace)
        self.suggestions = Suggestions(workspace, delivery, answers, installed)
        self.user_actions = UserActions(workspace, delivery, triggers, answers, self.suggestions, installed)
        self.view_actions = ViewActions(workspace, self.views, delivery, triggers, answers, self.suggestions, installed)
        self.events = Events(workspace, self.views, delivery, violations, installed)
        workspace.observer = self.events
        self.pane_actions = PaneActions(workspace, self.panes, self.events, delivery, triggers, answers, installed)
        self._app = installed

    def add_user(self, user_id: str | None = None, *, name: str, real_name: str = "", **fields: Any) -> User:
        """Add a user; `fields` are those of `sandbox.model.User`."""
        return self.workspace.add_user(
            User(user_id or self.workspace.new_id("U"), name=name, real_name=real_name or name, **fields)
        )

    def add_channel(
        self,
        name: str,
        *,
        channel_id: str | None = None,
        kind: ChannelKind = "public",
        members: Iterable[User | str] = (),
        with_bot: bool = True,
        **fields: Any,
    ) -> Channel:
        """Add a channel with these members and, by default, the bot."""
        ids = [_id(member) for member in members] + ([BOT_USER_ID] if with_bot else [])
        return self.workspace.add_channel(Channel(channel_id or self.workspace.new_id("C"), name, kind, ids, **fields))

    def add_group(self, group_id: str, members: Iterable[User | str]) -> None:
        """Add a user group, which is mentioned as `<!subteam^S…>`."""
        self.workspace.groups[group_id] = frozenset(_id(member) for member in members)

    def dm(self, user: User | str) -> Channel:
        """Return the direct message channel of the bot and a user."""
        return self.workspace.dm(BOT_USER_ID, _id(user))

    def join(self, channel: Channel | str, user: User | str) -> None:
        self.workspace.join(_id(channel), _id(user))

    def leave(self, channel: Channel | str, user: User | str) -> None:
        self.workspace.leave(_id(channel), _id(user))

    def archive(self, channel: Channel | str) -> None:
        self.workspace.archive(_id(channel))

    def unarchive(self, channel: Channel | str) -> None:
        self.workspace.archive(_id(channel), archived=False)

    def share(self, channel: Channel | str) -> None:
        """Share a channel with another company."""
        self.workspace.share(_id(channel))

    def unshare(self, channel: Channel | str) -> None:
        self.workspace.share(_id(channel), shared=False)

    def remove_user(self, user: User | str) -> None:
        """Deactivate a user's account."""
        self.workspace.deactivate(_id(user))

    def make_guest(self, user: User | str, *, single_channel: bool = False) -> None:
        """Make an account a guest's, in several channels or in one."""
        self.workspace.make_guest(_id(user), single_channel=single_channel)

    async def command(self, user: User | str, channel: Channel | str, line: str) -> Reply:
        """Send a slash command as this user. Raises NotPossibleError if they can't write in the channel."""
        return await self.user_actions.command(_id(user), _id(channel), line)

    async def press(
        self,
        user: User | str,
        message: Message,
        what: str,
        *,
        block_id: str | None = None,
        choice: Any = None,
        typed: str | None = None,
        sure: bool = True,
    ) -> Press:
        """Press a button, by its action_id or text, or choose in a menu or picker.

        `choice` is the value to choose, `typed` the text for which an external menu loads its options, `sure` the answer to
        a confirmation dialog. Raises NotPossibleError unless there is exactly one such element.
        """
        return await self.user_actions.press(
            _id(user), message, what, block_id=block_id, choice=choice, typed=typed, sure=sure
        )

    def modal_of(self, user: User | str) -> Modal:
        """Return the modal that the user sees. Raises NotPossibleError when there is none."""
        stack = self.views.stack(_id(user))
        if not stack:
            raise NotPossibleError(f"{_id(user)} has no modal open")
        return Modal(stack[-1], self.view_actions)

    def modals_of(self, user: User | str) -> list[Modal]:
        """Return the user's view stack; the visible modal is last."""
        return [Modal(view, self.view_actions) for view in self.views.stack(_id(user))]

    def home_of(self, user: User | str) -> Home:
        """Return the user's App Home. Raises NotPossibleError when nothing was published for them."""
        home = self.views.home(_id(user))
        if home is None:
            raise NotPossibleError(f"nothing was published for {_id(user)}")
        return Home(home, self.view_actions)

    async def open_home(self, user: User | str, tab: Tab = "home") -> None:
        """Open a tab of the app as this user; when this returns, the app has been notified.

        Raises NotPossibleError when the app has no such tab.
        """
        app = self._app()
        if app is None or not (app.home_tab if tab == "home" else app.messages_tab):
            raise NotPossibleError(f"the app has no {tab} tab")
        sent = self.events.home_opened(_id(user), tab)
        if sent is not None:
            await sent

    async def open_pane(self, user: User | str, message: Message, url: str | None = None) -> Pane:
        """Click the Work Object below a link of a message, of which there is one or that of `url`. When this returns, the app
        has been notified; the pane shows what it then presents."""
        return await self.pane_actions.open(_id(user), message, url)

    async def press_in_pane(self, user: User | str, what: str) -> Outcome:
        """Press a button of the side pane that the user has open."""
        return await self.pane_actions.press(_id(user), what)

    async def shortcut(self, user: User | str, what: str) -> Outcome:
        """Start a global shortcut, by its name. Raises NotPossibleError when the user doesn't see it."""
        return await self.user_actions.shortcut(_id(user), what)

    async def message_shortcut(self, user: User | str, message: Message, what: str) -> Press:
        """Start a message shortcut, by its name."""
        return await self.user_actions.message_shortcut(_id(user), message, what)

    def change_user(self, user: User | str, **fields: Any) -> None:
        """Change a user's account; `fields` are those of `sandbox.model.User`."""
        self.workspace.change_user(_id(user), **fields)

    def say(self, user: User | str, channel: Channel | str, text: str, *, thread_ts: str | None = None) -> Message:
        """Post an ordinary message as this user."""
        return self.user_actions.say(_id(user), _id(channel), text, thread_ts=thread_ts)

    def upload(self, user: User | str, name: str, content: bytes) -> SlackFile:
        """Upload a file as this user, to be shown in a conversation (`send_files`) or chosen in a form (`Modal.fill`)."""
        return self.user_actions.upload(_id(user), name, content)

    def send_files(self, user: User | str, channel: Channel | str, *files: SlackFile, text: str = "") -> Message:
        """Post a message with files as this user."""
        return self.user_actions.say(_id(user), _id(channel), text, files=files)

    def messages(self, channel: Channel | str, user: User | str | None = None) -> list[Message]:
        """Return a channel's messages in order, with the user's ephemeral ones if there is a user."""
        return self.workspace.messages(_id(channel), _id(user) if user is not None else None)


def _id(entity: User | Channel | str) -> str:
    return entity if isinstance(entity, str) else entity.id

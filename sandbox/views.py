"""The open views: each user's view stack and App Home."""

import copy
import secrets
from dataclasses import dataclass, field
from typing import Literal

from sandbox.elements import VALUE_FIELDS, assign_ids, initial_state, interactive_elements, options_of
from sandbox.manifest import Installation
from sandbox.model import Json
from sandbox.workspace import Event, Workspace

MAX_IN_STACK = 3

Tab = Literal["home", "messages"]

State = dict[str, dict[str, Json]]
"""The values of stateful elements, by block_id and action_id."""


@dataclass(slots=True)
class View:
    """The current state of a view. `content` is what the app sent, with the ids that Slack generates.

    `state` has the initial values and what the user entered. `errors` are the texts at input blocks, by block_id.
    """

    id: str
    type: Literal["modal", "home"]
    user: str
    content: Json
    root_id: str = ""
    previous_id: str | None = None
    hash: str = ""
    state: State = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    revisions: int = 0
    closed: bool = False

    @property
    def blocks(self) -> list[Json]:
        return self.content["blocks"]

    @property
    def external_id(self) -> str:
        return self.content.get("external_id", "")


class Views:
    """All open views. Every change notifies the pages of the user who sees the view."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """Return a user's modals; the visible one is last."""
        return list(self._stacks.get(user, ()))

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def find(self, view_id: str) -> View | None:
        return next((view for view in self._open() if view.id == view_id), None)

    def find_external(self, external_id: str) -> View | None:
        return next((view for view in self._open() if external_id and view.external_id == external_id), None)

    def open(self, user: str, content: Json) -> View:
        """Open a modal, replacing all modals that are open."""
        self._drop(self._stacks.get(user, []))
        view = View(self._workspace.new_id("V"), "modal", user, {})
        view.root_id = view.id
        self._stacks[user] = [view]
        return self._fill(view, content)

    def push(self, user: str, content: Json) -> View | None:
        """Push a modal onto the stack and return it, or return None if the stack is full."""
        stack = self._stacks[user]
        if len(stack) >= MAX_IN_STACK:
            return None
        view = View(self._workspace.new_id("V"), "modal", user, {}, root_id=stack[0].id, previous_id=stack[-1].id)
        stack.append(view)
        return self._fill(view, content)

    def replace(self, view: View, content: Json) -> View:
        """Replace a view's content. Entered values are kept in elements with the same block_id, action_id and type."""
        view.errors = {}
        return self._fill(view, content)

    def publish(self, user: str, content: Json) -> View:
        """Publish a user's App Home."""
        home = self._homes.get(user)
        if home is None:
            home = self._homes[user] = View(self._workspace.new_id("V"), "home", user, {})
            home.root_id = home.id
        return self._fill(home, content)

    def close(self, view: View, *, whole_stack: bool = False) -> list[View]:
        """Close the view and those above it, or the whole stack. Returns the closed views, topmost first."""
        stack = self._stacks.get(view.user, [])
        start = 0 if whole_stack else stack.index(view)
        closed, self._stacks[view.user] = stack[start:][::-1], stack[:start]
        self._drop(closed)
        self.notify(view.user)
        return closed

    def enter(self, view: View, block_id: str, action_id: str, state: Json) -> None:
        """Store what the user entered or chose."""
        view.state.setdefault(block_id, {})[action_id] = state
        view.errors.pop(block_id, None)
        self._workspace.touch()

    def notify(self, user: str) -> None:
        self._workspace.publish(Event("views", only_for=user))

    def _open(self) -> list[View]:
        return [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())

    def _drop(self, views: list[View]) -> None:
        for view in views:
            view.closed = True

    def _fill(self, view: View, content: Json) -> View:
        view.content = copy.deepcopy(content)
        assign_ids(view.blocks, view.revisions)
        view.revisions += 1
        view.state = _state(view.blocks, kept=view.state)
        view.hash = f"{int(self._workspace.now())}.{secrets.token_hex(4)}"
        self.notify(view.user)
        return view


def view_json(view: View, app: Installation) -> Json:
    """Return a view as Slack writes it in answers and payloads."""
    sent = view.content
    answer: Json = {
        "id": view.id,
        "team_id": app.team_id,
        "type": view.type,
        "blocks": sent["blocks"],
        "private_metadata": sent.get("private_metadata", ""),
        "callback_id": sent.get("callback_id", ""),
        "external_id": view.external_id,
        "state": {"values": copy.deepcopy(view.state)},
        "hash": view.hash,
        "clear_on_close": sent.get("clear_on_close", False),
        "notify_on_close": sent.get("notify_on_close", False),
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "app_id": app.app_id,
        "app_installed_team_id": app.installed_in,
        "bot_id": app.bot_id,
    }
    if view.type == "home":
        return answer
    return answer | {"title": sent["title"], "submit": sent.get("submit"), "close": sent.get("close")}


def _state(blocks: list[Json], *, kept: State) -> State:
    """Return the state of new blocks. As in Slack's client, an element's earlier value wins over its initial value."""
    state: State = {}
    for block in blocks:
        for element in interactive_elements(block):
            first = initial_state(element)
            if first is None:
                continue
            before = kept.get(block["block_id"], {}).get(element["action_id"])
            now = before if before is not None and _fits(element, before) else first
            state.setdefault(block["block_id"], {})[element["action_id"]] = now
    return state


def _fits(element: Json, state: Json) -> bool:
    """Return whether an earlier state is valid for the element: the same type, and only options that still exist."""
    if state["type"] != element["type"]:
        return False
    if "options" not in element and "option_groups" not in element:
        return True
    chosen = state[VALUE_FIELDS[element["type"]]]
    offered = [one["value"] for one in options_of(element)]
    return all(one["value"] in offered for one in (chosen if isinstance(chosen, list) else [chosen]) if one)

"""A user's actions in a view, which is a modal or the App Home, and what they see of it.

await sandbox.command(user, channel, "/loan-call")
modal = sandbox.modal_of(user)
await modal.fill("Outcome", "reached")
result = await modal.submit()
modal.errors["Next call"], modal.closed
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.answers import Answers
from sandbox.delivery import Delivery
from sandbox.elements import VALUE_FIELDS, NotPossibleError, action_of, chosen_value, find_element, input_error
from sandbox.manifest import Installation
from sandbox.model import Json, User, text_of
from sandbox.payloads import closing_form, submission_form, view_actions_form
from sandbox.suggestions import MenuOptions, Suggestions
from sandbox.traffic import Exchange
from sandbox.triggers import Triggers
from sandbox.validator import Refusal, validate_view
from sandbox.views import MAX_IN_STACK, View, Views
from sandbox.workspace import Workspace

_CONNECTING = "We had some trouble connecting. Try again?"
_NOT_INTERACTIVE = "This app is not configured to handle interactive responses."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the user sees of their action in a view: `error`, and `errors` at fields, by label.

    `confirmation` is the text of the confirmation dialog, if there was one. `status` is the app's HTTP status, `action`
    the `response_action` of a submission; both are empty when nothing was sent to the app, as when a required field is
    missing.
    """

    status: int | None = None
    error: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    action: str = ""
    confirmation: str = ""
    request: Exchange | None = None


@dataclass(slots=True)
class ViewActions:
    """Performs users' actions in their views."""

    workspace: Workspace
    views: Views
    delivery: Delivery
    triggers: Triggers
    answers: Answers
    suggestions: Suggestions
    installed: Callable[[], Installation | None]

    async def act(
        self,
        view: View,
        what: str,
        choice: Any = None,
        *,
        block_id: str | None = None,
        typed: str | None = None,
        press: bool = True,
        sure: bool = True,
    ) -> Outcome:
        """Press a button, choose in a menu or picker, or enter a value; notify the app if the element dispatches actions.

        If `press` is False, buttons are refused. `sure` is the answer to a confirmation dialog.
        Raises NotPossibleError when there is no such element or option, or it can't be used this way.
        """
        user, app = self._before(view), self._app()
        block, element = find_element(view.blocks, what, block_id)
        if element["type"] not in VALUE_FIELDS and not press:
            raise NotPossibleError(f"{what!r} is a {element['type']}; it can be pressed, not filled in")
        offered = await self.suggestions.options(user, view, block, element, choice, typed)
        chosen = chosen_value(element, choice, offered=offered, tz=user.tz)
        confirmation = text_of(element.get("confirm", {}))
        if confirmation and not sure:
            return Outcome(confirmation=confirmation)
        if element["type"] in VALUE_FIELDS and element["type"] != "overflow":
            state = {"type": element["type"], VALUE_FIELDS[element["type"]]: chosen}
            self.views.enter(view, block["block_id"], element["action_id"], state)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Outcome()
        if app.interactivity_url is None:
            return Outcome(error=_NOT_INTERACTIVE)
        action = action_of(element, block["block_id"], chosen=chosen, action_ts=f"{self.workspace.now():.6f}")
        trigger = self.triggers.issue(user.id, view=view.id)
        form = view_actions_form(self.workspace, app, user, view, action=action, trigger_id=trigger)
        exchange = await self.delivery.send("action", element["action_id"], app.interactivity_url, form, app)
        return Outcome(
            exchange.status, self.answers.error_text(exchange, user.id), confirmation=confirmation, request=exchange
        )

    async def menu_options(self, view: View, what: str, typed: str, *, block_id: str | None = None) -> MenuOptions:
        """Return what a menu shows after `typed` was typed into it."""
        user = self._before(view)
        block, element = find_element(view.blocks, what, block_id)
        if "options" in element or "option_groups" in element:
            return MenuOptions(element)
        return await self.suggestions.load(user, view, block, element, typed)

    async def submit(self, view: View) -> Outcome:
        """Press the submit button: Slack's client checks the fields, then the app is asked."""
        user, app = self._before(view), self._app()
        if "submit" not in view.content:
            raise NotPossibleError("the view has no submit button")
        if self.views.stack(user.id)[-1] is not view:
            raise NotPossibleError("another view is on top of it")
        view.errors = _problems(view)
        if view.errors:
            self.views.notify(user.id)
            return Outcome(errors=labelled(view))
        if app.interactivity_url is None:
            return Outcome(error=_NOT_INTERACTIVE)
        trigger = self.triggers.issue(user.id, view=view.id)
        form = submission_form(
            self.workspace, app, user, view, trigger_id=trigger, response_urls=self._response_urls(view)
        )
        name = view.content.get("callback_id", "")
        exchange = await self.delivery.send("submission", name, app.interactivity_url, form, app)
        if exchange.status != 200:
            return Outcome(exchange.status, _CONNECTING, request=exchange)
        return self._apply(view, exchange)

    def _response_urls(self, view: View) -> list[Json]:
        """Return response URLs for the conversations chosen in menus with `response_url_enabled`."""
        urls: list[Json] = []
        for block in view.blocks:
            element = block.get("element") or {}
            if block.get("type") != "input" or not element.get("response_url_enabled"):
                continue
            entered = view.state.get(block["block_id"], {}).get(element["action_id"], {})
            channel = entered.get(VALUE_FIELDS[element["type"]])
            if channel:
                url = self.triggers.response_url("command", channel=channel, user=view.user)
                urls.append(
                    {
                        "block_id": block["block_id"],
                        "action_id": element["action_id"],
                        "channel_id": channel,
                        "response_url": self.triggers.url_of(url),
                    }
                )
        return urls

    def _apply(self, view: View, exchange: Exchange) -> Outcome:
        """Apply the app's answer to a submission."""
        answer = exchange.answer
        if answer in ("", None, {}):
            self._close_if_open(view)
            return Outcome(200, request=exchange)
        refusal = self._check(view, answer)
        if refusal:
            return Outcome(200, self.answers.refuse("answer", refusal, answer, view.user), request=exchange)
        match action := answer["response_action"]:
            case "errors":
                view.errors = dict(answer["errors"])
                self.views.notify(view.user)
            case "clear":
                self._close_if_open(view, whole_stack=True)
            case "update":
                self.views.replace(view, answer["view"])
            case _:
                self.views.push(view.user, answer["view"])
        return Outcome(200, errors=labelled(view), action=action, request=exchange)

    def _check(self, view: View, answer: Any) -> Refusal | None:
        """Return why Slack ignores an answer to a submission, or None if it is valid."""
        action = answer.get("response_action") if isinstance(answer, dict) else None
        expected = {"errors": {"errors"}, "update": {"view"}, "push": {"view"}, "clear": set[str]()}.get(action or "")
        if expected is None or answer.keys() - {"response_action"} != expected:
            return Refusal(
                "invalid_payload", ("[ERROR] must be empty or have a response_action and what belongs to it",)
            )
        if action == "errors":
            return _check_errors(view, answer["errors"])
        if action == "clear":
            return None
        if refusal := validate_view(answer["view"]):
            return refusal
        same = self.views.find_external(answer["view"].get("external_id", ""))
        if same is not None and (same is not view or action == "push"):
            return Refusal("duplicate_external_id")
        if view.closed:
            return Refusal("not_found", ("[ERROR] the view is closed",))
        full = action == "push" and len(self.views.stack(view.user)) == MAX_IN_STACK
        return Refusal("push_limit_reached") if full else None

    async def close(self, view: View, *, whole_stack: bool = False) -> list[Exchange]:
        """Press the close button, or with `whole_stack` the ✕. Notify the app of each closed view with `notify_on_close`."""
        user, app = self._before(view), self._app()
        if view.type == "home":
            raise NotPossibleError("the App Home can't be closed")
        cleared = whole_stack or bool(view.content.get("clear_on_close"))
        sent: list[Exchange] = []
        for closed in self.views.close(view, whole_stack=cleared):
            if closed.content.get("notify_on_close") and app.interactivity_url:
                form = closing_form(self.workspace, app, user, closed, is_cleared=cleared)
                name = closed.content.get("callback_id", "")
                sent.append(await self.delivery.send("closing", name, app.interactivity_url, form, app))
                self.answers.error_text(sent[-1], user.id)
        return sent

    def _close_if_open(self, view: View, *, whole_stack: bool = False) -> None:
        if not view.closed:
            self.views.close(view, whole_stack=whole_stack)

    def _before(self, view: View) -> User:
        """Return the user of the view. Raises NotPossibleError when it is closed or their account is deactivated."""
        user = self.workspace.users[view.user]
        if user.deleted:
            raise NotPossibleError("account_inactive")
        if view.closed:
            raise NotPossibleError("the view is closed")
        return user

    def _app(self) -> Installation:
        app = self.installed()
        if app is None or app.revoked:
            raise NotPossibleError(_NOT_INTERACTIVE)
        return app


def _problems(view: View) -> dict[str, str]:
    problems: dict[str, str] = {}
    for block in view.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = view.state.get(block["block_id"], {}).get(element["action_id"])
        problem = input_error(block, element, state) if state else None
        if problem:
            problems[block["block_id"]] = problem
    return problems


def _check_errors(view: View, errors: Any) -> Refusal | None:
    if not isinstance(errors, dict) or not errors:
        return Refusal(
            "invalid_payload", ("[ERROR] must be an object with a text for each block [json-pointer:/errors]",)
        )
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    for block_id, text in errors.items():
        if block_id not in inputs:
            return Refusal("invalid_payload", (f"[ERROR] {block_id} is not an input block [json-pointer:/errors]",))
        if not isinstance(text, str) or not text:
            return Refusal("invalid_payload", (f"[ERROR] must be a text [json-pointer:/errors/{block_id}]",))
    return None


def labelled(view: View) -> dict[str, str]:
    """Return the errors of a view by the labels of their fields."""
    labels = {block["block_id"]: block["label"]["text"] for block in view.blocks if block["type"] == "input"}
    return {labels[block_id]: text for block_id, text in view.errors.items()}


@dataclass(frozen=True, slots=True)
class Home:
    """A user's App Home, as they see it now."""

    view: View
    _actions: ViewActions

    @property
    def blocks(self) -> list[Json]:
        return self.view.blocks

    @property
    def text(self) -> str:
        """All visible text, labels and buttons included."""
        return text_of(self.view.content)

    @property
    def values(self) -> dict[str, Json]:
        """The state of each field, by action_id, as Slack writes it."""
        return {action: state for states in self.view.state.values() for action, state in states.items()}

    async def press(self, what: str, *, choice: Any = None, block_id: str | None = None, sure: bool = True) -> Outcome:
        """Press a button, by its action_id or text, or choose in a menu; `sure` answers a confirmation dialog.

        Raises NotPossibleError unless there is exactly one such element.
        """
        return await self._actions.act(self.view, what, choice, block_id=block_id, sure=sure)

    async def fill(self, what: str, choice: Any, *, typed: str | None = None, block_id: str | None = None) -> Outcome:
        """Enter or choose a value in the field with this label or action_id.

        `choice` is a text, a number, a date, time or datetime, a user's or channel's id, an option's value or text, or a
        list of these. The options of an external menu are loaded for `typed`, or for the choice if that is None.
        """
        return await self._actions.act(self.view, what, choice, block_id=block_id, typed=typed, press=False)

    async def options(self, what: str, typed: str = "", *, block_id: str | None = None) -> list[str]:
        """Return the texts of the options that a menu shows after `typed` was typed into it.

        Raises NotPossibleError when the app's answer can't be shown.
        """
        loaded = await self._actions.menu_options(self.view, what, typed, block_id=block_id)
        if loaded.error:
            raise NotPossibleError(loaded.error)
        return [one["text"]["text"] for one in loaded.options]


@dataclass(frozen=True, slots=True)
class Modal(Home):
    """A modal, as the user sees it now, even after the app has updated it."""

    @property
    def title(self) -> str:
        return self.view.content["title"]["text"]

    @property
    def labels(self) -> list[str]:
        """The labels of the fields, in order."""
        return [block["label"]["text"] for block in self.view.blocks if block["type"] == "input"]

    @property
    def errors(self) -> dict[str, str]:
        """The error texts at the fields, by label."""
        return labelled(self.view)

    @property
    def closed(self) -> bool:
        return self.view.closed

    async def submit(self) -> Outcome:
        """Press the submit button."""
        return await self._actions.submit(self.view)

    async def close(self, *, whole_stack: bool = False) -> list[Exchange]:
        """Press the close button, or the ✕ for the whole stack. Returns the requests to the app."""
        return await self._actions.close(self.view, whole_stack=whole_stack)

"""External selects: the options that the app returns for typed text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.answers import Answers
from sandbox.delivery import Delivery
from sandbox.elements import NotPossibleError, options_of
from sandbox.manifest import Installation
from sandbox.model import Json, Message, User
from sandbox.payloads import suggestion_form
from sandbox.validator import Refusal, validate_options
from sandbox.views import View
from sandbox.workspace import Workspace

EXTERNAL = frozenset({"external_select", "multi_external_select"})
_MIN_QUERY_LENGTH = 3


@dataclass(frozen=True, slots=True)
class MenuOptions:
    """What the menu shows: the app's answer with `options` or `option_groups`, or an `error`."""

    answer: Json = field(default_factory=dict)
    error: str = ""

    @property
    def options(self) -> list[Json]:
        return options_of(self.answer)


@dataclass(slots=True)
class Suggestions:
    """Loads options from the app, and remembers which ones each user was shown."""

    workspace: Workspace
    delivery: Delivery
    answers: Answers
    installed: Callable[[], Installation | None]
    _known: dict[tuple[str, str, str], dict[str, Json]] = field(default_factory=dict)

    async def load(self, user: User, where: View | Message, block: Json, element: Json, typed: str) -> MenuOptions:
        """Ask the app for options; return none, without asking, if the text is shorter than `min_query_length`."""
        app = self.installed()
        if app is None or app.revoked or app.options_url is None:
            raise NotPossibleError("the app has no URL that options are loaded from: message_menu_options_url")
        if len(typed) < element.get("min_query_length", _MIN_QUERY_LENGTH):
            return MenuOptions()
        source = {"action_id": element["action_id"], "block_id": block["block_id"]}
        form = suggestion_form(self.workspace, app, user, where, source=source, typed=typed)
        exchange = await self.delivery.send("options", element["action_id"], app.options_url, form, app)
        if exchange.status != 200 or not isinstance(exchange.answer, dict):
            return MenuOptions(
                error=self.answers.error_text(exchange, user.id) or self._refuse(user, Refusal("no_options"), {})
            )
        if refusal := validate_options(exchange.answer):
            return MenuOptions(error=self._refuse(user, refusal, exchange.answer))
        loaded = MenuOptions(exchange.answer)
        self._known_options(user, where, element).update({one["value"]: one for one in loaded.options})
        return loaded

    async def options(
        self, user: User, where: View | Message, block: Json, element: Json, choice: Any, typed: str | None = None
    ) -> list[Json] | None:
        """Return the options from which the user chooses; those not shown to them yet are loaded first.

        Returns None for a menu that isn't external. Raises NotPossibleError when the app's answer can't be shown.
        """
        if element["type"] not in EXTERNAL:
            return None
        known = self._known_options(user, where, element)
        for one in choice if isinstance(choice, list) else [choice]:
            wanted = one.get("value") if isinstance(one, dict) else one
            if wanted in (None, "") or wanted in known:
                continue
            loaded = await self.load(user, where, block, element, wanted if typed is None else typed)
            if loaded.error:
                raise NotPossibleError(loaded.error)
        return list(known.values())

    def _known_options(self, user: User, where: View | Message, element: Json) -> dict[str, Json]:
        initial = [
            *element.get("initial_options", ()),
            *([element["initial_option"]] if "initial_option" in element else ()),
        ]
        first = {one["value"]: one for one in initial}
        return self._known.setdefault((user.id, where.id, element["action_id"]), first)

    def _refuse(self, user: User, refusal: Refusal, body: Any) -> str:
        return self.answers.refuse("options", refusal, body, user.id)

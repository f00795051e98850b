"""Work Objects: how they are drawn below a link, and the side panes that users have open."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.elements import assign_ids
from sandbox.model import Json, Message, text_of
from sandbox.traffic import Exchange
from sandbox.workspace import Event, Workspace


@dataclass(slots=True)
class Pane:
    """A side pane. Until the app presents details it is empty; then it has `title` and `blocks`, or says why not in `error`.

    `link` is the Work Object below the link that was opened: `url`, `external_ref` and `app_unfurl_url`.
    """

    user: str
    link: Json
    message: Message
    trigger_id: str
    title: str = ""
    error: str = ""
    blocks: list[Json] = field(default_factory=list)
    request: Exchange | None = None

    @property
    def text(self) -> str:
        """All visible text, buttons included."""
        return "\n".join(part for part in (self.title, self.error, *map(text_of, self.blocks)) if part)

    def buttons(self) -> list[str]:
        """Return the texts of the buttons, in order."""
        drawn = [element for block in self.blocks if block["type"] == "actions" for element in block["elements"]]
        return [element["text"]["text"] for element in drawn]


class Panes:
    """The open side pane of each user, and those that wait for details."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open: dict[str, Pane] = {}

    def of(self, user_id: str) -> Pane | None:
        """Return the pane that the user sees."""
        return self._open.get(user_id)

    def waiting(self, trigger_id: str) -> Pane | None:
        """Return the open pane for which the app got this trigger."""
        return next((pane for pane in self._open.values() if pane.trigger_id == trigger_id), None)

    def show(self, pane: Pane) -> None:
        """Open a pane, or show what it contains now."""
        self._open[pane.user] = pane
        assign_ids(pane.blocks, 0)
        self._workspace.publish(Event("pane", only_for=pane.user))

    def close(self, user_id: str) -> None:
        self._open.pop(user_id, None)


def preview(entity: Json) -> Json:
    """Return the attachment below a link: the Work Object as everyone sees it."""
    payload = entity["entity_payload"]
    link = {name: entity[name] for name in ("url", "external_ref", "app_unfurl_url")}
    return {
        "from_url": entity["app_unfurl_url"],
        "is_app_unfurl": True,
        "entity": link,
        "blocks": [_rich([_text(title_of(entity), bold=True)]), *drawn_blocks(payload)],
    }


def title_of(entity: Json) -> str:
    """Return the title of a Work Object, with its kind."""
    attributes = entity["entity_payload"]["attributes"]
    return " · ".join(filter(None, (attributes.get("display_type"), attributes["title"]["text"])))


def drawn_blocks(payload: Json) -> list[Json]:
    """Return the fields and buttons of a Work Object as blocks."""
    by_key = {one["key"]: one for one in payload.get("custom_fields", ())}
    order = [*payload.get("display_order", ()), *(key for key in by_key if key not in payload.get("display_order", ()))]
    actions = payload.get("actions", {})
    return [
        *(_drawn(by_key[key]) for key in order),
        *drawn_actions([*actions.get("primary_actions", ()), *actions.get("overflow_actions", ())]),
    ]


def drawn_actions(actions: Sequence[Json]) -> list[Json]:
    """Return the buttons of a Work Object, or of a pane's error, as blocks."""
    drawn = [{"type": "button", **action, "text": {"type": "plain_text", "text": action["text"]}} for action in actions]
    for button in drawn:
        button.pop("processing_state", None)
    return [{"type": "actions", "elements": drawn}] if drawn else []


def _drawn(one: Json) -> Json:
    if one["type"] == "slack#/types/user":
        user = one["user"]
        value = {"type": "user", "user_id": user["user_id"]} if "user_id" in user else _text(user["text"])
    else:
        value = _text(str(one["value"]))
    return _rich([_text(f"{one['label']}: "), value])


def _text(text: str, *, bold: bool = False) -> Json:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _rich(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}

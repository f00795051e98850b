"""The shapes of Slack's payloads, as far as the desk's listeners rely on them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from handlers.door.payloads import read_object


def _json_object(text: str | None) -> str | None:
    if text:
        read_object(text)
    return text


def _object_if_it_looks_so(text: str | None) -> str | None:
    return _json_object(text) if text and text.startswith("{") else text


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError
    return text


_Id = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_storable)]
_Carried = Annotated[str, AfterValidator(_object_if_it_looks_so)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", defer_build=True)  # built when the first of its kind arrives


class _WithTeam(_Part):
    team_id: str | None = None


class _Identified(_WithTeam):
    id: _Id


class _Authorization(_WithTeam):
    enterprise_id: str | None = None
    is_enterprise_install: bool | None = None


class _Organisation(_Part):
    id: str | None = None


class _Team(_Part):
    id: str | None = None


class _InstalledIn(_Part):
    app_installed_team_id: str | None = None


class Common(_WithTeam):
    """What Bolt itself and the check of the team read of any payload."""

    team: str | _Team | None = None
    enterprise: str | _Organisation | None = None
    enterprise_id: str | None = None
    is_enterprise_install: bool | str | None = None
    authorizations: list[_Authorization] | None = None
    user: str | _WithTeam | None = None
    view: _InstalledIn | None = None
    event: dict[str, Any] | None = None


class _Command(_Part):
    command: _Id
    trigger_id: _Id
    user_id: _Id
    channel_id: _Id
    text: str = ""


class _Interaction(_Part):
    user: _Identified


class _Chosen(_Part):
    value: _Carried | None = None


class _Action(_Chosen):
    action_id: _Id
    selected_option: _Chosen | None = None


class _Option(_Part):
    value: str


class _SentFile(_Part):
    id: _Id
    name: str | None = None
    size: int | None = None


class _Element(_Part):
    files: list[_SentFile] | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_users: list[str] | None = None


class _State(_Part):
    values: dict[str, dict[str, _Element]] = {}


class _Title(_Part):
    text: str = ""


class _View(_Part):
    id: _Id
    type: str = ""
    hash: str = ""
    callback_id: str
    title: _Title | None = None
    private_metadata: Annotated[str, AfterValidator(_json_object)] | None = None
    state: _State | None = None
    previous_view_id: str | None = None
    blocks: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class _Container(_Part):
    type: str = ""


class _Press(_Interaction):
    trigger_id: _Id
    container: _Container | None = None
    actions: Annotated[list[_Action], Field(min_length=1)]
    channel: _Identified | None = None
    view: _View | None = None
    response_url: str = ""


class _Submission(_Interaction):
    view: _View


class _Suggestion(_Interaction):
    action_id: _Id
    value: str = ""
    view: _View | None = None


class _Text(_Part):
    text: str = ""


class _Shortcut(_Interaction):
    callback_id: _Id
    trigger_id: _Id
    message: _Text | None = None


class _Opened(_Part):
    type: Literal["app_home_opened"]
    user: _Id
    view: dict[str, Any] | None = None


class _Said(_Part):
    """A message. Of edits and joins, which have a subtype, nothing more is read."""

    type: Literal["message", "app_mention"]
    channel: str = ""
    user: str = ""
    text: str = ""
    thread_ts: str | None = None
    files: list[_SentFile] | None = None


class _Changed(_Part):
    type: Literal["user_change"]
    user: _Identified


class _RevokedTokens(_Part):
    bot: list[str] | None = None


class _Ended(_Part):
    """The app was removed, or tokens of it were revoked."""

    type: Literal["app_uninstalled", "tokens_revoked"]
    tokens: _RevokedTokens | None = None


class _Link(_Part):
    url: str


class _Shared(_Part):
    type: Literal["link_shared"]
    channel: _Id
    message_ts: str
    user: _Id
    links: list[_Link]


class _Reference(_Part):
    id: _Id


class _PaneOpened(_Part):
    type: Literal["entity_details_requested"]
    user: _Id
    trigger_id: _Id
    external_ref: _Reference
    entity_url: str = ""


class _Event(_Part):
    event_id: _Id


class _Typed(_Part):
    type: _Id


class _OtherEvent(_Part):
    event: _Typed


class _HomeEvent(_Event):
    event: _Opened


class _MessageEvent(_Event):
    event: _Said


class _ChangeEvent(_Event):
    event: _Changed


class _EndedEvent(_Event):
    event: _Ended
    event_time: Annotated[int, Field(ge=0, lt=2**40)]


class _LinkEvent(_Event):
    event: _Shared


class _PaneEvent(_Event):
    event: _PaneOpened


EVENTS: dict[str, type[BaseModel]] = {
    "app_home_opened": _HomeEvent,
    "message": _MessageEvent,
    "app_mention": _MessageEvent,
    "user_change": _ChangeEvent,
    "link_shared": _LinkEvent,
    "app_uninstalled": _EndedEvent,
    "tokens_revoked": _EndedEvent,
    "entity_details_requested": _PaneEvent,
}


SHAPES: dict[str, type[BaseModel]] = {
    "command": _Command,
    "block_actions": _Press,
    "block_suggestion": _Suggestion,
    "view_submission": _Submission,
    "view_closed": _Submission,
    "shortcut": _Shortcut,
    "message_action": _Shortcut,
    "event_callback": _OtherEvent,
    **{f"event:{name}": shape for name, shape in EVENTS.items()},
}
"""What the desk's listeners rely on, by kind of request. A field that they do not read may be anything."""

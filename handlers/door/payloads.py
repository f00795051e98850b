"""The bodies of Slack's requests: read one that is signed, refuse one of another shape, and tell for which installation it is."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import parse_qsl

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from desk.core.dataclass import dataclass

MOST_FIELDS = 100
"""Most fields of a form that Slack sends; a slash command has about fifteen."""

_NAMED = ("channel", "user", "team", "enterprise")
_WITHIN = ("event", "message", "previous_message", "item", "assistant_thread")
"""Where Bolt looks for the ids of a request, and where it looks for these."""


class MalformedError(Exception):
    """A body that Slack does not send. The message is a code for the log: `not_json`, `wrong_shape:block_actions`…"""


@dataclass(frozen=True, slots=True)
class Addressee:
    """The installation for which the app got a request: in a team, or in the whole organisation `enterprise`."""

    teams: frozenset[str]
    enterprise: str = ""
    for_organisation: bool = False

    @property
    def installed_in(self) -> str | None:
        """The Slack id of the team or organisation in which the app is installed; None if the request does not name just one."""
        if self.for_organisation:
            return self.enterprise or None
        return next(iter(self.teams)) if len(self.teams) == 1 else None


def read_payload(raw: bytes, content_type: str) -> dict[str, Any]:
    """Return the payload of a verified body: JSON, or a form that may have JSON in its field `payload`. Raises MalformedError."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise MalformedError("not_utf8") from None
    if content_type.partition(";")[0].strip().lower() == "application/json" or text.startswith("{"):
        return _object(text)
    form = _form(text)
    return _object(form["payload"]) if "payload" in form else form


def addressee_of(payload: Any) -> Addressee | None:
    """Check that the payload has the shape that its listener relies on, and return for which installation it is; None: for
    none, because Slack only verifies the address. Raises MalformedError.
    """
    if not isinstance(payload, dict):
        raise MalformedError("no_object")
    body: dict[str, Any] = payload
    if body.get("type") == "url_verification" or "ssl_check" in body:
        return None
    kind = _kind(body)
    try:
        _Common.model_validate(body)
        if kind in _SHAPES:
            _SHAPES[kind].model_validate(body)
    except ValidationError:
        raise MalformedError(f"wrong_shape:{kind}") from None
    if not _names_well(body):
        raise MalformedError(f"wrong_shape:{kind}")
    teams, authorization = _teams(body), next(iter(body.get("authorizations") or []), {})
    organisation = body.get("enterprise")
    named = organisation.get("id") if isinstance(organisation, dict) else organisation
    enterprise = authorization.get("enterprise_id") or body.get("enterprise_id") or named or ""
    # A command has it as a text.
    flags = (authorization.get("is_enterprise_install"), body.get("is_enterprise_install"))
    for_organisation = any(flag in (True, "true") for flag in flags)
    if not (teams or (for_organisation and enterprise)):
        raise MalformedError("no_team")
    return Addressee(frozenset(teams), enterprise, for_organisation)


def _form(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise MalformedError("not_a_form") from None
    form = dict(pairs)
    if not form or len(form) != len(pairs):
        raise MalformedError("not_a_form")
    return form


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise MalformedError("not_json") from None
    if not isinstance(value, dict):
        raise MalformedError("no_object")
    return value


def _refuse(_constant: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON


def _kind(body: Mapping[str, Any]) -> str:
    if "command" in body:
        return "command"
    kind, event = body.get("type"), body.get("event")
    name = event.get("type") if isinstance(event, dict) else None
    if kind == "event_callback" and isinstance(name, str) and name in _EVENTS:
        return f"event:{name}"
    return kind if isinstance(kind, str) and kind in _SHAPES else "other"


def _names_well(body: Mapping[str, Any]) -> bool:
    """Return whether all in which Bolt looks for ids, of payloads that no listener takes too, is an id or has one."""
    named = (body.get(key) for key in _NAMED)
    within = [body.get(key) for key in _WITHIN] + list(body.get("authorizations") or [])
    return all(each is None or isinstance(each, str | dict) for each in named) and all(
        _names_well(each) for each in within if isinstance(each, dict)
    )


def _teams(body: Mapping[str, Any]) -> set[str]:
    """Return the teams for which the app got this request: usually one."""
    view, authorizations = body.get("view") or {}, body.get("authorizations") or []
    if installed := view.get("app_installed_team_id"):
        return {installed}
    # In a channel shared with another company, the event may have happened in that company's team.
    if authorizations and body.get("is_ext_shared_channel"):
        return {authorizations[0].get("team_id")}
    team = body.get("team")
    named = [body.get("team_id"), team.get("id") if isinstance(team, dict) else team]
    named += [each.get("team_id") for each in authorizations]
    if not any(named):
        # After an installation for a whole organisation, an interaction has no team of its own.
        named = [(body.get("user") or {}).get("team_id")] if isinstance(body.get("user"), dict) else []
    return {each for each in named if each}


def _json_object(text: str | None) -> str | None:
    if text:
        _object(text)
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


class _Common(_WithTeam):
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


_EVENTS: dict[str, type[_Event]] = {
    "app_home_opened": _HomeEvent,
    "message": _MessageEvent,
    "app_mention": _MessageEvent,
    "user_change": _ChangeEvent,
    "link_shared": _LinkEvent,
    "app_uninstalled": _EndedEvent,
    "tokens_revoked": _EndedEvent,
    "entity_details_requested": _PaneEvent,
}

_SHAPES: dict[str, type[BaseModel]] = {
    "command": _Command,
    "block_actions": _Press,
    "block_suggestion": _Suggestion,
    "view_submission": _Submission,
    "view_closed": _Submission,
    "shortcut": _Shortcut,
    "message_action": _Shortcut,
    "event_callback": _OtherEvent,
    **{f"event:{name}": shape for name, shape in _EVENTS.items()},
}
"""What the desk's listeners rely on, by kind of request. A field that they do not read may be anything."""

"""For which installation a payload is, if it has the shape that its listener relies on."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from desk.core.dataclass import dataclass
from handlers.door.payload_shapes import EVENTS, SHAPES, Common
from handlers.door.payloads import MalformedError

_NAMED = ("channel", "user", "team", "enterprise")
_WITHIN = ("event", "message", "previous_message", "item", "assistant_thread")
"""Where Bolt looks for the ids of a request, and where it looks for these."""


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
        Common.model_validate(body)
        if kind in SHAPES:
            SHAPES[kind].model_validate(body)
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


def _kind(body: Mapping[str, Any]) -> str:
    if "command" in body:
        return "command"
    kind, event = body.get("type"), body.get("event")
    name = event.get("type") if isinstance(event, dict) else None
    if kind == "event_callback" and isinstance(name, str) and name in EVENTS:
        return f"event:{name}"
    return kind if isinstance(kind, str) and kind in SHAPES else "other"


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

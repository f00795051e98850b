"""views.*: open, push, update and publish views."""

from sandbox.api.call import ApiCall, ApiError
from sandbox.model import Json
from sandbox.triggers import Trigger
from sandbox.validator import validate_view
from sandbox.validator.schema import Surface
from sandbox.views import View, view_json


def open_(call: ApiCall) -> Json:
    call.only("view", "trigger_id", "interactivity_pointer")
    content = _content(call, "modal")
    trigger = _trigger(call)
    return _shown(call, call.views.open(trigger.user, content))


def push(call: ApiCall) -> Json:
    call.only("view", "trigger_id", "interactivity_pointer")
    content = _content(call, "modal")
    trigger = _trigger(call)
    if trigger.view is None:
        raise ApiError("invalid_trigger_id", ("[ERROR] the trigger is not from inside a modal",))
    below = call.views.find(trigger.view)
    if below is None or below.type != "modal":
        raise ApiError("not_found")
    view = call.views.push(trigger.user, content)
    if view is None:
        raise ApiError("push_limit_reached")
    return _shown(call, view)


def update(call: ApiCall) -> Json:
    call.only("view", "view_id", "external_id", "hash")
    by_id, by_external_id = call.text("view_id", ""), call.text("external_id", "")
    if bool(by_id) == bool(by_external_id):
        raise ApiError("invalid_arguments", ("[ERROR] exactly one of view_id and external_id is needed",))
    view = call.views.find(by_id) if by_id else call.views.find_external(by_external_id)
    if view is None:
        raise ApiError("not_found")
    content = _content(call, view.type, replacing=view)
    _check_hash(call, view)
    return _shown(call, call.views.replace(view, content))


def publish(call: ApiCall) -> Json:
    call.only("view", "user_id", "hash")
    user = call.workspace.users.get(call.text("user_id"))
    if user is None or user.is_bot or user.deleted:
        raise ApiError("user_not_found")
    if not call.app.home_tab:
        raise ApiError("not_enabled")
    home = call.views.home(user.id)
    content = _content(call, "home", replacing=home)
    _check_hash(call, home)
    return _shown(call, call.views.publish(user.id, content))


def _content(call: ApiCall, surface: Surface, *, replacing: View | None = None) -> Json:
    """Return the view of the call. Raises Slack's error when it would refuse it."""
    content = call.structure("view", "invalid_arguments")
    if refusal := validate_view(content, surface, call.app.scopes):
        raise ApiError(refusal.error, refusal.messages)
    same = call.views.find_external(content.get("external_id", ""))
    if same is not None and same is not replacing:
        raise ApiError("duplicate_external_id")
    return content


def _trigger(call: ApiCall) -> Trigger:
    trigger = call.triggers.exchange(call.text("trigger_id"))
    if isinstance(trigger, str):
        raise ApiError(trigger)
    return trigger


def _check_hash(call: ApiCall, view: View | None) -> None:
    wanted = call.text("hash", "")
    if wanted and (view is None or wanted != view.hash):
        raise ApiError("hash_conflict")


def _shown(call: ApiCall, view: View) -> Json:
    return {"view": view_json(view, call.app)}


METHODS = {
    "views.open": (open_, ()),
    "views.push": (push, ()),
    "views.update": (update, ()),
    "views.publish": (publish, ()),
}

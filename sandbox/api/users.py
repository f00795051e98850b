"""users.* and auth.test: the users and the bot."""

import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.api.call import ApiCall, ApiError
from sandbox.manifest import Installation
from sandbox.model import Json, User
from sandbox.workspace import Workspace


def auth_test(call: ApiCall) -> Json:
    return {
        "url": f"{call.base_url}/",
        "team": call.workspace.name,
        "user": call.app.bot_name,
        "team_id": call.workspace.team_id,
        "user_id": call.app.bot_user_id,
        "bot_id": call.app.bot_id,
        "is_enterprise_install": call.app.for_organisation,
        **({"enterprise_id": call.app.enterprise_id} if call.app.enterprise_id else {}),
    }


def auth_revoke(call: ApiCall) -> Json:
    """Revoke the token of the call."""
    call.app.revoked = "token_revoked"
    return {"revoked": True}


def info(call: ApiCall) -> Json:
    user = call.workspace.users.get(call.text("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": _user(call, user)}


def list_(call: ApiCall) -> Json:
    page, cursor = call.page(list(call.workspace.users.values()), default=200, most=1000)
    return {
        "members": [_user(call, user) for user in page],
        "cache_ts": int(call.workspace.now()),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: ApiCall) -> Json:
    wanted = call.text("email").casefold()
    for user in call.workspace.users.values():
        if user.email.casefold() == wanted and not user.deleted:
            return {"user": _user(call, user)}
    raise ApiError("users_not_found")


def _user(call: ApiCall, user: User) -> Json:
    answer = user_json(call.workspace, call.app, user)
    return {**answer, "locale": user.locale} if call.flag("include_locale") else answer


def _here(zone: str, now: float) -> datetime.datetime:
    """Return the time in a zone, in UTC for one that this machine does not know: Slack may know more of them."""
    try:
        return datetime.datetime.fromtimestamp(now, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.datetime.fromtimestamp(now, datetime.UTC)


def user_json(workspace: Workspace, app: Installation, user: User) -> Json:
    """Return a user as Slack writes them, without their locale."""
    here = _here(user.tz, workspace.now())
    offset = here.utcoffset() or datetime.timedelta()
    profile: Json = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.display_name,
        "display_name_normalized": user.display_name,
        "title": user.title,
        "image_48": user.avatar,
        "team": workspace.team_id,
    }
    if user.email and "users:read.email" in app.scopes:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": workspace.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_app_user": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "tz": user.tz,
        "tz_label": here.tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()),
        "updated": user.updated,
        "profile": profile,
    }


METHODS = {
    "auth.test": (auth_test, ()),
    "auth.revoke": (auth_revoke, ()),
    "users.info": (info, ("users:read",)),
    "users.list": (list_, ("users:read",)),
    "users.lookupByEmail": (lookup_by_email, ("users:read.email",)),
}

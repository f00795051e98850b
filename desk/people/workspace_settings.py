"""Settings of a workspace: language of its channels, country of its holidays, time zone, contact hours, links to loans, what
managers see, whether the desk's files are sent in Slack."""

from dataclasses import asdict, fields
from datetime import time
from typing import Any
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import recompute
from desk.people.members import zone_of
from desk.rules.calendar import countries
from storage.queries.people import members, workspaces
from storage.tables import Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """`country` is an ISO 3166 code, or None for no public holidays; contact hours are in `zone`. With `work_objects`, links to
    loans are shown as Slack's Work Objects; with `managers_see_all`, managers see the loans of all teams; with
    `callers_see_unowned`, members of a team who make calls see loans without an owner; with `files_in_slack`, members may have
    lists and case files sent to them as files in Slack."""

    locale: str
    country: str | None
    zone: str
    contact_start: time
    contact_end: time
    work_objects: bool
    managers_see_all: bool
    callers_see_unowned: bool
    files_in_slack: bool


_OF_NO_TIME = frozenset({"work_objects", "managers_see_all", "callers_see_unowned", "files_in_slack"})
"""Settings from which no reminder's time follows."""


@dataclass(frozen=True, slots=True)
class WorkspaceChange:
    """The new settings. `under_way`: the worker is still to recompute the times that follow from them."""

    now: WorkspaceSettings
    undo_id: UUID
    under_way: bool = False


async def present_settings(desk: Desk) -> tuple[WorkspaceSettings, tuple[str, ...]]:
    """Return the settings and the zones to choose from (the present one, those of members).

    Raises NotAllowed (`role_missing`).
    """
    require_role(desk, "change_workspace")
    now = desk.workspace
    zones = {zone_of(desk, member).key for member in await members.everybody(desk.session, now.id)}
    return _settings_of(now), tuple(sorted(zones | {now.zone}))


def _settings_of(row: Workspace) -> WorkspaceSettings:
    return WorkspaceSettings(**{each.name: getattr(row, each.name) for each in fields(WorkspaceSettings)})


async def change_settings(
    desk: Desk, wanted: WorkspaceSettings, shown: WorkspaceSettings | None = None
) -> WorkspaceChange:
    """Change the settings that differ from those that were `shown`, or all of them, and recompute reminder times.

    Raises NotAllowed (`role_missing`), Invalid (`nothing_changed_here`, `unknown_country`, `contact_hours_order`).
    """
    require_role(desk, "change_workspace")
    before = asdict(shown) if shown is not None else {}
    changed = {name: value for name, value in asdict(wanted).items() if name not in before or before[name] != value}
    if not changed:
        raise Invalid("nothing_changed_here")
    row = track(desk, await workspaces.locked(desk.session, desk.workspace.id))
    for name, value in changed.items():
        setattr(row, name, value)
    settings = _settings_of(row)
    if settings.country is not None and settings.country not in countries():
        raise Invalid("unknown_country", given=settings.country)
    if settings.contact_start >= settings.contact_end:
        raise Invalid("contact_hours_order")
    if changed.get("work_objects"):
        row.entities_refused_at = None  # the admin may have switched them on in Slack since
    desk.workspace = row
    sent: dict[str, Any] = {"files_in_slack": row.files_in_slack} if "files_in_slack" in changed else {}
    desk.audit("workspace_settings", subject_id=row.id, **sent)
    undo_id = offer_undo(desk, "workspace_settings")
    under_way = bool(changed.keys() - _OF_NO_TIME) and await recompute(desk, [row])
    return WorkspaceChange(settings, undo_id, under_way)

"""What compliance sets for a workspace: where the day's report goes, and how many phone numbers a role may look at in a day."""

from collections.abc import Mapping
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotAllowed
from desk.core.permissions import require_role, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import takes_back
from desk.people.team import ReminderChannel, check_channel
from storage.engine.types import new_id
from storage.queries.core import compliance
from storage.queries.people import workspaces
from storage.tables import ComplianceRules

LIMITED_ROLES = ("agent", "verifier", "collector", "manager", "compliance", "admin")
"""The roles that can have a limit."""

MOST_REVEALS = 10_000
"""The highest limit that can be set."""


@dataclass(frozen=True, slots=True)
class ComplianceSettings:
    """The channel of the day's report (None: each compliance officer is told directly), and the limits by role.

    `version` is that of the row that keeps them, 0 while nothing was set.
    """

    channel_id: str | None
    limits: tuple[tuple[str, int], ...]
    version: int


@dataclass(frozen=True, slots=True)
class ComplianceChanged:
    """The new settings."""

    now: ComplianceSettings
    undo_id: UUID


async def compliance_settings(desk: Desk) -> ComplianceSettings:
    """Return the settings. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "change_compliance")
    return _of(await compliance.rules(desk.session, desk.workspace.id))


async def change_compliance(
    desk: Desk, channel: ReminderChannel | str | None, limits: Mapping[str, int], version: int
) -> ComplianceChanged:
    """Change the settings that a form showed at that version. A `channel` given by its id is the one that is set.

    Raises NotAllowed (`role_missing`), Conflict (`rules_changed`), Invalid (`nothing_changed_here`,
    `reveal_limit_range`, and as `check_channel`).
    """
    require_role(desk, "change_compliance")
    await workspaces.locked(desk.session, desk.workspace.id)  # of two members at once, one waits and is told
    row = await compliance.rules(desk.session, desk.workspace.id)
    before = _of(row)
    if before.version != version:
        raise Conflict("rules_changed")
    if isinstance(channel, ReminderChannel):
        check_channel(channel)
    if not set(limits) <= set(LIMITED_ROLES) or any(not 1 <= each <= MOST_REVEALS for each in limits.values()):
        raise Invalid("reveal_limit_range", low=1, high=MOST_REVEALS)
    wanted = channel.channel_id if isinstance(channel, ReminderChannel) else channel
    if (wanted, dict(limits)) == (before.channel_id, dict(before.limits)):
        raise Invalid("nothing_changed_here")
    if row is None:
        row = create(desk, ComplianceRules(id=new_id(), workspace_id=desk.workspace.id))
    else:
        track(desk, row)
    row.channel_id, row.reveal_limits = wanted, dict(limits)
    desk.audit("compliance", subject_id=row.id, channel=wanted, limits=dict(limits))
    return ComplianceChanged(_of(row), offer_undo(desk, "compliance"))


async def require_reveal(desk: Desk) -> None:
    """Raise NotAllowed (`reveal_limit`) if the acting member has looked at as many numbers today as their roles may."""
    rules = await compliance.rules(desk.session, desk.workspace.id)
    limits = (
        [rules.reveal_limits[role] for role in roles_of(desk.member) if role in rules.reveal_limits] if rules else []
    )
    if not limits:
        return
    midnight = datetime.combine(desk.workspace_today, time(), ZoneInfo(desk.workspace.zone))
    seen = await compliance.reveals_of(desk.session, desk.workspace.id, [desk.member.id], since=midnight)
    if len(seen[desk.member.id]) >= max(limits):
        raise NotAllowed("reveal_limit", limit=max(limits))


@takes_back(ComplianceRules)
async def clear_compliance(_desk: Desk, row: ComplianceRules) -> None:
    """Bring back what applies where nothing was set."""
    row.channel_id, row.reveal_limits = None, {}


def _of(row: ComplianceRules | None) -> ComplianceSettings:
    if row is None:
        return ComplianceSettings(None, (), 0)
    return ComplianceSettings(row.channel_id, tuple(row.reveal_limits.items()), row.version)

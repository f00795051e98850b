"""The Slack app manifest that a release needs. The admins get one message about what it adds."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.messages.kinds import APP_MANIFEST
from desk.messages.notices import queue_notice
from storage.queries.people import members, workspaces


@dataclass(frozen=True, slots=True)
class AppManifest:
    """What a release requires of Slack. `shortcuts` maps ids to names; `scopes` has only those that it cannot do without."""

    commands: tuple[str, ...]
    shortcuts: Mapping[str, str]
    scopes: tuple[str, ...]
    events: tuple[str, ...]

    def stored(self) -> dict[str, list[str]]:
        """Return the ids, sorted, as the workspace stores them."""
        names = {"commands": self.commands, "shortcuts": self.shortcuts, "scopes": self.scopes, "events": self.events}
        return {part: sorted(found) for part, found in names.items()}

    def added_to(self, stored: Mapping[str, list[str]]) -> "Additions":
        """Return what this manifest has and the stored one lacks."""
        new = {part: tuple(each for each in ids if each not in stored[part]) for part, ids in self.stored().items()}
        return Additions(**{**new, "shortcuts": tuple(self.shortcuts[each] for each in new["shortcuts"])})


@dataclass(frozen=True, slots=True)
class Additions:
    """What a manifest adds, by the names that people see."""

    commands: tuple[str, ...]
    shortcuts: tuple[str, ...]
    scopes: tuple[str, ...]
    events: tuple[str, ...]

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> "Additions":
        """Read the facts of a notice."""
        return cls(**{name: tuple(found) for name, found in facts.items()})


async def announce(desk: Desk, manifest: AppManifest) -> None:
    """Store this release's manifest and, unless it is the first, send each admin one message about its additions."""
    workspace = await workspaces.locked(desk.session, desk.workspace.id)
    before, now = workspace.app_manifest, manifest.stored()
    if before == now:
        return
    workspace.app_manifest, workspace.app_manifest_at = now, desk.now
    desk.workspace = workspace
    added = manifest.added_to(before) if before is not None else None
    if not added:
        return
    digest = hashlib.sha256(json.dumps(now).encode()).hexdigest()[:16]
    for admin in await members.with_role(desk.session, desk.workspace.id, "admin"):
        key = f"{APP_MANIFEST.name}:{digest}:{admin.id}"
        await queue_notice(desk, kind=APP_MANIFEST, key=key, to=admin, facts=asdict(added))

"""The Slack app manifest that a release needs: tell the admins once what it adds."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from desk.core.transaction import Desk
from desk.messages.kinds import APP_MANIFEST
from desk.messages.notices import queue_notice
from storage.queries.people import members, workspaces


@dataclass(frozen=True, slots=True)
class AppManifest:
    """What a release asks of Slack, by name. `shortcuts` are names by id. Scopes that may be withheld are left out."""

    commands: tuple[str, ...]
    shortcuts: Mapping[str, str]
    scopes: tuple[str, ...]
    events: tuple[str, ...]

    def stored(self) -> dict[str, list[str]]:
        """Return the ids, sorted, as the workspace remembers them."""
        names = {"commands": self.commands, "shortcuts": self.shortcuts, "scopes": self.scopes, "events": self.events}
        return {part: sorted(found) for part, found in names.items()}

    def added_to(self, stored: Mapping[str, list[str]]) -> "Additions":
        """Return what this manifest has and the remembered one lacks."""
        new = {part: [each for each in found if each not in stored[part]] for part, found in self.stored().items()}
        return Additions(
            commands=tuple(new["commands"]),
            shortcuts=tuple(self.shortcuts[each] for each in new["shortcuts"]),
            scopes=tuple(new["scopes"]),
            events=tuple(new["events"]),
        )


@dataclass(frozen=True, slots=True)
class Additions:
    """What a manifest adds, as people read it."""

    commands: tuple[str, ...]
    shortcuts: tuple[str, ...]
    scopes: tuple[str, ...]
    events: tuple[str, ...]

    def __bool__(self) -> bool:
        return any((self.commands, self.shortcuts, self.scopes, self.events))

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> "Additions":
        """Read the facts of a notice."""
        return cls(**{name: tuple(found) for name, found in facts.items()})


async def announce(desk: Desk, manifest: AppManifest) -> None:
    """Remember this release's manifest and send each admin one message about what it adds. The first one is not announced."""
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

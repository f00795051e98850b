"""What each release changed for members: the table in `desk/data/releases.toml`, validated on load."""

from collections.abc import Collection, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a release changed for members with one of the roles, and what they can type."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    zh: str
    en: str
    try_zh: str = ""
    try_en: str = ""

    def words(self, language: str) -> str:
        """Return what changed, in a language."""
        return self.zh if language == "zh" else self.en

    def example(self, language: str) -> str:
        """Return what to type, or the empty text."""
        return self.try_zh if language == "zh" else self.try_en


@dataclass(frozen=True, slots=True)
class Release:
    """What a release changed."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    lines: Annotated[tuple[Change, ...], Field(min_length=1)]


def load_releases(source: Traversable) -> Mapping[int, Release]:
    """Return the releases by number. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    roles = {role.code for role in VOCABULARY.roles}
    found: dict[int, Release] = {}
    for place, (name, entry) in enumerate(file.tables.items(), 1):
        if name != str(place):
            raise file.error(f"the releases are numbered from 1 on, and this is number {place}", name)
        found[place] = file.read(Release, entry, name)
        for change in found[place].lines:
            if unknown := {*change.roles} - roles:
                raise file.error(f"there is no role {min(unknown)!r}", name)
    return found


RELEASES = load_releases(resources.files("desk") / "data" / "releases.toml")
"""What the releases changed, by number."""

LATEST = max(RELEASES)
"""The number of this release."""


def changes_for(roles: Collection[str], since: int, releases: Mapping[int, Release] = RELEASES) -> tuple[Change, ...]:
    """Return what the releases after number `since` changed for a member with these roles."""
    new = (release for number, release in releases.items() if number > since)
    return tuple(change for release in new for change in release.lines if not {*change.roles}.isdisjoint(roles))

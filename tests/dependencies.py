"""What is pinned, and under which licence: docs/dependencies.md, made by `python -m tests.dependencies` from the locks and from
what is installed. `tests/test_dependencies.py` checks both without a network."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from desk.core.dataclass import dataclass

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "dependencies.md"
LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-dev.lock"}

_REQUIREMENT = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_COMMENT = re.compile(r"\s*#.*")

_SPELLED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD License; Apache Software License": "BSD-3-Clause OR Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Licences by what older packages call them."""

ALLOWED = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"})
"""Licences under which anything may be used."""

EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "certifi": ("MPL-2.0", "unchanged; a list of certificates"),
    "hypothesis": ("MPL-2.0", "unchanged; for tests alone"),
    "pathspec": ("MPL-2.0", "unchanged; builds the package"),
    "psycopg": ("LGPL-3.0-only", "unchanged, imported as a library by DBOS, and can be exchanged"),
    "psycopg-binary": ("LGPL-3.0-only", "unchanged, loaded as a library by psycopg, and can be exchanged"),
}
"""Packages under another licence, with the reason why that is no hindrance."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A package of a lock. `marker` says where it is installed; empty: everywhere."""

    name: str
    version: str
    marker: str


class LockError(ValueError):
    """A line of a lock pins nothing, or has no hash; the message says which."""


def read_lock(text: str) -> dict[str, Pinned]:
    """Return what a lock pins, by name. Raises LockError for what has no version, no hash, or an address of its own."""
    found: dict[str, Pinned] = {}
    hashed: set[str] = set()
    name = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if _COMMENT.fullmatch(line):
            continue
        if name and _HASH.fullmatch(line):
            hashed.add(name)
            continue
        match = _REQUIREMENT.fullmatch(line)
        if match is None:
            raise LockError(f"line {number} is no package with its version and hashes: {line}")
        name = match["name"]
        if name in found:
            raise LockError(f"line {number} pins {name} again")
        found[name] = Pinned(name, match["version"], match["marker"] or "")
    for each in found:
        if each not in hashed:
            raise LockError(f"{each} has no hash")
    return found


def licence_of(name: str) -> str | None:
    """Return the licence that the installed package names, as SPDX writes it; None where it is not installed."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return None
    classes = [line.split(" :: ")[-1] for line in found.get_all("Classifier", []) if line.startswith("License :: ")]
    (expression,) = found.get_all("License-Expression", [""])
    first = found.get_all("License", [""])[0].strip().partition("\n")[0]
    said = expression or "; ".join(classes) or first
    return _SPELLED.get(said, said)


def is_allowed(name: str, licence: str) -> bool:
    """Return whether a package may be used under this licence."""
    if name in EXCEPTIONS:
        return EXCEPTIONS[name][0] == licence
    return any(set(choice.split(" AND ")) <= ALLOWED for choice in licence.split(" OR "))


def page(earlier: str = "") -> str:
    """Return the page. A package that this machine does not install keeps the licence that `earlier` has for it."""
    run, test = (read_lock(lock.read_text("utf-8")) for lock in LOCKS.values())
    known = dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|", earlier, re.MULTILINE))
    return _PAGE.format(
        run="\n".join(_rows(run, known)),
        test="\n".join(_rows({name: test[name] for name in test if name not in run}, known)),
        exceptions="\n".join(f"| `{name}` | {code} | {why} |" for name, (code, why) in EXCEPTIONS.items()),
        allowed=", ".join(sorted(ALLOWED)),
    )


def _rows(pinned: Mapping[str, Pinned], known: Mapping[str, str]) -> Iterator[str]:
    for each in pinned.values():
        licence = licence_of(each.name) or known.get(each.name) or "not installed where this page was made"
        where = f"where `{each.marker}`" if each.marker else ""
        yield f"| `{each.name}` | {each.version} | {licence} | {where} |".replace("|  |", "| |")


_PAGE = """# Dependencies

Made by `python -m tests.dependencies` from `requirements.lock`, `requirements-dev.lock` and what is installed; the tests fail
when it is stale.

Every package is pinned to one version with the SHA-256 of its files, and `pip install --require-hashes` refuses any other file.
Nothing is installed from an address of its own. The tests check this without a network, also that each licence is one of
{allowed}, or a stated exception.

**Not checked: advisories.** Whether a weakness of one of these versions is known needs a network and a list that changes daily.
Run `pip-audit -r requirements.lock`, or your own scanner, on a machine that may, before each upgrade and once a week. `make lock`
takes newer versions.

## In operation

| package | version | licence | |
|---|---|---|---|
{run}

## For building and tests

| package | version | licence | |
|---|---|---|---|
{test}

## Other licences, and why they do not hinder

| package | licence | |
|---|---|---|
{exceptions}

The font of reports, Noto Sans CJK, is under the SIL Open Font License 1.1 (`handlers/reports/fonts/OFL.txt`).
"""


if __name__ == "__main__":
    DOC.write_text(page(DOC.read_text("utf-8") if DOC.exists() else ""), "utf-8")

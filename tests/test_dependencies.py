"""Each dependency is pinned with hashes and under a licence that is allowed. Nothing here needs a network."""

import re
from importlib.metadata import distributions

import pytest

from tests.dependencies import (
    DOC,
    EXCEPTIONS,
    LOCKS,
    ROOT,
    LockError,
    is_allowed,
    licence_of,
    page,
    read_lock,
)

HASH = "    --hash=sha256:" + "0" * 64
OWN = {"loandesk", "pip", "setuptools", "wheel"}
"""What is installed without being locked: the desk itself, and what a virtual environment begins with."""


def test_every_package_is_pinned_with_hashes_and_the_tests_run_with_what_operation_does() -> None:
    run, test = (read_lock(lock.read_text("utf-8")) for lock in LOCKS.values())
    assert len(run) > 40
    assert {name: test[name] for name in run} == run


@pytest.mark.parametrize(
    "text",
    [
        f"a>=1 \\\n{HASH}\n",
        "a==1\n",
        "a==1 \\\n",
        f"a==1 \\\n{HASH}\nb==2 \\\n",
        f"a @ https://example.com/a.whl \\\n{HASH}\n",
        f"--index-url https://example.com/\na==1 \\\n{HASH}\n",
        f"-e .\na==1 \\\n{HASH}\n",
        f"a==1 \\\n{HASH}\na==1 \\\n{HASH}\n",
        "a==1 \\\n    --hash=md5:0123\n",
        f"{HASH}\n",
    ],
)
def test_what_is_not_pinned_is_found(text: str) -> None:
    with pytest.raises(LockError):
        read_lock(text)


def test_each_installed_package_is_locked_and_under_an_allowed_licence() -> None:
    locked = read_lock(LOCKS["test"].read_text("utf-8"))
    installed = {re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in distributions()}
    assert set(installed) - set(locked) <= OWN
    assert {name: installed[name] for name in locked if name in installed} == {
        name: pinned.version for name, pinned in locked.items() if name in installed
    }
    refused = {name: found for name in locked if (found := licence_of(name)) and not is_allowed(name, found)}
    assert refused == {}
    assert set(EXCEPTIONS) <= set(locked)


@pytest.mark.parametrize(
    ("name", "licence", "allowed"),
    [
        ("x", "MIT", True),
        ("x", "GPL-3.0-only OR MIT", True),
        ("x", "GPL-3.0-only AND MIT", False),
        ("x", "Apache-2.0 AND MIT", True),
        ("x", "LGPL-3.0-only", False),
        ("psycopg", "LGPL-3.0-only", True),
        ("psycopg", "MIT", False),  # an exception is for one licence: a change of it is looked at
        ("x", "", False),
    ],
)
def test_a_licence_is_allowed_or_a_stated_exception(name: str, licence: str, allowed: bool) -> None:
    assert is_allowed(name, licence) == allowed


def test_the_page_is_what_the_locks_say() -> None:
    written = DOC.read_text("utf-8")
    assert page(written) == written, "run `python -m tests.dependencies`"


def test_a_fresh_environment_takes_nothing_without_its_hash() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installs = re.findall(r"^\t.*pip install .*-r .*$", makefile, re.MULTILINE)
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)

"""Commands of an operator whose database is away, or has no tables: a line that says so, and no traceback."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

KEY = base64.b64encode(bytes(32)).decode()


def run(folder: Path, *arguments: str, url: str = "sqlite:///desk.db") -> tuple[int, str]:
    """Run `loandesk …` in that folder and return the exit code and the output."""
    settings = {
        "DATABASE_URL": url,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "secret",
        "LOANDESK_ENCRYPTION_KEYS": f"1:{KEY}",
        "LOANDESK_SEARCH_KEY": KEY,
    }
    ended = subprocess.run(
        [Path(sys.executable).with_name("loandesk"), *arguments],
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("arguments", [("import", "loans.csv"), ("keys", "rotate")], ids=" ".join)
def test_without_tables(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, said = run(tmp_path, *arguments)
    assert code == 1
    assert "loandesk migrate" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("arguments", [("migrate",), ("import", "loans.csv"), ("keys", "rotate")], ids=" ".join)
def test_a_database_that_cannot_be_reached(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, said = run(tmp_path, *arguments, url="postgresql://desk:hunter2@127.0.0.1:1/desk")
    assert code == 1
    assert "The database cannot be used" in said
    assert "Traceback" not in said
    assert "hunter2" not in said


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.gz").write_text("older")
    code, said = run(tmp_path, "backup", "kept.gz")
    assert code == 1
    assert "already exists" in said
    assert (tmp_path / "kept.gz").read_text() == "older"

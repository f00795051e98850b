"""A file of rules with a mistake: no command begins, and the line says where the mistake is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("command", "right", "wrong", "at", "said"),
    [
        (
            "serve",
            'after = "inquiry"',
            'after = "inquiry_again"',
            "[inquiry_again]",
            "[inquiry_again]: a cycle of rules: ",
        ),
        ("worker", 'purpose = "conditions"', 'purpose = "conditionz"', None, "[inquiry]: there is no purpose "),
        ("migrate", "working_hours = 2", "working_hours = -2", None, "[inquiry]: "),
    ],
)
def test_no_process_begins_with_a_wrong_file_of_rules(
    tmp_path: Path, command: str, right: str, wrong: str, at: str | None, said: str
) -> None:
    for room in ("bot", "handlers", "storage", "sandbox"):
        (tmp_path / room).symlink_to(ROOT / room)
    shutil.copytree(ROOT / "desk", tmp_path / "desk", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "desk" / "data" / "cadence.toml"
    rules = file.read_text("utf-8").replace(right, wrong, 1)
    file.write_text(rules, "utf-8")
    line = rules.splitlines().index(at or wrong) + 1
    database = tmp_path / "desk.db"
    env = os.environ | {"PYTHONPATH": str(tmp_path), "DATABASE_URL": f"sqlite+aiosqlite:///{database}"}

    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", command], env=env, capture_output=True, text=True, cwd=tmp_path
    )

    assert ended.stderr.startswith(f"cadence.toml, line {line}, {said}")
    assert len(ended.stderr.splitlines()) == 1, "a line, and no traceback"
    assert ended.returncode == 2
    assert not database.exists()

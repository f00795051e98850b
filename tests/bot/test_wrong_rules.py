"""A file of rules with a mistake: no command begins, and the line says where the mistake is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("command", "right", "wrong", "said"),
    [
        ("serve", 'after = "inquiry"', 'after = "inquiry_again"', "line 52, [inquiry_again]: a cycle of rules: "),
        ("worker", 'purpose = "conditions"', 'purpose = "conditionz"', "line 46, [inquiry]: there is no purpose "),
        ("migrate", "working_hours = 2", "working_hours = -2", "line 49, [inquiry]: "),
    ],
)
def test_no_process_begins_with_a_wrong_file_of_rules(
    tmp_path: Path, command: str, right: str, wrong: str, said: str
) -> None:
    for room in ("bot", "handlers", "storage", "sandbox"):
        (tmp_path / room).symlink_to(ROOT / room)
    shutil.copytree(ROOT / "desk", tmp_path / "desk", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "desk" / "data" / "cadence.toml"
    file.write_text(file.read_text("utf-8").replace(right, wrong, 1), "utf-8")
    database = tmp_path / "desk.db"
    env = os.environ | {"PYTHONPATH": str(tmp_path), "DATABASE_URL": f"sqlite+aiosqlite:///{database}"}

    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", command], env=env, capture_output=True, text=True, cwd=tmp_path
    )

    assert ended.stderr.startswith(f"cadence.toml, {said}")
    assert len(ended.stderr.splitlines()) == 1, "a line, and no traceback"
    assert ended.returncode == 2
    assert not database.exists()

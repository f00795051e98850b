"""What the deployment files and the docs name exists, and what is installed is whole."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "loandesk@.service"
FILES = [ROOT / "Procfile", ROOT / "deploy" / "Containerfile", UNIT, ROOT / "docs" / "running.md"]


def commands() -> set[str]:
    """Return the commands of `loandesk`."""
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    return set(command.commands)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_command_that_is_named_exists(file: Path) -> None:
    text = file.read_text()
    named = set(re.findall(r"(?:^\w+: |`|loandesk/bin/)loandesk[ @]([a-z]+)", text, re.MULTILINE))
    if file.name == "Containerfile":
        named = set(re.findall(r'CMD \["(\w+)"\]', text))

    assert named or file == UNIT
    assert named <= commands()


def test_every_setting_of_the_example_and_the_docs_is_one() -> None:
    known = {str(field.validation_alias or f"LOANDESK_{name.upper()}") for name, field in Settings.model_fields.items()}
    known |= {str(parameter.envvar) for parameter in get_command(app).params if parameter.envvar}
    example = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    docs = set(re.findall(r"\b(?:LOANDESK|SLACK)_[A-Z_]+\b", (ROOT / "docs" / "running.md").read_text()))

    assert example | docs <= known


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "loandesk@serve.service"
    there = UNIT.read_text().replace("/opt/loandesk/bin/loandesk", str(Path(sys.executable).with_name("loandesk")))
    unit.write_text(there.replace("User=loandesk", "User=root"))

    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )

    assert [line for line in verified.stderr.splitlines() if unit.name in line] == []


def test_what_is_installed_has_its_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)

    inside = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()

    for room in ("bot", "handlers", "desk", "storage", "sandbox"):
        files = subprocess.run(["git", "ls-files", room], cwd=ROOT, capture_output=True, text=True, check=True)
        assert set(files.stdout.split()) <= set(inside)


def test_the_unit_gives_a_stop_the_time_that_it_takes() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert Settings.model_fields["stop_seconds"].default < int(seconds)

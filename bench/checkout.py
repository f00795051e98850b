"""A checkout of the desk with its own virtual environment, and a database that it filled by itself."""

import csv
import dataclasses
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import seed
from bench.environment import Environment
from bench.imports import SURNAMES
from bench.machine import SERVER_CORE, pin
from bench.report import ROOT


@dataclass(frozen=True, slots=True)
class Checkout:
    """One side of a comparison. `folder` has the checkout's packages, `python` its interpreter."""

    name: str
    folder: Path
    python: Path

    def environment(self, env: Environment, **changes: Any) -> Environment:
        """Return the environment in which this checkout runs the desk."""
        return dataclasses.replace(env, python=self.python, packages=self.folder, **changes)

    async def database(self, env: Environment, kind: str, *, members: int, loans: int, **due: Any) -> str:
        """Return the URL of a database with members, and with `loans` each, filled by the checkout's own bench and import.

        `due` gives each loan in turn an open follow-up: `first`, `count` and `over_seconds` as `bench.seed` describes them.
        """
        own = self.environment(env)
        url = await env.empty_database(kind)
        own.loandesk(url, "migrate")
        self.seed(env, url, members=members)
        if loans:
            file = env.folder / f"loans-{members}-{loans}.csv"
            write_loans(file, members, loans)
            own.loandesk(url, "import", str(file))
        if due:
            self.seed(env, url, due=due)
        return url

    def seed(self, env: Environment, url: str, **wanted: Any) -> None:
        """Add members or follow-ups with the checkout's bench. Raises CalledProcessError if it fails."""
        program = Path(seed.__file__).read_text("utf-8")
        arguments = json.dumps({"url": url, "slack_api_url": env.slack_api_url, **wanted})
        own = {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": ""}
        process = subprocess.Popen([self.python, "-c", program, arguments], cwd=self.folder, env=os.environ | own)
        pin(SERVER_CORE, process.pid)
        if code := process.wait():
            raise subprocess.CalledProcessError(code, ["seed", self.name])


def here() -> Checkout:
    """Return this checkout, run by this interpreter."""
    return Checkout("this checkout", ROOT, Path(sys.executable))


def open_checkout(folder: Path) -> Checkout:
    """Return the checkout in a folder, named by its commit. Raises FileNotFoundError without a virtual environment in `.venv`."""
    python = folder / ".venv" / "bin" / "python"
    if not python.with_name("loandesk").exists():
        raise FileNotFoundError(f"{folder} has no virtual environment: run make there")
    commit = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    return Checkout(commit.stdout.strip(), folder, python)


def write_loans(file: Path, members: int, each: int) -> None:
    """Write a lender's file with `each` approved loans for each member: the n-th loan of member m is `B-m-n`.

    No rule plans a call on a loan that a file brings as approved, so both sides begin with the same follow-ups.
    """
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["number", "name", "phone", "stage", "owner"])
        for member in range(members):
            for n in range(each):
                name = SURNAMES[(member + n) % len(SURNAMES)] + "小明"
                phone = f"138{(member * each + n) % 10**8:08d}"
                writer.writerow([f"B-{member}-{n}", name, phone, "approved", f"agent{member}@lender.example"])

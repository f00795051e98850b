"""`loandesk audit proof`: a page about a month from the sealed audit trail, for a regulator."""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from rich.console import Console

from bot.commands.audit import every_workspace, offices
from bot.logs import reason_of
from bot.private_file import private_file
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.errors import Invalid
from desk.core.languages import LANGUAGES
from desk.core.operator_acts import operator
from desk.messages.monthly_proof import MonthlyProof, monthly_proof
from handlers.messages.block_kit.translator import Translator
from handlers.messages.monthly_proof import proof_csv, proof_name, proof_page


async def run(
    settings: Settings,
    target: Path,
    console: Console,
    *,
    month: date,
    language: Literal["zh", "en", "both"],
    clock: Clock | None = None,
) -> int:
    """Write the proof of a month for each workspace into a folder. Return 1 if that fails, or if something in the trail is not as
    it was sealed."""
    languages = [code for code in LANGUAGES if language in (code, "both")]
    wrong = 0
    async with offices(settings, clock) as office:
        for workspace in await every_workspace(office):
            async with office.reading_desk(workspace) as desk:
                try:
                    proof = await monthly_proof(desk, month)
                except Invalid:
                    console.print(f"Nothing was written: {month:%Y-%m} has not begun.")
                    return 1
            wrong += len(proof.findings)
            files = files_of(proof, languages)
            try:
                _write(target, files)
            except OSError as error:
                console.print(f"Not everything was written: {reason_of(error)}")
                return 1
            async with office.desk(workspace) as desk:
                sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
                desk.audit("audit_proof", by=operator(), month=f"{month:%Y-%m}", files=sums)
            for name in files:
                console.print(str(target / name))
            for warning in proof_page(Translator("en"), proof).warnings:
                console.print(f"{workspace.name}: {warning}")
    return 1 if wrong else 0


def files_of(proof: MonthlyProof, languages: list[str]) -> dict[str, bytes]:
    """Return the files of a proof by name: CSV for each language, with the mark by which spreadsheets know UTF-8."""
    return {
        proof_name(proof, code, "csv"): proof_csv(Translator(code), proof).encode("utf-8-sig") for code in languages
    }


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        with private_file(target / name) as out:
            out.write(content)

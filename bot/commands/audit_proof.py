"""`loandesk audit proof`: a page about a month from the sealed audit trail, for a regulator."""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from rich.console import Console

from bot.logs import reason_of
from bot.offices import every_workspace, open_office
from bot.private_file import private_file
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.errors import Invalid
from desk.core.languages import LANGUAGES
from desk.core.operator_acts import operator
from desk.messages.monthly_proof import MonthlyProof, monthly_proof
from handlers.messages.block_kit.translator import Translator
from handlers.reports.monthly_proof import proof_csv, proof_name, proof_pdf, proof_warnings
from handlers.reports.pdf import TypesettingError


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
    async with open_office(settings, clock, patient=True) as office:
        for workspace in await every_workspace(office):
            async with office.reading_desk(workspace) as desk:
                try:
                    proof = await monthly_proof(desk, month)
                except Invalid:
                    console.print(f"Nothing was written: {month:%Y-%m} has not begun.")
                    return 1
            wrong += len(proof.findings)
            try:
                files = await _files(proof, languages)
                _write(target, files)
            except (OSError, TypesettingError) as error:
                console.print(f"Not everything was written: {reason_of(error)}")
                return 1
            async with office.desk(workspace) as desk:
                sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
                desk.audit("audit_proof", by=operator(), month=f"{month:%Y-%m}", files=sums)
            for name in files:
                console.print(str(target / name))
            for warning in proof_warnings(Translator("en"), proof):
                console.print(f"{workspace.name}: {warning}")
    return 1 if wrong else 0


async def _files(proof: MonthlyProof, languages: list[str]) -> dict[str, bytes]:
    """Return the files of a proof by name."""
    files: dict[str, bytes] = {}
    for code in languages:
        t = Translator(code)
        files[proof_name(proof, code, "csv")] = proof_csv(t, proof)
        files[proof_name(proof, code, "pdf")] = await proof_pdf(t, proof)
    return files


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        with private_file(target / name) as out:
            out.write(content)

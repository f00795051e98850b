"""`loandesk case`: export the case file of a loan, prove one unaltered, print or replace the key that signs them."""

import contextlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.case_archive import Assembled, CaseOrder, LoanGoneError, assemble
from bot.logs import reason_of
from bot.offices import every_workspace, find_loan, open_office
from bot.private_file import is_taken, private_file
from bot.settings import Settings
from desk.cases import signing
from desk.cases.archive import PERSON_FORMAT
from desk.cases.exports import PURPOSE_LIMIT, safe_name
from desk.cases.verification import BadArchiveError, verify
from desk.core.clock import Clock
from desk.core.operator_acts import operator
from desk.core.transaction import Desk, Office
from handlers.reports.pdf import TypesettingError
from storage.engine.cipher import UnreadableError
from storage.files.places import store_at
from storage.files.sealing import DamagedFileError
from storage.files.store import MissingBytesError, StoreAwayError
from storage.tables import Workspace

_FAULTS = {
    "changed": "{path} is not as it was signed",
    "missing": "{path} was removed",
    "added": "{path} was added: the manifest does not name it",
}


async def export(
    settings: Settings,
    console: Console,
    *,
    number: str,
    folder: Path,
    languages: tuple[str, ...],
    purpose: str = "",
    parts: frozenset[str] = frozenset(),
    clock: Clock | None = None,
) -> int:
    """Write the case file of a loan into a folder, for its owner alone. Return 1, and leave none, if that fails."""
    words = " ".join(purpose.split())
    if len(words) > PURPOSE_LIMIT:
        console.print(f"Nothing was exported: say what it is for in at most {PURPOSE_LIMIT} characters.")
        return 1
    async with open_office(settings, clock, patient=True) as office:
        found = await find_loan(office, number)
        if found is None:
            console.print(f"There is no loan {number}.")
            return 1
        workspace, loan = found
        order = CaseOrder(loan.id, operator(), office.clock.now(), words, parts, languages)
        target = folder / f"case-{safe_name(loan.number)}-{order.asked_at:%Y%m%d-%H%M%S}.zip"
        store = store_at(settings.files_at(), workspace.id) if parts else None

        def record(desk: Desk, sha256: str) -> None:
            desk.audit("case_exported", loan_id=order.loan_id, by=order.by, sha256=sha256, parts=sorted(order.parts))

        return await write_archive(
            office, workspace, target, console, assemble(office, workspace, order, store), record
        )


async def write_archive(
    office: Office,
    workspace: Workspace,
    target: Path,
    console: Console,
    assembling: Coroutine[Any, Any, Assembled],
    record: Callable[[Desk, str], None],
) -> int:
    """Write an archive for its owner alone, and `record` its SHA-256. Return 1, and leave none, if that fails."""
    if is_taken(target):
        assembling.close()
        console.print(f"Nothing was exported: {target} already exists.")
        return 1
    unfinished = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        assembled = await assembling
        archive = assembled.archive()
        with private_file(unfinished) as out:
            async for piece in archive.stream(assembled.members()):
                out.write(piece)
        # Recorded before the file has its name: an export that nobody recorded must not be left.
        async with office.desk(workspace) as desk:
            record(desk, archive.sha256)
        unfinished.rename(target)
    except (
        OSError,
        LoanGoneError,
        TypesettingError,
        UnreadableError,
        DamagedFileError,
        MissingBytesError,
        StoreAwayError,
    ) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error) or type(error).__name__
        console.print(f"Nothing was exported: {reason}")
        return 1
    finally:
        assembling.close()
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    console.print(f"{target}: {archive.size} bytes, SHA-256 {archive.sha256}.")
    console.print("`loandesk case verify` proves it unaltered without the database.")
    return 0


def verify_file(file: Path, console: Console, *, public_key: str | None = None) -> int:
    """Verify an archive by itself. Return 0 if it is as it was signed, else 1."""
    try:
        public = _public(public_key) if public_key is not None else None
        found = verify(file, public)
    except (BadArchiveError, OSError) as error:
        console.print(f"FIX  {error if isinstance(error, BadArchiveError) else reason_of(error)}")
        return 1
    for finding in found.findings:
        console.print("FIX  " + _FAULTS[finding.kind].format(path=_shown(finding.path)))
    facts = found.facts
    of = "Export of one person's data" if facts.get("format") == PERSON_FORMAT else "Case file"
    loan = f" of loan {_shown(str(facts['loan']))}" if "loan" in facts else ""
    console.print(
        f"{of}{loan}, asked for by {_shown(str(facts.get('asked_by')))} at "
        f"{_shown(str(facts.get('asked_at')))}, for: {_shown(str(facts.get('purpose') or '-'))}"
    )
    result = f"{len(found.findings)} faults" if found.findings else f"all {found.members} files are as they were signed"
    console.print(f"The signature holds; {result}.")
    console.print(f"Key: {found.public.hex()}")
    console.print(f"Its fingerprint: {signing.fingerprint(found.public)}")
    if public is None:
        console.print(
            "That key is the one the archive names. Compare it with the one that the lender publishes (`loandesk case key`), "
            "or give that one with --public-key: anyone could have signed with a key of their own."
        )
    return 1 if found.findings else 0


async def keys(settings: Settings, console: Console, *, rotate: bool = False, clock: Clock | None = None) -> int:
    """Print the public keys that sign case files, of each workspace; with `rotate`, replace the present one first."""
    async with open_office(settings, clock, patient=True) as office:
        for workspace in await every_workspace(office):
            async with office.desk(workspace) as desk:
                if rotate:
                    await signing.replace_key(desk, operator())
                elif not await signing.public_keys(desk):
                    await signing.signer(desk)
                await desk.session.flush()
                for row in await signing.public_keys(desk):
                    until = f", retired {row.retired_at:%Y-%m-%d}" if row.retired_at else ""
                    console.print(f"{workspace.name} · key {row.number}, since {row.made_at:%Y-%m-%d}{until}")
                    console.print(f"  {row.public.hex()}")
                    console.print(f"  {signing.fingerprint(row.public)}")
        return 0


def _public(text: str) -> bytes:
    """Return a public key from 64 hexadecimal digits, or from a file that has them. Raises BadArchiveError, OSError."""
    digits = "".join(text.split())
    if len(digits) != 64 and Path(text).is_file():
        digits = "".join(Path(text).read_text("utf-8", errors="replace").split())
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadArchiveError(
            "--public-key needs 64 hexadecimal digits, or a file that has them: see `loandesk case key`"
        )
    return key


def _shown(text: str) -> str:
    """Return a text of an archive as a terminal may show it."""
    return "".join(each if each.isprintable() else "?" for each in text)[:300]

"""`loandesk audit`: verify the audit trail, list entries, or write it to a file that is verified without the database."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from uuid import UUID

from rich.console import Console

from bot.logs import reason_of
from bot.offices import every_workspace, open_office
from bot.private_file import is_taken, private_file
from bot.settings import Settings
from desk.core.audit_export import BrokenExportError, check_export
from desk.core.audit_export import export as exported
from desk.core.audit_verification import Finding, Head, Verification, head_of_line
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.queries.core import audit
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import AuditEntry, Loan, Member, Workspace

_FAULTS = {
    "changed": "entry {place} is not as it was sealed, or the one before it (segment {segment})",
    "missing": "entry {place} was removed (segment {segment})",
    "inserted": "entry {place} was inserted: it is in no segment",
    "segment": "segment {segment} was changed or removed, or does not follow the one before it",
    "end": "the trail ends with entry {place} of segment {segment}, and another end was noted: segments were removed",
    "words": "what message {message} said, as it is kept, is not what entry {place} has (segment {segment})",
    "no_words": "what message {message} said is not kept, and no entry says it was deleted: entry {place} (segment {segment})",
    "cut": "the head of segment {segment} with entry {place}, which was kept elsewhere, is not in the trail",
}


class BadHeadsError(Exception):
    """A line of the file of heads cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of verifying one workspace's trail."""

    workspace: Workspace
    verification: Verification
    findings: tuple[Finding, ...]


async def verdicts(
    settings: Settings, clock: Clock | None = None, heads: dict[UUID, list[Head]] | None = None
) -> AsyncIterator[Verdict]:
    """Verify the trail of each workspace. `heads` were kept elsewhere, by workspace."""
    async with open_office(settings, clock, patient=True) as office:
        for workspace in await every_workspace(office):
            verification = Verification((heads or {}).get(workspace.id, ()))
            async with office.reading_desk(workspace) as desk:
                findings = tuple([each async for each in verification.run(desk)])
            yield Verdict(workspace, verification, findings)


async def verify(settings: Settings, console: Console, *, heads: Path | None = None, clock: Clock | None = None) -> int:
    """Print what is wrong with the trail and where. Return 0 if nothing is, else 1."""
    try:
        kept = read_heads(heads) if heads is not None else {}
    except (BadHeadsError, OSError) as error:
        console.print(f"Nothing was verified: {reason_of(error)}")
        return 1
    wrong = 0
    async for verdict in verdicts(settings, clock, kept):
        wrong += len(verdict.findings)
        for finding in verdict.findings:
            where = {"place": finding.place, "segment": finding.segment, "message": finding.message}
            console.print("FIX  " + _FAULTS[finding.kind].format(**where))
        console.print(_summary(verdict))
    if heads is not None:
        wrong += _print_stamps(settings, heads, console)
    return 1 if wrong else 0


def _print_stamps(settings: Settings, heads: Path, console: Console) -> int:
    """Verify the time stamps beside a file of heads. Return how many prove nothing."""
    from bot import time_stamps  # its library is read where there are stamps

    try:
        stamps = time_stamps.read_stamps(time_stamps.stamps_file(heads))
        trusted = time_stamps.authority_of(settings).pem() if settings.tsa_ca else None
        if not stamps:
            return 0
        failed = time_stamps.stamps_that_fail(stamps, heads.read_text("utf-8").splitlines(), trusted)
    except (time_stamps.BadStampError, OSError) as error:
        console.print(f"FIX  the time stamps were not verified: {reason_of(error)}")
        return 1
    for stamp, why in failed:
        console.print(f"FIX  the time stamp of the head of {stamp.line[:10]}: {why}")
    good = [stamp for stamp in stamps if stamp not in [bad for bad, _ in failed]]
    said = f"{len(good)} of {len(stamps)} time stamps hold"
    if good:
        root = time_stamps.fingerprint(good[-1].certificates if trusted is None else trusted)
        said += f", the last of {time_stamps.check(good[-1], trusted):%Y-%m-%d %H:%M:%S} UTC"
        said += f". The root certificate is {root}" + (": compare it with the authority's" if trusted is None else "")
    console.print(f"{said}.")
    return len(failed)


def read_heads(file: Path) -> dict[UUID, list[Head]]:
    """Return the heads of such a file by workspace, without lines that were cut off. Raises BadHeadsError, OSError."""
    found: dict[UUID, list[Head]] = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        try:
            head = head_of_line(line)
        except ValueError:
            raise BadHeadsError(f"line {number} of {file} is not a head of the trail") from None
        if head is not None:
            found.setdefault(head[0], []).append(head[1])
    return found


async def list_entries(
    settings: Settings,
    console: Console,
    *,
    loan: str | None,
    member: str | None,
    since: datetime | None,
    limit: int,
    clock: Clock | None = None,
) -> int:
    """Print entries, the newest first, one line each: when, who, what, on which loan, by which door, with which reference.

    Return 1 if no workspace has such a loan or member.
    """
    missing: str | None = None
    listed = False
    async with open_office(settings, clock, patient=True) as office:
        for workspace in await every_workspace(office):
            async with office.reading_desk(workspace) as desk:
                row = await loans.by_number(desk.session, workspace.id, loan) if loan is not None else None
                actor = await members.by_slack_id(desk.session, workspace.id, member) if member is not None else None
                if loan is not None and row is None:
                    missing = f"There is no loan {loan}."
                    continue
                if member is not None and actor is None:
                    missing = f"There is no member {member}."
                    continue
                listed = True
                found = await audit.entries(
                    desk.session,
                    workspace.id,
                    since=since,
                    loan_id=row.id if row else None,
                    actor_id=actor.id if actor else None,
                    limit=limit,
                )
                for entry in found:
                    console.print(await _line(desk, entry))
    if missing is not None and not listed:
        console.print(missing)
        return 1
    return 0


async def export(settings: Settings, target: Path, console: Console, clock: Clock | None = None) -> int:
    """Write the whole trail to a new file of JSON lines, for its owner alone. Return 1, and leave none, if that fails."""
    if is_taken(target):
        console.print(f"Nothing was exported: {target} already exists.")
        return 1
    unfinished = target.with_name(target.name + ".part")
    try:
        # A part of a trail verifies, too.
        with private_file(unfinished) as raw, TextIOWrapper(raw, encoding="utf-8") as out:
            async with open_office(settings, clock, patient=True) as office:
                count = 0
                for workspace in await every_workspace(office):
                    async with office.reading_desk(workspace) as desk:
                        async for line in exported(desk):
                            out.write(line)
                            count += 1
        unfinished.rename(target)
    except OSError as error:
        console.print(f"Nothing was exported: {reason_of(error)}")
        return 1
    finally:
        unfinished.unlink(missing_ok=True)
    console.print(f"{target}: {count} lines. `loandesk audit verify --file` verifies them without the database.")
    return 0


def verify_file(file: Path, console: Console) -> int:
    """Verify an exported trail by itself, and print the head that it leads to. Return 0 if it is whole, else 1."""
    try:
        with file.open(encoding="utf-8") as lines:
            heads = check_export(lines)
    except (BrokenExportError, OSError, UnicodeDecodeError) as error:
        console.print(f"FIX  {error if isinstance(error, BrokenExportError) else reason_of(error)}")
        return 1
    for workspace_id, head in heads.items():
        console.print(
            f"{workspace_id}: {head.place} entries, all as they were exported. The head is {head.hash.hex()}."
        )
    return 0


def _summary(verdict: Verdict) -> str:
    seen = verdict.verification
    found = f", {seen.found} of them from before the trail was chained" if seen.found else ""
    dropped = f"; {seen.dropped} were dropped by retention, and their heads fit" if seen.dropped else ""
    result = f"{len(verdict.findings)} faults" if verdict.findings else "all as it was sealed"
    return (
        f"{verdict.workspace.name}: {seen.entries} entries in {seen.segments} segments{found}{dropped}; {seen.waiting} are "
        f"not sealed yet. {result}. The head is {seen.head.hash.hex()} (segment {seen.head.segment}, entry {seen.head.place})."
    )


async def _line(desk: Desk, entry: AuditEntry) -> str:
    actor = await desk.session.get(Member, entry.actor_id) if entry.actor_id else None
    loan = await desk.session.get(Loan, entry.loan_id) if entry.loan_id else None
    who = actor.slack_user_id if actor else str(entry.details.get("by") or entry.details.get("slack") or "desk")
    where = loan.number if loan else str(entry.loan_id or "-")
    rest = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
    return f"{entry.at:%Y-%m-%d %H:%M:%SZ}  {who}  {entry.act}  {where}  {rest}".rstrip()

"""Ask for the case file of a loan, have the worker make it, and say who may open it.

Compliance may have one of any loan, managers of the loans of their teams: they answer for them in a dispute. What a member may is
asked when they ask, when the archive is finished, and when they open it.
"""

from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.disclosures import record_refusal
from desk.core.errors import Invalid
from desk.core.permissions import Relation, allows, require, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.files import made
from desk.loans import lookup
from desk.messages import kinds
from desk.messages.audit_trail import relations_to
from desk.messages.notices import queue_notice
from desk.people.members import is_at_desk
from storage.engine.types import new_id
from storage.tables import CaseExport, Loan, Member, StoredFile

Part = Literal["files", "recordings"]

PARTS: tuple[Part, ...] = get_args(Part)
"""What a case file may contain besides the records."""

PURPOSE_LIMIT = 200
"""The most characters of what a case file is for: it is printed on each page."""

HELD_FOR = timedelta(minutes=20)
"""How long a worker may take; then another begins."""

WHAT = "case"
"""What the file is, by which `desk.files.made` asks who may open it."""

PERSON = "person"
"""The same for an export of one person's data, which `desk.rights.exports` asks for and this module has made alike."""


@dataclass(frozen=True, slots=True)
class CaseAsked:
    """A case file that is being made."""

    id: UUID
    number: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class CaseToBuild:
    """A case file whose turn it is. `by` is the name of who asked, `blob_id` where its bytes go. With `subjects` it is an export
    of what is held of one person."""

    id: UUID
    loan_id: UUID
    by: str
    purpose: str = field(repr=False)
    parts: frozenset[str]
    asked_at: datetime
    file_id: UUID
    blob_id: UUID
    subjects: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CaseView:
    """What became of a case file, or of an export of one person's data. `file_id` None: it is kept no more, or there is none;
    `why` is the code of why."""

    number: str
    file_id: UUID | None
    size: int
    sha256: str
    why: str
    is_built: bool


async def ask_case(desk: Desk, *, loan: LoanRef, purpose: str = "", parts: Collection[Part] = ()) -> CaseAsked:
    """Have the case file of a loan made, and its asker told when it is there.

    Raises NotAllowed (`role_missing`, `team_case`), Invalid (`files_stay_out`, `purpose_too_long`), and as `lookup.resolve` does.
    """
    require_role(desk, "export_case")
    if desk.files is None:
        raise Invalid("files_stay_out")
    named = (await lookup.resolve(desk, loan)).loan
    await require_may_export(desk, named)
    words = " ".join(purpose.split())
    if len(words) > PURPOSE_LIMIT:
        raise Invalid("purpose_too_long", limit=PURPOSE_LIMIT)
    row_id = new_id()
    row = CaseExport(
        id=row_id,
        workspace_id=desk.workspace.id,
        loan_id=named.id,
        member_id=desk.member.id,
        purpose_cipher=desk.cipher.encrypt_optional(CaseExport.purpose_cipher, row_id, words),
        contents=" ".join(sorted(parts)),
        asked_at=desk.now,
        build_at=desk.now,
    )
    desk.add(row)
    desk.audit("ask_case", loan_id=named.id, subject_id=row.id, parts=sorted(parts))
    return CaseAsked(row.id, named.number, tuple(sorted(parts)))


async def require_may_export(desk: Desk, loan: Loan) -> None:
    """Raise NotAllowed (`role_missing`, `team_case`) unless the acting member may have the loan's case file."""
    require(desk, "export_case", await _relations(desk, loan))


async def hold_next(desk: Desk) -> CaseToBuild | None:
    """Take the next case file that is to be made, for `HELD_FOR`; None if there is none, or if there is no store of files."""
    row = await made.next_to_build(desk, CaseExport)
    if row is None:
        return None
    member = await desk.session.get_one(Member, row.member_id)
    if row.tries > made.TRIES:
        await _give_up(desk, row, member, "failed")
        return None
    loan = await desk.session.get_one(Loan, row.loan_id)
    what = PERSON if row.subjects else WHAT
    name = f"{what}-{safe_name(loan.number)}-{row.asked_at:%Y%m%d-%H%M%S}.zip"
    file = made.begin(desk, member, what, name, "zip", row.loan_id)
    row.file_id, row.build_at = file.id, desk.now + HELD_FOR
    desk.add(row)
    assert file.blob_id is not None
    return CaseToBuild(
        id=row.id,
        loan_id=row.loan_id,
        by=member.name,
        purpose=desk.cipher.decrypt(CaseExport.purpose_cipher, row),
        parts=frozenset(row.contents.split()),
        asked_at=row.asked_at,
        file_id=file.id,
        blob_id=file.blob_id,
        subjects=tuple(row.subjects.split()),
    )


async def record_built(desk: Desk, held: CaseToBuild, *, key: str, size: int, sha256: str) -> bool:
    """Record that the archive is stored, and have its asker told. Return whether it is kept: its asker may have lost the loan,
    and the loan may be gone."""
    row = await desk.session.get(CaseExport, held.id, with_for_update=True)
    if row is None or row.file_id != held.file_id or row.built_at is not None:
        return False
    member = await desk.session.get_one(Member, row.member_id)
    desk.actor, file = member, await desk.session.get_one(StoredFile, held.file_id)
    if not await _may_still(desk, row, file):
        await made.discard(desk, row)
        await _give_up(desk, row, member, "forbidden")
        return False
    made.finish(desk, file, key=key, size=size, sha256=sha256)
    row.build_at, row.built_at, row.size, row.sha256 = None, desk.now, size, sha256
    desk.add(row)
    act = "person_export_built" if row.subjects else "case_built"
    desk.audit(act, loan_id=row.loan_id, subject_id=row.id, sha256=sha256, size=size)
    await _tell(desk, row, member)
    return True


async def record_failed(desk: Desk, held: CaseToBuild, why: str | None = None) -> None:
    """Have it tried again in a minute; with `why`, tell its asker why there will be none."""
    row = await desk.session.get(CaseExport, held.id, with_for_update=True)
    if row is None or row.file_id != held.file_id:
        return
    await made.discard(desk, row)
    if why is not None:
        await _give_up(desk, row, await desk.session.get_one(Member, row.member_id), why)
    else:
        row.build_at = desk.now + timedelta(minutes=1)
        desk.add(row)


async def case_view(desk: Desk, export_id: UUID) -> CaseView | None:
    """Return what became of a case file; None when the loan is gone."""
    row = await desk.session.get(CaseExport, export_id)
    if row is None:
        return None
    loan = await desk.session.get_one(Loan, row.loan_id)
    return CaseView(loan.number, row.file_id, row.size or 0, row.sha256 or "", row.why or "", row.built_at is not None)


def safe_name(number: str) -> str:
    """Return a loan's number as a part of a file's name: what could lead elsewhere is an underscore."""
    return "".join(each if each.isascii() and (each.isalnum() or each == "-") else "_" for each in number)[:60]


@made.opens(WHAT)
async def may_open_case(desk: Desk, file: StoredFile) -> bool:
    """Return whether the acting member may still have the case file of the loan."""
    loan = await desk.session.get(Loan, file.loan_id) if file.loan_id else None
    return loan is not None and await _may(desk, loan)


async def _may(desk: Desk, loan: Loan) -> bool:
    return allows(desk.member, "export_case", await _relations(desk, loan)) and await lookup.may_see(desk, loan.id)


async def _relations(desk: Desk, loan: Loan) -> Sequence[Relation]:
    owner = await desk.session.get_one(Member, loan.owner_id) if loan.owner_id else None
    return await relations_to(desk, owner)


async def _may_still(desk: Desk, row: CaseExport, file: StoredFile) -> bool:
    """Return whether the acting member, who asked, may still have it. That they may not is recorded."""
    if is_at_desk(desk.member) and await made.MAY_OPEN[file.document or WHAT](desk, file):
        return True
    await record_refusal(desk, "role_missing" if row.subjects else "team_case", row.loan_id)
    return False


async def _give_up(desk: Desk, row: CaseExport, member: Member, why: str) -> None:
    row.build_at, row.why = None, why
    desk.add(row)
    await _tell(desk, row, member)


async def _tell(desk: Desk, row: CaseExport, member: Member) -> None:
    await queue_notice(
        desk,
        kind=kinds.PERSON_EXPORT_READY if row.subjects else kinds.CASE_READY,
        key=f"case:{row.id}",
        to=member,
        about_loan_id=row.loan_id,
        facts={"case": str(row.id)},
    )

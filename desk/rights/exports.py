"""Have an export of what is held of one person made, for their request: compliance alone asks for it and opens it.

The worker makes it as it makes case files (`desk.cases.exports`).
"""

from collections.abc import Collection
from uuid import UUID

from desk.cases.exports import PERSON
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid, NotFound
from desk.core.permissions import has_role_for, require_role
from desk.core.transaction import Desk
from desk.files import made
from desk.messages.person_requests import PersonRequestView, request_view
from desk.rights.subjects import Subject, borrower_subject, may_be_same, person_subject
from storage.engine.types import new_id
from storage.tables import CaseExport, Loan, PersonRequest, StoredFile


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """The request of a person, the row that it names, and others that may be the same person."""

    request: PersonRequestView
    subject: Subject
    others: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class ExportAsked:
    """An export that is being made. `rows` says of how many rows of the person, `files` whether it has files."""

    id: UUID
    number: str
    rows: int
    files: bool


async def export_choice(desk: Desk, request_id: UUID) -> ExportChoice:
    """Return what can be exported for a request.

    Raises NotAllowed (`role_missing`), NotFound (`request_gone`), Invalid (`request_of_nobody`: it names no loan).
    """
    require_role(desk, "export_person")
    row = await desk.session.get(PersonRequest, request_id)
    if row is None or row.workspace_id != desk.workspace.id or row.undone_at is not None:
        raise NotFound("request_gone")
    subject = await _subject(desk, row)
    desk.discloses = "requests"
    return ExportChoice(await request_view(desk, row), subject, await may_be_same(desk, subject))


async def ask_person_export(
    desk: Desk, request_id: UUID, *, others: Collection[str] = (), files: bool = False
) -> ExportAsked:
    """Have an export made of the person of a request, with those of `others` (keys) that may be the same person, and the files of
    their loans. Its asker is told when it is there.

    Raises as `export_choice` does, and Invalid (`files_stay_out`).
    """
    choice = await export_choice(desk, request_id)
    if desk.files is None:
        raise Invalid("files_stay_out")
    loan_id = choice.request.loan_id
    assert loan_id is not None
    keys = [choice.subject.key, *(each.key for each in choice.others if each.key in others)]
    row = CaseExport(
        id=new_id(),
        workspace_id=desk.workspace.id,
        loan_id=loan_id,
        member_id=desk.member.id,
        request_id=request_id,
        subjects=" ".join(keys),
        contents="files" if files else "",
        asked_at=desk.now,
        build_at=desk.now,
    )
    desk.add(row)
    desk.audit("ask_person_export", loan_id=loan_id, subject_id=row.id, rows=len(keys), files=files)
    return ExportAsked(row.id, choice.request.number, len(keys), files)


@made.opens(PERSON)
async def may_open_export(desk: Desk, _file: StoredFile) -> bool:
    """Return whether the acting member may still open such an export."""
    return has_role_for(desk.member, "export_person")


async def _subject(desk: Desk, row: PersonRequest) -> Subject:
    found = None
    if row.person_id is not None:
        found = await person_subject(desk, row.person_id)
    elif row.loan_id is not None:
        loan = await desk.session.get_one(Loan, row.loan_id)
        found = await borrower_subject(desk, loan.borrower_id)
    if found is None or row.loan_id is None:
        raise Invalid("request_of_nobody")
    return found

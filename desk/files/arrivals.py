"""Record documents of a loan that arrived together, by hand or as files, and give what is still missing a last day."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.values import Due, LoanRef
from desk.documents import listing
from desk.documents.documents import (
    DocumentChangeResult,
    DocumentRequestResult,
    change_documents,
    request_documents,
)
from desk.documents.names import DocumentName
from desk.files.intake import FilesExpected, FileTarget, IncomingFile, expect_files
from desk.loans import lookup


@dataclass(frozen=True, slots=True)
class ArrivalResult:
    """What arrived (`change`), what is missing with its last day (`missing`), and the files that are being fetched.

    `date_unused`: nothing is missing that could have a last day. Undo takes back the documents and their day, not the files.
    """

    change: DocumentChangeResult | None
    missing: DocumentRequestResult | None
    files: FilesExpected | None
    date_unused: bool

    @property
    def undo_id(self) -> UUID | None:
        """Return the id for Undo of all of it."""
        last = self.missing or self.change
        return last.undo_id if last is not None else None


async def record_arrivals(
    desk: Desk,
    *,
    loan: LoanRef,
    items: Sequence[UUID] = (),
    others: Sequence[DocumentName] = (),
    valid_until: date | None = None,
    by: Due | None = None,
    incoming: Sequence[IncomingFile] = (),
) -> ArrivalResult:
    """Receive these documents of the loan, all or none: requested ones by their ids, `others` by name, valid until that day. What
    is still to be brought then, or needed at the loan's stage, gets the last day `by`. `incoming` are files of the one document.

    Raises NotAllowed (`role_missing`), Invalid (`nothing_chosen`, `files_of_one_document`), and what
    `documents.change_documents`, `documents.request_documents` and `intake.expect_files` raise.
    """
    require_role(desk, "change_documents")
    named = (await lookup.resolve(desk, loan)).loan
    came = list({name.key: name for name in (*await listing.names_of(desk, named, items), *others)}.values())
    if not came and (by is None or valid_until is not None):
        raise Invalid("nothing_chosen")
    if incoming and len(came) != 1:
        raise Invalid("files_of_one_document")
    change = missing = files = None
    if came:
        change = await change_documents(desk, loan=loan, act="got", which=came, valid_until=valid_until)
    if by is not None and (wanted := await listing.documents_to_bring(desk, named)):
        missing = await request_documents(desk, loan=loan, wanted=wanted, by=by)
    if incoming:
        files = await expect_files(desk, incoming, target=FileTarget(named.id, came[0]))
    return ArrivalResult(change, missing, files, date_unused=by is not None and missing is None)

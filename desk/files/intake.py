"""Take the files that members send: expect them, have them fetched, and announce to their sender what arrived.

The row of a file is there before its bytes are asked for, and names the bytes before they are stored. A worker holds the file
that it fetches for a while (`fetch_at`); a fetch that was overtaken finds other bytes named in the row: its own are leftovers.
"""

from collections.abc import Sequence
from dataclasses import field
from datetime import timedelta
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import has_role_for, require_role
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.documents.names import DocumentName
from desk.files.batches import announce_batch
from desk.files.filing import file_as_wished
from desk.files.inspection import FileFacts
from desk.loans import lookup
from desk.people.members import is_at_desk
from desk.rules.file_kinds import is_named_as_audio, is_named_as_table
from storage.engine.types import new_id
from storage.queries.files import files
from storage.tables import Member, StoredFile

MOST_AT_ONCE = 10
"""How many files one message or form may have; Slack's field takes as many."""

NAME_LIMIT, WORDS_LIMIT = 200, 500
"""The longest name of a file, and the most of the words with it, that are kept, in characters."""

FROM_PHONE = "phone:"
"""What the id of a file begins with in place of Slack's, of a recording that the phone system made."""

HELD_FOR = timedelta(minutes=5)
"""How long a fetch may take before another worker may try: longer than the fetcher's own time limit."""

PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
"""The pauses after attempts that failed; after the last, the sender is asked to send the file again."""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file as Slack announces it. `size` is in bytes, None if Slack did not say."""

    slack_file_id: str
    name: str = field(repr=False)
    size: int | None = None


@dataclass(frozen=True, slots=True)
class FileTarget:
    """Where files are to be put: a document of a loan, or the loan alone."""

    loan_id: UUID
    document: DocumentName | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FilesExpected:
    """How many files are being fetched, and the names of those that are too large. `most_bytes` is the limit."""

    count: int
    too_large: tuple[str, ...] = field(repr=False)
    most_bytes: int
    rows: tuple[UUID, ...] = ()
    """Their ids."""


@dataclass(frozen=True, slots=True)
class FileToFetch:
    """A file of a Slack user that the holder may fetch now and store under `blob_id`."""

    id: UUID
    blob_id: UUID
    slack_file_id: str
    slack_user_id: str
    most_bytes: int
    most_audio: int
    tables: bool = False
    """Its sender may import tables, and sent it for no document or call."""
    documents: bool = True
    """Its sender may send documents and recordings."""
    place: str = field(default="", repr=False)
    """Where the phone system keeps it, of a recording that it made: a file name, or an https address."""


async def target_of(desk: Desk, loan: LoanRef, document: DocumentName) -> FileTarget:
    """Return where files of that document of the loan are put. Raises NotAllowed (`role_missing`) and as `lookup.resolve`."""
    require_role(desk, "send_file")
    return FileTarget((await lookup.resolve(desk, loan)).loan.id, document)


async def expect_files(
    desk: Desk, incoming: Sequence[IncomingFile], *, words: str = "", target: FileTarget | None = None
) -> FilesExpected:
    """Record files that the acting member sent, to be fetched. With `target`, they are filed there when they have arrived, or if
    it follows from `words` that came with them, the sender is asked whether they belong there.

    Raises NotAllowed (`role_missing`) and Invalid (`files_stay_out`, `too_many_files`).
    """
    if not has_role_for(desk.member, "import_file") or not all(is_named_as_table(each.name) for each in incoming):
        require_role(desk, "send_file")
    return await _expect(desk, incoming, words, target)


async def _expect(desk: Desk, incoming: Sequence[IncomingFile], words: str, target: FileTarget | None) -> FilesExpected:
    if desk.files is None:
        raise Invalid("files_stay_out")
    if len(incoming) > MOST_AT_ONCE:
        raise Invalid("too_many_files", count=len(incoming), most=MOST_AT_ONCE)
    batch_id, storage = new_id(), desk.files
    limits = [storage.most_audio if is_named_as_audio(each.name) else storage.most_bytes for each in incoming]
    fitting = [each for each, limit in zip(incoming, limits, strict=True) if (each.size or 0) <= limit]
    rows = [_row(desk, batch_id, each, words, target) for each in fitting]
    for row in rows:
        desk.add(row)
    if fitting:
        desk.audit("files_sent", subject_id=batch_id, count=len(fitting))
    too_large = tuple(each.name for each in incoming if each not in fitting)
    most = max((limit for each, limit in zip(incoming, limits, strict=True) if each not in fitting), default=0)
    return FilesExpected(len(fitting), too_large, most, tuple(row.id for row in rows))


async def expect_imports(desk: Desk, incoming: Sequence[IncomingFile]) -> FilesExpected:
    """Record files that the acting member sent to be imported. Raises NotAllowed (`role_missing`), and as `expect_files` does."""
    require_role(desk, "import_file")
    return await _expect(desk, incoming, "", None)


async def hold_next(desk: Desk) -> FileToFetch | None:
    """Return the next file to be fetched, held for the one who asks; None if there is none or the desk takes no files."""
    if desk.files is None:
        return None
    row = await files.next_to_fetch(desk.session, desk.workspace.id, desk.now)
    # Each attempt was cut short: by a kill, or an error that nobody foresaw.
    while row is not None and row.tries > len(PAUSES):
        await _refuse(desk, row, "not_fetched")
        row = await files.next_to_fetch(desk.session, desk.workspace.id, desk.now)
    if row is None:
        return None
    row.tries += 1
    row.blob_id, row.fetch_at = new_id(), desk.now + HELD_FOR
    desk.add(row)
    sender = await desk.session.get_one(Member, row.member_id)
    limits = desk.files.most_bytes, desk.files.most_audio
    is_for_import = row.words_cipher is not None or (row.loan_id is None and row.document is None)
    tables = is_for_import and has_role_for(sender, "import_file")
    documents = has_role_for(sender, "send_file")
    place = ""
    if row.slack_file_id.startswith(FROM_PHONE):
        place = unreadable.read(desk, StoredFile.name_cipher, row)
    return FileToFetch(
        row.id, row.blob_id, row.slack_file_id, sender.slack_user_id, *limits, tables, documents, place=place
    )


async def record_stored(desk: Desk, fetched: FileToFetch, name: str, facts: FileFacts, key: str) -> bool:
    """Record that a file is stored, by the name that Slack has for it. Return False if its bytes are leftovers: it was
    overtaken, or discarded meanwhile."""
    row = await _held(desk, fetched)
    if row is None:
        return False
    row.state, row.fetch_at, row.stored_at = "import" if facts.kind.table else "waiting", None, desk.now
    row.kind, row.size, row.pages, row.sha256 = facts.kind.code, facts.size, facts.pages, facts.sha256
    row.seconds = facts.seconds
    row.name_cipher = desk.cipher.encrypt(StoredFile.name_cipher, row.id, name[:NAME_LIMIT])
    row.why = "protected" if facts.protected else None
    row.key_cipher = desk.cipher.encrypt(StoredFile.key_cipher, row.id, key)
    desk.add(row)
    desk.audit("file_stored", subject_id=row.id, kind=facts.kind.code, size=facts.size)
    await _finish(desk, row)
    return True


async def record_refused(desk: Desk, fetched: FileToFetch, why: str, *, name: str = "") -> None:
    """Record that the desk does not take a file: a code of `RefusedFileError`, or `gone` or `withheld` by Slack. `name` is what
    Slack calls it, if that is known now: of a file that was chosen in a form, only its id was."""
    row = await _held(desk, fetched)
    if row is not None:
        if name:
            row.name_cipher = desk.cipher.encrypt(StoredFile.name_cipher, row.id, name[:NAME_LIMIT])
        await _refuse(desk, row, why)


async def record_failed(desk: Desk, fetched: FileToFetch) -> None:
    """Have a file fetched again later, or tell its sender when it has been tried often enough."""
    row = await _held(desk, fetched)
    if row is None:
        return
    if row.tries > len(PAUSES):
        await _refuse(desk, row, "not_fetched")
        return
    row.fetch_at, row.blob_id = desk.now + PAUSES[row.tries - 1], None
    desk.add(row)


async def file_where_form_said(desk: Desk, file_id: UUID) -> None:
    """File what has arrived of a batch in the name of its sender, if their form said where and nothing is still to come.

    In a transaction of its own: where this is refused (the right, the loan or the document is another by now), the sender is
    asked, as with any file. Raises what `filing.file_as_wished` raises.
    """
    row = await desk.session.get(StoredFile, file_id)
    if row is None or row.document is None or row.words_cipher is not None:
        return
    batch = await files.of_batch(desk.session, desk.workspace.id, row.batch_id)
    sender = await desk.session.get_one(Member, row.member_id)
    states = {each.state for each in batch}
    if "waiting" in states and "expected" not in states and is_at_desk(sender):
        desk.actor = sender
        await file_as_wished(desk, row.batch_id)


async def _held(desk: Desk, fetched: FileToFetch) -> StoredFile | None:
    row = await files.lock(desk.session, fetched.id)
    return row if row is not None and row.state == "expected" and row.blob_id == fetched.blob_id else None


async def _refuse(desk: Desk, row: StoredFile, why: str) -> None:
    row.state, row.why, row.fetch_at, row.blob_id = "refused", why, None, None
    desk.add(row)
    desk.audit("file_not_taken", subject_id=row.id, why=why)
    await _finish(desk, row)


async def _finish(desk: Desk, row: StoredFile) -> None:
    """When all files of a batch are stored or refused, tell their sender."""
    await desk.session.flush()
    batch = await files.of_batch(desk.session, desk.workspace.id, row.batch_id)
    if not batch or any(each.state == "expected" for each in batch):
        return
    if row.slack_file_id.startswith(FROM_PHONE):
        return  # nobody sent it, and nobody waits for it
    await announce_batch(desk, await desk.session.get_one(Member, row.member_id), row.batch_id)


def _row(desk: Desk, batch_id: UUID, file: IncomingFile, words: str, target: FileTarget | None) -> StoredFile:
    row_id, encrypt = new_id(), desk.cipher.encrypt_optional
    document = target.document if target else None
    return StoredFile(
        id=row_id,
        workspace_id=desk.workspace.id,
        batch_id=batch_id,
        member_id=desk.member.id,
        slack_file_id=file.slack_file_id,
        name_cipher=desk.cipher.encrypt(StoredFile.name_cipher, row_id, file.name[:NAME_LIMIT]),
        words_cipher=encrypt(StoredFile.words_cipher, row_id, words[:WORDS_LIMIT]),
        loan_id=target.loan_id if target else None,
        document=document.code if document else None,
        document_words_cipher=encrypt(StoredFile.document_words_cipher, row_id, document.words if document else None),
        fetch_at=desk.now,
        made_at=desk.now,
    )

"""Small files of the kinds that people send, made from nothing, and a way to store one as the worker does."""

import zlib
from collections.abc import AsyncGenerator, Iterable
from uuid import UUID

from sqlmodel import select

from desk.core.transaction import Office
from desk.core.values import LoanRef
from desk.files import call_recordings
from desk.files.inspection import Inspection
from storage.engine.types import new_id
from storage.files.sealing import new_file_key, seal
from storage.tables import Call, DocumentItem, Loan, Member, Recording, StoredFile, Workspace

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200) + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(100)
TIFF = b"II*\x00\x08\x00\x00\x00" + bytes(100)
WEBP = b"RIFF\x64\x00\x00\x00WEBPVP8 " + bytes(100)


def pdf(pages: int, *, compressed: bool = False, encrypted: bool = False, filler: int = 0) -> bytes:
    """A PDF of so many pages, its page objects in the open or in a compressed object stream."""
    kids = " ".join(f"{number} 0 R" for number in range(10, 10 + pages))
    objects = [f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    objects += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages
    body = "\n".join(f"{number} 0 obj\n{each}\nendobj" for number, each in enumerate(objects, 2)).encode()
    if compressed:
        packed = zlib.compress(" ".join(objects).encode())
        head = f"<< /Type /ObjStm /N {len(objects)} /First 10 /Filter /FlateDecode /Length {len(packed)} >>"
        body = f"2 0 obj\n{head}\nstream\r\n".encode() + packed + b"\nendstream\nendobj"
    picture = b"\n9 0 obj\n<< /Length %d >>\nstream\n" % filler + bytes(filler) + b"\nendstream\nendobj"
    trailer = b"\ntrailer\n<< /Root 1 0 R" + (b" /Encrypt 5 0 R" if encrypted else b"") + b" >>\n%%EOF\n"
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" + body + picture + trailer


async def pieces(content: bytes, size: int = 1000) -> AsyncGenerator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def joined(stream: AsyncGenerator[bytes]) -> bytes:
    return b"".join([piece async for piece in stream])


async def stream(parts: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part


async def store_file(
    office: Office, sender: Member, content: bytes, *, name: str = "scan.pdf", item: DocumentItem | None = None
) -> StoredFile:
    """Store a file that waits for its sender, or belongs to a document; a table waits to be imported."""
    assert office.files is not None
    blob_id, row_id, key = new_id(), new_id(), new_file_key()
    most = office.files.most_bytes
    inspection = Inspection(most_bytes=most, most_audio=most, name=name, tables=True)
    await office.files.store.write(blob_id, seal(inspection.watch(pieces(content)), key, blob_id))
    facts = inspection.facts()
    unfiled = "import" if facts.kind.table else "waiting"
    row = StoredFile(
        id=row_id,
        workspace_id=sender.workspace_id,
        batch_id=new_id(),
        member_id=sender.id,
        slack_file_id=f"F{row_id.hex[-8:].upper()}",
        state="filed" if item else unfiled,
        name_cipher=office.cipher.encrypt(StoredFile.name_cipher, row_id, name),
        key_cipher=office.cipher.encrypt(StoredFile.key_cipher, row_id, key),
        blob_id=blob_id,
        kind=facts.kind.code,
        size=facts.size,
        pages=facts.pages,
        seconds=facts.seconds,
        sha256=facts.sha256,
        loan_id=item.loan_id if item else None,
        document_item_id=item.id if item else None,
        made_at=office.clock.now(),
        stored_at=office.clock.now(),
    )
    async with office.database.transaction() as session:
        session.add(row)
    return row


def place_of(office: Office, blob_id: UUID) -> str:
    """The path of stored bytes below the folder of files."""
    return f"{blob_id.bytes[-1]:02x}/{blob_id}"


async def store_recording(
    office: Office, workspace: Workspace, sender: Member, content: bytes, loan: Loan, call: Call | None = None
) -> Recording:
    """Store a recording that its sender attached to a call of the loan."""
    file = await store_file(office, sender, content, name="call.wav")
    async with office.desk(workspace, sender) as desk:
        await call_recordings.attach_batch(
            desk, file.batch_id, [file.id], loan=LoanRef(loan.number, loan.number), call_id=call.id if call else None
        )
    async with office.database.reading() as session:
        return (await session.exec(select(Recording).where(Recording.file_id == file.id))).one()

"""Links by which a member opens a file on the desk's page: bound to the member by a code, for one use, and logged.

A link alone opens nothing: who follows it must type the code that Slack showed to that member alone. What the member may
see is asked again when the code is typed, so who lost the loan in between does not see its file.
"""

import hmac
import secrets
import unicodedata
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.documents.files import FileView, file_view
from desk.files.call_recordings import is_recording, note_played, require_playable
from desk.files.made import may_open_made
from desk.loans import lookup
from desk.people.members import is_at_desk, locale_of
from storage.engine.types import new_id
from storage.queries.files import files, recordings
from storage.tables import FileLink, Member, Recording, StoredFile

LINK_LIFETIME = timedelta(minutes=5)
"""How long a link can be used."""

TRIES = 5
"""How many wrong codes end a link."""

DIGITS = 6
"""The digits of a code."""

SESSION = timedelta(minutes=30)
"""How long the browser that opened a recording can go on asking for parts of it: to listen, and to go back."""

Outcome = Literal["ask", "wrong", "opened", "spent", "expired", "used", "forbidden", "unknown"]


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """A fresh link for the acting member alone, with the code that it asks for."""

    file: FileView
    url: str = field(repr=False)
    code: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class SealedFile:
    """What is needed to send the bytes of a file: where they are stored, and their key."""

    view: FileView
    blob_id: UUID
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What became of following a link: `ask` for the code, or of typing one. `file` only when it was opened.

    `locale` is the language of the link's member, or the workspace's. `session` is the secret of an opened recording, by which
    `play_link` sends parts of it to the same browser.
    """

    outcome: Outcome
    locale: str
    tries_left: int = 0
    file: SealedFile | None = None
    session: str = field(default="", repr=False)


async def offer_link(desk: Desk, file_id: UUID) -> LinkOffer:
    """Make a link to a file for the acting member.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_file`) and Invalid (`files_stay_out`).
    """
    if desk.files is None:
        require_role(desk, "open_file")
        raise Invalid("files_stay_out")
    file = await _require_openable(desk, file_id)
    token, link_id = secrets.token_urlsafe(32), new_id()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    desk.add(
        FileLink(
            id=link_id,
            workspace_id=desk.workspace.id,
            file_id=file.id,
            member_id=desk.member.id,
            token_digest=desk.cipher.digest("file_token", token),
            code_digest=_code_digest(desk, link_id, code),
            made_at=desk.now,
        )
    )
    if (row := await _recording_of(desk, file)) is None:
        desk.audit("file_link", loan_id=file.loan_id, subject_id=file.id)
    else:
        desk.audit("recording_link", loan_id=row.loan_id, subject_id=row.id, call=str(row.call_id))
    url = f"{desk.files.page_url}/files/{token}"
    return LinkOffer(file_view(desk, file), url, code, desk.now + LINK_LIFETIME)


async def follow_link(desk: Desk, token: str) -> LinkAnswer:
    """Return whether the link of this token still asks for its code. Changes nothing."""
    link = await files.link_of(desk.session, desk.workspace.id, desk.cipher.digest("file_token", token), locked=False)
    if link is None:
        return LinkAnswer("unknown", desk.workspace.locale)
    member = await desk.session.get_one(Member, link.member_id)
    return LinkAnswer(_ended(desk, link) or "ask", locale_of(member), TRIES - link.tries)


async def open_link(desk: Desk, token: str, typed: str) -> LinkAnswer:
    """Open the file of a link with its code, in the name of the link's member, if they may still see it. Count a wrong code.

    What is no code of six digits is not counted. Raises nothing: also what is refused is recorded.
    """
    link = await files.link_of(desk.session, desk.workspace.id, desk.cipher.digest("file_token", token), locked=True)
    if link is None:
        return LinkAnswer("unknown", desk.workspace.locale)
    member = await desk.session.get_one(Member, link.member_id)
    locale, code = locale_of(member), read_code(typed)
    ended = _ended(desk, link)
    if ended is not None or not code:
        return LinkAnswer(ended or "ask", locale, TRIES - link.tries)
    if not hmac.compare_digest(_code_digest(desk, link.id, code), link.code_digest):
        link.tries += 1
        desk.add(link)
        desk.audit("file_code_wrong", subject_id=link.file_id, tries=link.tries)
        return LinkAnswer("wrong" if link.tries < TRIES else "spent", locale, TRIES - link.tries)
    link.used_at = desk.now
    desk.add(link)
    if is_at_desk(member):
        desk.actor = member
    try:
        file = await _require_openable(desk, link.file_id)
    except DeskError:
        await _refuse(desk, link)
        return LinkAnswer("forbidden", locale)
    session = ""
    if (row := await _recording_of(desk, file)) is None:
        desk.audit("file_opened", loan_id=file.loan_id, subject_id=file.id, roles=member.roles)
    else:
        session = secrets.token_urlsafe(32)
        link.session_digest = _session_digest(desk, link.id, session)
        note_played(desk, row)
    return LinkAnswer("opened", locale, file=_sealed(desk, file), session=session)


async def play_link(desk: Desk, token: str, session: str) -> LinkAnswer:
    """Return the recording of a link that this browser has opened, whose secret is `session`. Whether its member may still
    listen is asked again. It writes nothing: what follows the opening is no further entry, and a refusal (`forbidden`) is
    recorded by `refuse_play`."""
    link = await files.link_of(desk.session, desk.workspace.id, desk.cipher.digest("file_token", token), locked=False)
    if link is None or link.session_digest is None or link.used_at is None:
        return LinkAnswer("unknown", desk.workspace.locale)
    member = await desk.session.get_one(Member, link.member_id)
    locale = locale_of(member)
    known = hmac.compare_digest(_session_digest(desk, link.id, session), link.session_digest)
    if not known or desk.now >= link.used_at + SESSION:
        return LinkAnswer("used", locale)
    if is_at_desk(member):
        desk.actor = member
    try:
        file = await _require_openable(desk, link.file_id)
    except DeskError:
        return LinkAnswer("forbidden", locale)
    return LinkAnswer("opened", locale, file=_sealed(desk, file))


async def refuse_play(desk: Desk, token: str) -> None:
    """Record that the recording of a link that was opened may not be heard any more."""
    link = await files.link_of(desk.session, desk.workspace.id, desk.cipher.digest("file_token", token), locked=False)
    if link is not None:
        await _refuse(desk, link)


def read_code(typed: str) -> str:
    """Return the six digits that a person typed, in any width and however they are grouped; else the empty text."""
    digits = "".join(each for each in unicodedata.normalize("NFKC", typed) if each not in " -")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""


async def may_open(desk: Desk, file: StoredFile) -> bool:
    """Return whether the acting member may open a file: of a loan that they see, one of their own that waits, or one made for
    them."""
    if file.state == "filed" and file.loan_id is not None:
        return await lookup.may_see(desk, file.loan_id)
    if file.state == "waiting":
        return file.member_id == desk.member.id
    return await may_open_made(desk, file)


async def _require_openable(desk: Desk, file_id: UUID) -> StoredFile:
    file = await desk.session.get(StoredFile, file_id)
    if file is None or file.state != "made":  # what the desk made asks for a right of its own
        require_role(desk, "open_file")
    if file is None or not await may_open(desk, file):
        raise NotFound("unknown_file")
    if is_recording(file):
        row = await _recording_of(desk, file)
        if row is None:
            raise NotFound("unknown_file")
        await require_playable(desk, row.id)
    return file


async def _recording_of(desk: Desk, file: StoredFile) -> Recording | None:
    return await recordings.of_file(desk.session, file.id) if is_recording(file) else None


async def _refuse(desk: Desk, link: FileLink) -> None:
    row = await recordings.of_file(desk.session, link.file_id)
    if row is None:
        desk.audit("file_refused", subject_id=link.file_id, member=str(link.member_id))
        return
    about = {"member": str(link.member_id), "call": str(row.call_id)}
    desk.audit("recording_refused", loan_id=row.loan_id, subject_id=row.id, **about)


def _sealed(desk: Desk, file: StoredFile) -> SealedFile:
    assert file.blob_id is not None
    return SealedFile(file_view(desk, file), file.blob_id, desk.cipher.decrypt(StoredFile.key_cipher, file))


def _session_digest(desk: Desk, link_id: UUID, session: str) -> bytes:
    return desk.cipher.digest("file_session", f"{link_id}:{session}")


def _ended(desk: Desk, link: FileLink) -> Outcome | None:
    if link.used_at is not None:
        return "used"
    if link.tries >= TRIES:
        return "spent"
    return "expired" if desk.now >= link.made_at + LINK_LIFETIME else None


def _code_digest(desk: Desk, link_id: UUID, code: str) -> bytes:
    return desk.cipher.digest("file_code", f"{link_id}:{code}")

"""Files that people send: what is known of each, and the links by which a member opens one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_TO_FETCH = text("fetch_at IS NOT NULL")
_TO_SEND = text("send_at IS NOT NULL")


class StoredFile(Row, table=True):
    """A file that a member sent. Its bytes are in the store under `blob_id`, sealed with its own key, which is in `key_cipher`.

    `state` is expected (to be fetched from Slack), waiting (stored; its sender says where it belongs), filed (it belongs to a
    document of a loan) or refused (`why` is a code). Files of one message or form share `batch_id`. `fetch_at` is when the
    worker tries to fetch it next; `tries` counts. `blob_id` is written before the bytes are, so bytes without a row's `blob_id`
    are leftovers. `words_cipher` is what was typed with it; `document` and `document_words_cipher` say where a form put it
    before it was fetched. `size` is in bytes and `sha256` in hexadecimal digits, both of the plain bytes;
    `seconds` is the length of a recording as read from its audio, None: unknown.
    """

    __tablename__ = "stored_file"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "file", "short")
    __table_args__ = (
        UniqueConstraint("workspace_id", "batch_id", "slack_file_id"),
        Index("ix_stored_file_loan", "loan_id", "state"),
        Index("ix_stored_file_item", "document_item_id"),
        Index("ix_stored_file_blob", "blob_id"),
        Index("ix_stored_file_sha256", "workspace_id", "sha256"),
        Index("ix_stored_file_made_at", "workspace_id", "state", "made_at"),
        Index("ix_stored_file_fetch_at", "fetch_at", sqlite_where=_TO_FETCH, postgresql_where=_TO_FETCH),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    batch_id: UUID
    member_id: UUID = references("member")
    slack_file_id: str
    state: str = "expected"
    why: str | None = None
    name_cipher: bytes = Field(sa_type=LargeBinary)
    words_cipher: bytes | None = maybe_cipher()
    blob_id: UUID | None = None
    key_cipher: bytes | None = maybe_cipher()
    kind: str | None = None
    size: int | None = None
    pages: int | None = None
    seconds: int | None = None
    sha256: str | None = None
    loan_id: UUID | None = references("loan", nullable=True, when_gone="delete")
    document_item_id: UUID | None = references("document_item", nullable=True, when_gone="clear")
    document: str | None = None
    document_words_cipher: bytes | None = maybe_cipher()
    fetch_at: datetime | None = maybe_instant()
    tries: int = 0
    made_at: datetime = instant()
    stored_at: datetime | None = maybe_instant()
    version: int = 1


class FileLink(Row, table=True):
    """A link by which one member opens one file once, after typing a code. `token_digest` and `code_digest` are HMACs.

    `tries` counts the wrong codes; `used_at` is when it was opened. `session_digest` is that of the cookie by which
    the browser that opened a recording goes on asking for parts of it.
    """

    __tablename__ = "file_link"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "short")
    __table_args__ = (
        UniqueConstraint("workspace_id", "token_digest"),
        Index("ix_file_link_file", "file_id"),
        Index("ix_file_link_made_at", "workspace_id", "made_at"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    file_id: UUID = references("stored_file")
    member_id: UUID = references("member")
    token_digest: bytes = Field(sa_type=LargeBinary)
    code_digest: bytes = Field(sa_type=LargeBinary)
    tries: int = 0
    made_at: datetime = instant()
    used_at: datetime | None = maybe_instant()
    session_digest: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)


class SlackUpload(Row, table=True):
    """That a member asked to have a file that the desk made sent to them as a file in Slack.

    `channel_id` is their direct conversation with the bot, where they asked. `send_at` is when the worker sends it next, or takes
    it over from one that died; None when it need not. `tries` counts. `slack_file_id` is what Slack calls the file, from when its
    bytes may be there; `sent_at` is when it was shown to the member, `why` the code of why it was not.
    """

    __tablename__ = "slack_upload"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "short")
    __table_args__ = (
        Index("ix_slack_upload_file", "file_id"),
        Index("ix_slack_upload_send_at", "send_at", sqlite_where=_TO_SEND, postgresql_where=_TO_SEND),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    file_id: UUID = references("stored_file")
    member_id: UUID = references("member")
    channel_id: str
    asked_at: datetime = instant()
    send_at: datetime | None = maybe_instant()
    tries: int = 0
    slack_file_id: str | None = None
    sent_at: datetime | None = maybe_instant()
    why: str | None = None

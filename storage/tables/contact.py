"""What bears on when a borrower may be called: chosen packs of rules, states, consents, how calls were made, decisions."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import index_where_set, instant, maybe_cipher, maybe_instant, references, row_id


class ContactChoice(Row, table=True):
    """The packs of contact rules chosen for a workspace, a team or a loan; the last that was not undone counts.

    `packs` are codes joined by blanks, `role` is `own` or `outside`, `raised` has the stricter effects by rule. `number` counts
    the versions. What counts for workspace and teams is also in `workspace.contact_rules`, so that no command reads it here.
    """

    __tablename__ = "contact_choice"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "setting")
    __table_args__ = (
        Index("ix_contact_choice_loan", "loan_id", "number"),
        Index("ix_contact_choice_workspace", "workspace_id", "at"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    team_id: UUID | None = references("team", nullable=True)
    loan_id: UUID | None = references("loan", nullable=True, when_gone="delete")
    number: int
    packs: str
    role: str = "own"
    raised: dict[str, Any] = Field(default_factory=dict[str, Any], sa_type=JSON)
    by_id: UUID = references("member")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class ContactState(Row, table=True):
    """A state of a borrower, their number or a debt, of a code of `desk/data/contact_states.toml`, entered on a loan.

    One of a person holds for all loans of the borrower; `person_id` is another person whom it concerns instead. `until_on` is its
    last day. `ended_at` is when a member ended it before.
    """

    __tablename__ = "contact_state"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_contact_state_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    person_id: UUID | None = references("related_person", nullable=True, index=True, when_gone="delete")
    code: str
    until_on: date | None = None
    note_cipher: bytes | None = maybe_cipher()
    by_id: UUID = references("member")
    at: datetime = instant()
    ended_at: datetime | None = maybe_instant()
    ended_by_id: UUID | None = references("member", nullable=True)
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class ContactConsent(Row, table=True):
    """What the borrower of a loan agreed to: calls at some hours (`hours`), calls at all (`calls`), recorded voices (`robots`).

    `form` is how: oral, written, recorded. `starts` and `ends` are the hours, in the borrower's zone, on the days from
    `starts_on` to `ends_on`. `follow_up_id` is the call at a time that the borrower asked for.
    """

    __tablename__ = "contact_consent"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_contact_consent_loan", "loan_id", "given_at"),
        index_where_set("ix_contact_consent_follow_up", "follow_up_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    follow_up_id: UUID | None = references("follow_up", nullable=True, when_gone="clear")
    kind: str
    form: str = "oral"
    given_at: datetime = instant()
    starts_on: date | None = None
    ends_on: date | None = None
    starts: time | None = None
    ends: time | None = None
    by_id: UUID = references("member")
    withdrawn_at: datetime | None = maybe_instant()
    withdrawn_by_id: UUID | None = references("member", nullable=True)
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class CallContact(Row, table=True):
    """How a call was made, where that is not what its outcome says of a call dialled by hand to the borrower's mobile.

    `channel` is phone, text, email or visit; `dial` hand, auto or prerecorded; `place` home, cell, work or other. `connected` and
    `reachable` (a message could be left) None: as the outcome says. `phone_id` is the number of another person.
    """

    __tablename__ = "call_contact"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (index_where_set("ix_call_contact_phone", "phone_id"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    call_id: UUID = references("call", unique=True)
    inbound: bool = False
    channel: str = "phone"
    dial: str = "hand"
    place: str | None = None
    phone_id: UUID | None = references("related_phone", nullable=True, when_gone="clear")
    connected: bool | None = None
    reachable: bool | None = None
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class OtherContact(Row, table=True):
    """A contact with the borrower of a loan that was no call: a letter, text, e-mail or visit (`channel`).

    `role` and `person_id` are of another person around the loan with whom it was, and whom the desk may know. `inbound`: they
    wrote or came. `spoke`: they were met and spoken to. `contacted_at` is when, `at` when it was entered.
    """

    __tablename__ = "other_contact"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "words")
    __table_args__ = (Index("ix_other_contact_loan", "loan_id", "contacted_at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    person_id: UUID | None = references("related_person", nullable=True, index=True, when_gone="clear")
    role: str | None = None
    channel: str
    inbound: bool = False
    spoke: bool = False
    contacted_at: datetime = instant()
    note_cipher: bytes | None = maybe_cipher()
    by_id: UUID = references("member")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class ContactDecision(Row, table=True):
    """What contact rules decided, or a member against them. `rules` are ids joined by blanks.

    `kind`: `moved` (a call by rule was placed later: from `moved_from` to `moved_to`), `explained` (a member gave a reason for
    what rules warn of), `overridden` (a manager allowed what they refuse), `broken` (a call was logged that they refuse).
    """

    __tablename__ = "contact_decision"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_contact_decision_loan", "loan_id", "at"),
        index_where_set("ix_contact_decision_follow_up", "follow_up_id"),
        index_where_set("ix_contact_decision_call", "call_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    follow_up_id: UUID | None = references("follow_up", nullable=True, when_gone="delete")
    call_id: UUID | None = references("call", nullable=True, when_gone="delete")
    kind: str
    rules: str
    reason_cipher: bytes | None = maybe_cipher()
    moved_from: datetime | None = maybe_instant()
    moved_to: datetime | None = maybe_instant()
    by_id: UUID | None = references("member", nullable=True)
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1

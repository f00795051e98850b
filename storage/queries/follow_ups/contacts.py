"""What the contact rules need of loans, in one statement: calls and other contacts on all loans of their borrowers, states,
consents, packs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Date,
    String,
    Time,
    Uuid,
    bindparam,
    case,
    cast,
    literal,
    literal_column,
    null,
    union_all,
)
from sqlalchemy import select as core_select
from sqlmodel import col
from sqlmodel import select as sqlmodel_select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.rows import also
from storage.engine.types import UtcDateTime
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.tables import (
    Call,
    CallContact,
    CallParty,
    ContactChoice,
    ContactConsent,
    ContactDecision,
    ContactState,
    Loan,
    OtherContact,
    PhoneCall,
    RelatedPerson,
)

R = TypeVar("R", ContactState, ContactConsent, ContactDecision, OtherContact)

_ASKED, _ALSO = also(Loan), also(Loan)
_select: Any = core_select  # the parts of a union have more columns than its types know


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that is known of `loan_id`. `kind`: call, other (contact), state, consent or packs; `on_loan` is where it was
    entered.

    `code` is an outcome, `spoke` or nothing of another contact, a state, a kind of consent, or packs; `role` whom a call or
    another contact reached, the form of a consent, or the role of the packs. `over_at` is when a consent was withdrawn.
    """

    loan_id: UUID
    kind: str
    row_id: UUID
    on_loan: UUID
    at: datetime
    code: str
    role: str | None
    person_id: UUID | None
    inbound: bool | None
    channel: str | None
    dial: str | None
    place: str | None
    phone_id: UUID | None
    connected: bool | None
    reachable: bool | None
    starts_on: date | None
    ends_on: date | None
    starts: time | None
    ends: time | None
    over_at: datetime | None


def _no(kind: Any) -> Any:
    return cast(null(), kind)


def _columns(kind: str, row: Any, at: Any, code: Any, **given: Any) -> list[Any]:
    """Return the columns of a part, in the order of `Known`; those that are not given are empty."""
    types: dict[str, Any] = {
        "role": String(),
        "person_id": Uuid(),
        "inbound": Boolean(),
        "channel": String(),
        "dial": String(),
        "place": String(),
        "phone_id": Uuid(),
        "connected": Boolean(),
        "reachable": Boolean(),
        "starts_on": Date(),
        "ends_on": Date(),
        "starts": Time(),
        "ends": Time(),
        "over_at": UtcDateTime(),
    }
    first = [_ASKED.id, literal_column(f"'{kind}'", String), row.id, row.loan_id, at, code]
    return [*first, *(given.get(name, _no(column)) for name, column in types.items())]


_LOANS = col(_ASKED.id).in_(bindparam("loans", expanding=True))


def _of_borrower(table: Any, columns: list[Any]) -> Any:
    joined = _select(*columns).select_from(_ASKED).join(_ALSO, col(_ALSO.borrower_id) == col(_ASKED.borrower_id))
    return joined.join(table, col(table.loan_id) == col(_ALSO.id)).where(_LOANS, col(table.undone_at).is_(None))


_CALLS = (
    _of_borrower(
        Call,
        _columns(
            "call",
            Call,
            Call.at,
            Call.outcome,
            role=CallParty.role,
            person_id=CallParty.person_id,
            inbound=CallContact.inbound,
            channel=CallContact.channel,
            dial=CallContact.dial,
            place=CallContact.place,
            phone_id=CallContact.phone_id,
            connected=CallContact.connected,
            reachable=CallContact.reachable,
        ),
    )
    .outerjoin(CallParty, (col(CallParty.call_id) == col(Call.id)) & col(CallParty.undone_at).is_(None))
    .outerjoin(CallContact, (col(CallContact.call_id) == col(Call.id)) & col(CallContact.undone_at).is_(None))
    .where(col(Call.at) >= bindparam("since", type_=UtcDateTime()))
)

_ASKED_ABOUT = (
    _select(
        *_columns(
            "call",
            PhoneCall,
            PhoneCall.began_at,
            literal_column("'reached'", String),
            role=RelatedPerson.role,
            person_id=PhoneCall.person_id,
            inbound=PhoneCall.inbound,
        )
    )
    .select_from(_ASKED)
    .join(_ALSO, col(_ALSO.borrower_id) == col(_ASKED.borrower_id))
    .join(PhoneCall, (col(PhoneCall.loan_id) == col(_ALSO.id)) & col(PhoneCall.call_id).is_(None))
    .outerjoin(RelatedPerson, col(RelatedPerson.id) == col(PhoneCall.person_id))
    .where(_LOANS, PhoneCall.state == "asks", col(PhoneCall.began_at) >= bindparam("since", type_=UtcDateTime()))
)
"""Conversations that the phone system reported and of which the agent has not said the outcome yet."""

_STATES = _of_borrower(
    ContactState,
    _columns(
        "state",
        ContactState,
        ContactState.at,
        ContactState.code,
        person_id=ContactState.person_id,
        ends_on=ContactState.until_on,
    ),
).where(col(ContactState.ended_at).is_(None))

_CONSENTS = _of_borrower(
    ContactConsent,
    _columns(
        "consent",
        ContactConsent,
        ContactConsent.given_at,
        ContactConsent.kind,
        role=ContactConsent.form,
        starts_on=ContactConsent.starts_on,
        ends_on=ContactConsent.ends_on,
        starts=ContactConsent.starts,
        ends=ContactConsent.ends,
        over_at=ContactConsent.withdrawn_at,
    ),
)

_PACKS = (
    _select(*_columns("packs", ContactChoice, ContactChoice.at, ContactChoice.packs, role=ContactChoice.role))
    .select_from(_ASKED)
    .join(ContactChoice, col(ContactChoice.loan_id) == col(_ASKED.id))
    .where(_LOANS, col(ContactChoice.undone_at).is_(None))
)

_OTHERS = _of_borrower(
    OtherContact,
    _columns(
        "other",
        OtherContact,
        OtherContact.contacted_at,
        case((col(OtherContact.spoke), literal("spoke")), else_=literal("")),
        role=OtherContact.role,
        person_id=OtherContact.person_id,
        inbound=OtherContact.inbound,
        channel=OtherContact.channel,
    ),
).where(col(OtherContact.contacted_at) >= bindparam("since", type_=UtcDateTime()))

_KNOWN = union_all(_CALLS, _OTHERS, _ASKED_ABOUT, _STATES, _CONSENTS, _PACKS)


async def known_of(session: Work, loan_ids: Collection[UUID], since: datetime) -> dict[UUID, list[Known]]:
    """Return by loan what the contact rules need, in any order: calls from `since` on, and what is recorded."""
    await session.flush()
    found: dict[UUID, list[Known]] = {loan_id: [] for loan_id in loan_ids}
    for ids in chunks(loan_ids):
        for values in await session.execute(_KNOWN, {"loans": list(ids), "since": since}):
            each = Known(*values)
            found[each.loan_id].append(each)
    return found


async def last_choice(
    session: Work,
    workspace_id: UUID,
    *,
    team_id: UUID | None = None,
    loan_id: UUID | None = None,
    undone: bool = True,
) -> ContactChoice | None:
    """Return the last version of a choice, also if it was `undone`: versions are numbered on."""
    statement = sqlmodel_select(ContactChoice).where(
        ContactChoice.workspace_id == workspace_id,
        col(ContactChoice.team_id).is_(None) if team_id is None else ContactChoice.team_id == team_id,
        col(ContactChoice.loan_id).is_(None) if loan_id is None else ContactChoice.loan_id == loan_id,
    )
    if not undone:
        statement = statement.where(col(ContactChoice.undone_at).is_(None))
    return (await session.exec(statement.order_by(col(ContactChoice.number).desc()).limit(1))).first()


async def states_of(session: Work, loan_id: UUID) -> Sequence[ContactState]:
    """Return the states that are recorded of a loan, or on another loan of its borrower, and were not ended; newest first."""
    statement = _entered_for_borrower(ContactState, loan_id).where(col(ContactState.ended_at).is_(None))
    return (await session.exec(statement.order_by(col(ContactState.at).desc()))).all()


async def states_of_loans(session: Work, loan_ids: Collection[UUID], today: date) -> list[tuple[UUID, ContactState]]:
    """Return the states that were entered on these loans, or on other loans of their borrowers, that hold today or later and are
    of no other person, each with the loan of these that it is about; newest first."""
    joined = sqlmodel_select(col(_ASKED.id), ContactState).select_from(_ASKED)
    joined = joined.join(_ALSO, col(_ALSO.borrower_id) == col(_ASKED.borrower_id))
    joined = joined.join(ContactState, col(ContactState.loan_id) == col(_ALSO.id)).where(
        col(ContactState.undone_at).is_(None),
        col(ContactState.ended_at).is_(None),
        col(ContactState.person_id).is_(None),
        col(ContactState.until_on).is_(None) | (col(ContactState.until_on) >= today),
    )
    found: list[tuple[UUID, ContactState]] = []
    for ids in chunks(loan_ids):
        asked = joined.where(col(_ASKED.id).in_(ids)).order_by(col(ContactState.at).desc())
        found += [(loan_id, state) for loan_id, state in await session.exec(asked)]
    return found


async def state_events(session: Work, loan_id: UUID, *, limit: int) -> Sequence[ContactState]:
    """Return the states entered on a loan, ended ones too, newest first."""
    return (await session.exec(_newest(ContactState, ContactState.at, loan_id, limit))).all()


async def consents_of(session: Work, loan_id: UUID, *, limit: int) -> Sequence[ContactConsent]:
    """Return the consents entered on a loan, withdrawn ones too, newest first."""
    return (await session.exec(_newest(ContactConsent, ContactConsent.given_at, loan_id, limit))).all()


async def consents_in_force(session: Work, loan_id: UUID, today: date) -> Sequence[ContactConsent]:
    """Return the consents entered on a loan, or on another loan of its borrower, that hold today or later; newest first."""
    statement = _entered_for_borrower(ContactConsent, loan_id).where(
        col(ContactConsent.withdrawn_at).is_(None),
        col(ContactConsent.ends_on).is_(None) | (col(ContactConsent.ends_on) >= today),
    )
    return (await session.exec(statement.order_by(col(ContactConsent.given_at).desc()))).all()


async def others_of(session: Work, loan_id: UUID, *, limit: int) -> Sequence[OtherContact]:
    """Return the contacts that were entered on a loan and were no calls, newest first."""
    return (await session.exec(_newest(OtherContact, OtherContact.contacted_at, loan_id, limit))).all()


async def decisions_of(session: Work, loan_id: UUID, *, limit: int) -> Sequence[ContactDecision]:
    """Return what rules decided on a loan, newest first."""
    return (await session.exec(_newest(ContactDecision, ContactDecision.at, loan_id, limit))).all()


async def allowed_at(session: Work, loan_id: UUID, at: datetime, *, lasts: timedelta) -> Sequence[ContactDecision]:
    """Return the times that managers have allowed on a loan and the other loans of its borrower, of which that instant is one."""
    statement = _entered_for_borrower(ContactDecision, loan_id).where(
        ContactDecision.kind == "overridden",
        col(ContactDecision.moved_to) <= at,
        col(ContactDecision.moved_to) > at - lasts,
    )
    return (await session.exec(statement)).all()


async def decisions_since(session: Work, loan_id: UUID, since: datetime) -> Sequence[ContactDecision]:
    """Return what rules decided on a loan and on the other loans of its borrower, from `since` on."""
    statement = _entered_for_borrower(ContactDecision, loan_id)
    return (await session.exec(statement.where(col(ContactDecision.at) > since))).all()


async def marks(session: Work, workspace_id: UUID) -> dict[str, bool]:
    """Return whether a loan of the workspace has packs of its own (`loans`), and whether one has a state (`states`)."""
    loans = _select(ContactChoice.id).where(
        ContactChoice.workspace_id == workspace_id,
        col(ContactChoice.loan_id).is_not(None),
        col(ContactChoice.undone_at).is_(None),
    )
    states = (
        _select(ContactState.id)
        .join(Loan, col(Loan.id) == col(ContactState.loan_id))
        .where(ContactState.workspace_id == workspace_id, col(ContactState.undone_at).is_(None))
    )
    found = (await session.execute(_select(loans.exists(), states.exists()))).one()
    return {"loans": bool(found[0]), "states": bool(found[1])}


def _entered_for_borrower(table: type[R], loan_id: UUID) -> SelectOfScalar[R]:
    """Select what was entered on a loan, or on another loan of its borrower, and not undone."""
    row: Any = table
    joined = sqlmodel_select(table).join(_ALSO, col(_ALSO.id) == col(row.loan_id))
    asked = joined.join(_ASKED, col(_ASKED.borrower_id) == col(_ALSO.borrower_id))
    return asked.where(col(_ASKED.id) == loan_id, col(row.undone_at).is_(None))


def _newest(table: type[R], at: Any, loan_id: UUID, limit: int) -> SelectOfScalar[R]:
    """Select what was entered on a loan and not undone, the newest first by the column `at`."""
    row: Any = table
    statement = sqlmodel_select(table).where(row.loan_id == loan_id, col(row.undone_at).is_(None))
    return statement.order_by(col(at).desc()).limit(limit)


async def overridden_on(session: Work, loan_ids: Collection[UUID], since: datetime) -> list[ContactDecision]:
    """Return what managers allowed on these loans against contact rules, from `since` on, newest first."""
    if not loan_ids:
        return []
    statement = sqlmodel_select(ContactDecision).where(
        col(ContactDecision.loan_id).in_(loan_ids), ContactDecision.kind == "overridden", ContactDecision.at >= since
    )
    return list((await session.exec(statement.order_by(col(ContactDecision.at).desc()))).all())

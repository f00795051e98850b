"""The events of a loan's history about contact: states, consents, and what contact rules decided."""

from desk.core import unreadable
from desk.core.transaction import Desk
from desk.follow_ups import contact_choices
from desk.loans.events import Event
from desk.loans.parties import Party, named
from desk.loans.views import slack_ids
from storage.queries.follow_ups import contacts
from storage.queries.loans import related
from storage.tables import ContactDecision, ContactState, Loan, OtherContact


async def contact_events(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    """Return the events about contact with the borrower of a loan, newest first of each kind."""
    others = await _others(desk, loan, limit=limit)
    if not contact_choices.may_have_any(desk):
        return others
    states = await contacts.state_events(desk.session, loan.id, limit=limit)
    consents = await contacts.consents_of(desk.session, loan.id, limit=limit)
    decisions = await contacts.decisions_of(desk.session, loan.id, limit=limit)
    people = {each for row in states for each in (row.by_id, row.ended_by_id)}
    people |= {each for row in consents for each in (row.by_id, row.withdrawn_by_id)}
    names = await slack_ids(desk, people | {row.by_id for row in decisions})
    events: list[Event] = [*others]
    for row in states:
        note = unreadable.read(desk, ContactState.note_cipher, row)
        entered = Event(
            row.id, "contact", row.at, names.get(row.by_id), row.code, note, state="entered", until=row.until_on
        )
        events.append(entered)
        if row.ended_at is not None:
            events.append(Event(row.id, "contact", row.ended_at, names.get(row.ended_by_id), row.code, state="ended"))
    for row in consents:
        events.append(Event(row.id, "contact", row.given_at, names.get(row.by_id), row.kind, state="consent"))
        if row.withdrawn_at is not None:
            who = names.get(row.withdrawn_by_id)
            events.append(Event(row.id, "contact", row.withdrawn_at, who, row.kind, state="withdrawn"))
    for row in decisions:
        reason = unreadable.read(desk, ContactDecision.reason_cipher, row)
        who = names.get(row.by_id)
        decided = Event(row.id, "contact", row.at, who, row.rules, reason, state=row.kind, when=row.moved_to)
        events.append(decided)
    return events


async def _others(desk: Desk, loan: Loan, *, limit: int) -> list[Event]:
    rows = await contacts.others_of(desk.session, loan.id, limit=limit)
    names = await slack_ids(desk, (row.by_id for row in rows))
    people = await related.people_by_ids(desk.session, {row.person_id for row in rows if row.person_id is not None})
    return [
        Event(
            row.id,
            "contact",
            row.contacted_at,
            names.get(row.by_id),
            row.channel,
            unreadable.read(desk, OtherContact.note_cipher, row),
            state="inbound" if row.inbound else "outbound",
            party=named(desk, Party(row.role, people.get(row.person_id) if row.person_id else None))
            if row.role
            else None,
        )
        for row in rows
    ]

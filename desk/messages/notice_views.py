"""The present content of a message about follow-ups: which wait, and what happened to the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.dialling import Dialling, dialling_of
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, PurposeKind
from desk.follow_ups import chasing
from desk.follow_ups.chasing import Paper
from desk.follow_ups.contact_views import ContactView, contact_views
from desk.follow_ups.lifecycle import acts_on
from desk.follow_ups.promises import Promise, promises_of
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_view
from desk.messages import kinds
from desk.messages.reminders import held_until, is_snoozed, may_be_held
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, managers_for_each, stand_ins_for
from desk.rules.reminders import SnoozeOption, snooze_options
from storage.queries.core import acts
from storage.queries.loans import loans
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Assignment, AuditEntry, Call, FollowUp, Loan, Member, Notice

ChangeKind = Literal["done", "cancelled", "ended", "undone", "moved", "snoozed", "handed_over", "passed_on", "changed"]


_CLOSED: dict[str, ChangeKind] = {"done": "done", "cancelled": "cancelled", "ended": "ended", "undone": "undone"}


@dataclass(frozen=True, slots=True)
class LastCall:
    """The last call on a loan."""

    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FollowUpChange:
    """What happened to a follow-up since it was announced. `who` is a name, None for the desk; `until` ends a snooze.

    `passed_on`: cover began or ended, so `who` is reminded instead.
    """

    kind: ChangeKind
    who: str | None
    at: datetime | None
    outcome: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A follow-up in a message; without a `change` it waits. `assignee` is a name: only the member who must act is
    mentioned.

    `asks_for` are the documents that a call asks for, `promise` is what was promised before it. `may_hand_over`: the reader
    does not act for an absent assignee. `snoozed`: it waits for the end of a snooze. `held_until`: who acts is on it, and the
    managers hear only then; `may_be_held`: they may say so; `holds`: how often they have.
    """

    loan: LoanView
    follow_up: FollowUpView
    assignee: str
    kind: PurposeKind
    last_call: LastCall | None
    change: FollowUpChange | None
    asks_for: tuple[Paper, ...] = ()
    promise: Promise | None = None
    may_hand_over: bool = True
    snoozed: bool = False
    held_until: datetime | None = None
    may_be_held: bool = False
    holds: int = 0
    contact: ContactView | None = None
    """Whether the borrower may be called now, where more than the workspace's hours says so."""


@dataclass(frozen=True, slots=True)
class FollowUpNotice:
    """A message about follow-ups. `reader` is the Slack id of the member who must act and `reader_id` their id, None for a
    channel; `covers_for` are the names of absent members for whom they act. `notice_id` is the message's."""

    reader: str | None
    items: tuple[Item, ...]
    snoozes: tuple[SnoozeOption, ...]
    covers_for: tuple[str, ...]
    about_name: str = field(default="", repr=False)
    reader_id: UUID | None = None
    notice_id: UUID | None = None
    dialling: Dialling = ""
    """What **Call** does for the reader."""

    @property
    def waiting(self) -> tuple[Item, ...]:
        """Return the follow-ups that no one has acted on."""
        return tuple(item for item in self.items if item.change is None)


@dataclass(frozen=True, slots=True)
class _ReadTogether:
    """What several messages show: follow-ups by the notice's id, and the last calls on their loans."""

    items: Mapping[UUID, Sequence[FollowUp]]
    calls: Mapping[UUID, Call]


async def read_together(desk: Desk, about: Collection[Notice]) -> _ReadTogether:
    """Read in one go what the messages of these notices show; rendering each then asks the database for little more."""
    items = await notices.items_of(desk.session, [notice.id for notice in about])
    rows = [row for shown in items.values() for row in shown]
    loan_rows = await loans.by_ids(desk.session, {row.loan_id for row in rows})
    await loans.borrowers_by_ids(desk.session, {loan.borrower_id for loan in loan_rows.values()})
    people = {notice.to_id for notice in about} | {notice.about_member_id for notice in about}
    people |= {row.assignee_id for row in rows} | {loan.owner_id for loan in loan_rows.values()}
    await members.by_ids(desk.session, filter(None, people))
    calls = await acts.last_calls(desk.session, loan_rows) if loan_rows else {}
    together = desk.cache[_ReadTogether] = _ReadTogether(items, calls)
    return together


async def follow_up_notice(desk: Desk, notice: Notice) -> FollowUpNotice:
    """Return the present content of a reminder, a bundle, an assignment or an escalation."""
    known: _ReadTogether | None = desk.cache.get(_ReadTogether)
    together = known if known and notice.id in known.items else await read_together(desk, [notice])
    rows = together.items[notice.id]
    people = await members.by_ids(desk.session, {*filter(None, [notice.to_id, notice.about_member_id])})
    reader = people.get(notice.to_id) if notice.to_id else None
    about = people.get(notice.about_member_id) if notice.about_member_id else None
    items = await _items(desk, notice, rows, together.calls)
    return FollowUpNotice(
        reader=reader.slack_user_id if reader else None,
        items=items,
        snoozes=snooze_options(desk.now, hours_of(desk, reader), await calendar_of(desk)) if reader else (),
        covers_for=_covered_by(reader, items),
        about_name=about.name if about else "",
        reader_id=reader.id if reader else None,
        notice_id=notice.id,
        dialling=dialling_of(desk, reader),
    )


async def waiting_on(desk: Desk, notice_id: UUID) -> tuple[UUID, ...] | None:
    """Return the follow-ups of a message that no one has acted on, or None if the desk no longer knows the message."""
    notice = await desk.session.get(Notice, notice_id)
    if notice is None or notice.workspace_id != desk.workspace.id:
        return None
    return tuple(item.follow_up.id for item in (await follow_up_notice(desk, notice)).waiting)


async def _items(desk: Desk, notice: Notice, rows: Sequence[FollowUp], calls: Mapping[UUID, Call]) -> tuple[Item, ...]:
    loan_ids = {row.loan_id for row in rows}
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    stand_ins = await stand_ins_for(desk, assignees.values())
    acting = {
        row.id: stand_ins.acting(assignees[row.assignee_id], acts_on(desk, row, assignees[row.assignee_id]))
        for row in rows
    }
    changed = [row for row in rows if row.state != "open" or not _still_waits(notice, row, acting[row.id])]
    changes = await _changes(desk, notice, changed, acting)
    stood_in_for = [assignees[row.assignee_id] for row in rows if acting[row.id].id != row.assignee_id]
    managers = await managers_for_each(desk, stood_in_for) if stood_in_for and notice.to_id is None else {}
    about_documents = [row.id for row in rows if row.purpose == chasing.PURPOSE and row.state == "open"]
    papers = await chasing.papers_by_call(desk, loan_ids, about_documents)
    promises = await promises_of(desk, rows)
    contact = await contact_views(desk, [await desk.session.get_one(Loan, loan_id) for loan_id in loan_ids])
    found: list[Item] = []
    for row in rows:
        loan = await desk.session.get_one(Loan, row.loan_id)
        assignee = assignees[row.assignee_id]
        found.append(
            Item(
                loan=await loan_view(desk, loan),
                follow_up=follow_up_view(desk, loan, row, assignee),
                assignee=assignee.name,
                kind=VOCABULARY.purpose(row.purpose).kind,
                last_call=LastCall(call.outcome, call.at) if (call := calls.get(loan.id)) else None,
                change=changes.get(row.id),
                asks_for=papers.get(row.id, ()),
                promise=promises.get(row.id),
                snoozed=is_snoozed(row),
                held_until=held_until(row),
                may_be_held=may_be_held(row),
                holds=row.holds,
                contact=contact.get(loan.id),
                may_hand_over=_may_hand_over(notice, assignee, acting[row.id], managers.get(assignee.id, ())),
            )
        )
    return tuple(found)


async def _changes(
    desk: Desk, notice: Notice, rows: Sequence[FollowUp], acting: Mapping[UUID, Member]
) -> dict[UUID, FollowUpChange]:
    """Return what happened to these follow-ups, none of which waits; most messages show none of them."""
    if not rows:
        return {}
    loan_ids, ids = {row.loan_id for row in rows}, [row.id for row in rows]
    entries = await acts.last_entries(desk.session, loan_ids, ids)
    answers = await acts.last_answers(desk.session, ids)
    handed = await acts.last_assignments(desk.session, loan_ids, ids)
    found: dict[UUID, FollowUpChange] = {}
    for row in rows:
        act, actor, at = _last_act(row, entries.get(row.id), handed.get(row.id))
        actor_id = row.closed_by_id if row.state != "open" else actor
        who = await desk.session.get_one(Member, actor_id) if actor_id else None
        found[row.id] = _change(
            notice,
            row,
            acting=acting[row.id],
            act=act,
            who=who.name if who else None,
            at=row.closed_at if row.state != "open" else at,
            answer=answers.get(row.id),
        )
    return found


def _may_hand_over(notice: Notice, assignee: Member, acting: Member, managers: Sequence[Member]) -> bool:
    """Return whether to offer the reader to hand a call to the manager: not to who acts for the absent assignee already."""
    if acting.id == assignee.id:
        return True
    return notice.to_id is None and acting.id not in {m.id for m in managers}


def _last_act(
    row: FollowUp, entry: AuditEntry | None, hand: Assignment | None
) -> tuple[str, UUID | None, datetime | None]:
    """Return what was last done about a follow-up, by whom and when; a handover counts until the next assignee."""
    if hand is not None and hand.to_id == row.assignee_id and (entry is None or entry.at <= hand.at):
        return "hand_over", hand.by_id, hand.at
    if entry is None or entry.act == "hand_over":
        return "", None, None
    return entry.act, entry.actor_id, entry.at


def _covered_by(reader: Member | None, items: Sequence[Item]) -> tuple[str, ...]:
    if reader is None:
        return ()
    waiting = [item for item in items if item.change is None]
    return tuple(sorted({i.assignee for i in waiting if i.follow_up.assignee != reader.slack_user_id}))


def _change(
    notice: Notice,
    row: FollowUp,
    *,
    acting: Member,
    act: str,
    who: str | None,
    at: datetime | None,
    answer: Call | None,
) -> FollowUpChange:
    outcome = answer.outcome if answer is not None and answer.at == at else None
    if row.state != "open":
        return FollowUpChange(kind=_CLOSED[row.state], who=who, at=at, outcome=outcome)
    if row.snoozed_until is not None and act == "snooze":
        return FollowUpChange(kind="snoozed", who=who, at=at, until=row.snoozed_until)
    if act == "hand_over":
        return FollowUpChange(kind="handed_over", who=who, at=at)
    if notice.to_id not in (None, acting.id):
        return FollowUpChange(kind="passed_on", who=acting.name, at=None)
    if outcome is not None or act in ("move", "call"):
        return FollowUpChange(kind="moved", who=who, at=at, outcome=outcome)
    return FollowUpChange(kind="changed", who=who, at=at)


def _still_waits(notice: Notice, row: FollowUp, acting: Member) -> bool:
    if notice.kind in (kinds.REMINDER.name, kinds.REMINDER_BUNDLE.name) and notice.to_id != acting.id:
        return False
    match notice.kind:
        case kinds.REMINDER.name:
            announced = row.announced_for.isoformat() if row.announced_for else None
            return row.remind_at is None and announced == notice.facts.get("for")
        case kinds.REMINDER_BUNDLE.name:
            return row.remind_at is None and row.announced_for is not None
        case kinds.ASSIGNED.name:
            return str(row.assignee_id) == notice.facts["assignee"]
        case _:
            return row.announced_for is not None and row.remind_at is None

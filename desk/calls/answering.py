"""Which follow-up does a call answer? (COMMANDS §3)"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY, Outcome
from desk.follow_ups.locking import follow_up_name, require_open
from desk.people.members import may_act, require_may_act, stand_ins_for, today_of, zone_of
from storage.queries.people import members
from storage.tables import FollowUp, Loan


@dataclass(frozen=True, slots=True)
class Said:
    """What was said behind the outcome, as plain values.

    `purpose` is the code of a purpose word, `note` what follows it. Where the word may as well begin the note (`plan to
    sell the car`), `whole` is the note with it; None says that it is the purpose for certain.
    """

    purpose: str | None = None
    note: str = field(default="", repr=False)
    whole: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answering:
    """What a call answers. `others` are further open follow-ups that it could answer, most urgent first.

    `purpose` is the one that was named; `missing` says that no such follow-up is open.
    """

    answered: FollowUp | None = field(repr=False)
    others: tuple[FollowUp, ...] = field(repr=False)
    purpose: str | None
    note: str = field(repr=False)
    missing: bool = False


async def what_it_answers(
    desk: Desk,
    loan: Loan,
    open_ones: Sequence[FollowUp],
    outcome: Outcome,
    said: Said,
    numbered: FollowUp | None,
) -> Answering:
    """The follow-up whose number or purpose was named; else the most urgent that is due by the end of today, that the
    caller may press and, if it is a verification, is theirs.

    Raises Conflict (`follow_up_closed`), NotAllowed (`others_may_act`), Invalid (`outcome_answers_other`,
    `number_and_purpose_differ`).
    """
    purpose, note = _read(said, open_ones, numbered)
    if numbered is not None:
        await require_open(desk, loan, numbered)
        await require_may_act(desk, "answer_follow_up", numbered, loan)
        if purpose is not None and purpose != numbered.purpose:
            raise Invalid(
                "number_and_purpose_differ", given=follow_up_name(loan, numbered), purpose=purpose, its=numbered.purpose
            )
    if numbered is not None or purpose is not None:
        _require_fit(outcome, numbered.purpose if numbered is not None else purpose or "")
    mine, pressable = await _reach(desk, loan, open_ones)
    fitting = [f for f in open_ones if f.id in pressable and fits(outcome, f.purpose)]
    answered = numbered
    if answered is None and purpose is not None:
        answered = await _of_purpose(desk, loan, [f for f in open_ones if f.purpose == purpose], mine, pressable)
    elif answered is None:
        answered = _mine_first([f for f in fitting if _is_due(desk, f) and _is_default(f, mine)], mine)
    return Answering(
        answered=answered,
        others=tuple(f for f in fitting if f is not answered),
        purpose=purpose,
        note=note,
        missing=purpose is not None and answered is None,
    )


def fits(outcome: Outcome, purpose: str) -> bool:
    """Whether a call that ended so can answer a follow-up of that purpose."""
    return outcome.can_answer(VOCABULARY.purpose(purpose).kind)


async def _answerable(desk: Desk, loan: Loan, rows: Sequence[FollowUp]) -> set[UUID]:
    """Return the ids of those follow-ups of the loan that the acting member may answer."""
    allowed: dict[UUID, bool] = {}
    for row in rows:
        if row.assignee_id not in allowed:
            allowed[row.assignee_id] = await may_act(desk, "answer_follow_up", row, loan)
    return {row.id for row in rows if allowed[row.assignee_id]}


def _read(said: Said, open_ones: Sequence[FollowUp], numbered: FollowUp | None) -> tuple[str | None, str]:
    """The purpose and the note: a purpose word with words behind it is the purpose only where such a one is open."""
    if said.purpose is None or said.whole is None:
        return said.purpose, said.note
    meant = [numbered] if numbered is not None else open_ones
    if any(f.purpose == said.purpose for f in meant):
        return said.purpose, said.note
    return None, said.whole


def _require_fit(outcome: Outcome, purpose: str) -> None:
    if not fits(outcome, purpose):
        raise Invalid("outcome_answers_other", outcome=outcome.code, purpose=purpose, answers=outcome.answers)


async def _reach(desk: Desk, loan: Loan, rows: Sequence[FollowUp]) -> tuple[set[UUID], set[UUID]]:
    """The follow-ups that are the caller's own (as assignee, or as whoever acts for them today), and those that they
    may press."""
    people = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    stand_ins = await stand_ins_for(desk, people.values())
    own = {p.id for p in people.values() if stand_ins.acting(p, today_of(desk, p)).id == desk.member.id}
    own.add(desk.member.id)
    return {row.id for row in rows if row.assignee_id in own}, await _answerable(desk, loan, rows)


async def _of_purpose(
    desk: Desk, loan: Loan, named: Sequence[FollowUp], mine: set[UUID], pressable: set[UUID]
) -> FollowUp | None:
    found = _mine_first([f for f in named if f.id in pressable], mine)
    if found is None and named:
        await require_may_act(desk, "answer_follow_up", named[0], loan)
    return found


def _mine_first(rows: Sequence[FollowUp], mine: set[UUID]) -> FollowUp | None:
    return min(rows, key=lambda f: (f.id not in mine, f.overdue_at, f.number), default=None)


def _is_default(follow_up: FollowUp, mine: set[UUID]) -> bool:
    """Somebody else's verification is answered only when it is named."""
    return follow_up.id in mine or VOCABULARY.purpose(follow_up.purpose).kind != "verification"


def _is_due(desk: Desk, follow_up: FollowUp) -> bool:
    """Due by the end of the caller's today."""
    on = follow_up.due_at.astimezone(zone_of(desk.member)).date() if follow_up.due_at else follow_up.due_on
    return on <= today_of(desk, desk.member)

"""Find the follow-up that a call answers (COMMANDS §3)."""

from collections.abc import Sequence
from dataclasses import field
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.values import Amount
from desk.core.vocabulary import VOCABULARY, Outcome
from desk.follow_ups.contact_gate import Route
from desk.follow_ups.locking import follow_up_name, require_open
from desk.people.members import stand_ins_for, today_of, zone_of
from desk.people.relations import may_act, require_may_act
from storage.queries.people import members
from storage.tables import FollowUp, Loan


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What was typed after the outcome: an amount of money, the code of a purpose, and the note that follows it.

    If the purpose word may also begin the note (`plan to sell the car`), `full_note` is the note with that word. With
    `amount_in_note` the note says how much was paid, perhaps not exactly (`about 3000`). `party` is whom the call reached
    instead of the borrower: the id of a person around the loan, or a role.
    """

    purpose: str | None = None
    note: str = field(default="", repr=False)
    full_note: str | None = field(default=None, repr=False)
    amount: Amount | None = field(default=None, repr=False)
    amount_in_note: bool = False
    party: str = ""
    route: Route = ""
    """That the borrower called, or at which place they were called."""

    @property
    def in_full(self) -> str:
        """Return the note with a purpose word that may be its beginning."""
        return self.note if self.full_note is None else self.full_note


@dataclass(frozen=True, slots=True)
class FollowUpMatch:
    """The follow-up that a call answers. `others` are further open ones that it could answer, most urgent first.

    `purpose` is the purpose that was named; `missing` says that no follow-up of that purpose is open.
    """

    answered: FollowUp | None = field(repr=False)
    others: tuple[FollowUp, ...] = field(repr=False)
    purpose: str | None
    note: str = field(repr=False)
    missing: bool = False


async def match_follow_up(
    desk: Desk,
    loan: Loan,
    open_rows: Sequence[FollowUp],
    outcome: Outcome,
    details: CallDetails,
    numbered: FollowUp | None,
) -> FollowUpMatch:
    """Return the follow-up whose number or purpose was named; or else the most urgent one due by the end of today that
    the caller may answer, other people's verifications excepted.

    A failed check is never left to chance: it is the one that was named, or the only one that the caller has open.

    Raises Conflict (`follow_up_closed`), NotAllowed (`others_may_act`), Invalid (`outcome_answers_other`,
    `number_and_purpose_differ`, `no_check_open`, `check_not_named`).
    """
    purpose, note = _read(details, open_rows, numbered)
    if numbered is not None:
        await require_open(desk, loan, numbered)
        await require_may_act(desk, "answer_follow_up", numbered, loan)
        if purpose is not None and purpose != numbered.purpose:
            raise Invalid(
                "number_and_purpose_differ", given=follow_up_name(loan, numbered), purpose=purpose, its=numbered.purpose
            )
    if numbered is not None or purpose is not None:
        require_fit(outcome, numbered.purpose if numbered is not None else purpose or "")
    mine = await _own(desk, open_rows)
    answerable = await _answerable(desk, loan, open_rows)
    fitting = [f for f in open_rows if f.id in answerable and _fits(outcome, f.purpose)]
    answered = numbered
    if answered is None and purpose is not None:
        of_purpose = [f for f in open_rows if f.purpose == purpose]
        answered = _mine_first([f for f in of_purpose if f.id in answerable], mine)
        if answered is None and of_purpose:
            await require_may_act(desk, "answer_follow_up", of_purpose[0], loan)
    elif answered is None:
        answered = _mine_first([f for f in fitting if _is_due(desk, f) and _is_default(f, mine)], mine)
    if outcome.result == "failed":
        if numbered is None and purpose is None:
            answered = _only_check(loan, open_rows, [f for f in fitting if f.id in mine])
        if answered is None:
            raise Invalid("no_check_open", loan=loan.number, outcome=outcome.code, purpose=purpose)
        fitting = []  # each check fails for its own reason, in a call of its own
    return FollowUpMatch(
        answered=answered,
        others=tuple(f for f in fitting if f is not answered),
        purpose=purpose,
        note=note,
        missing=purpose is not None and answered is None,
    )


def require_fit(outcome: Outcome, purpose: str) -> None:
    """Raise Invalid (`outcome_answers_other`) if a call with this outcome cannot answer a follow-up of this purpose."""
    if not _fits(outcome, purpose):
        raise Invalid("outcome_answers_other", outcome=outcome.code, purpose=purpose, answers=outcome.answers)


def require_why(loan: Loan, outcome: Outcome, match: FollowUpMatch, *, compared: bool) -> None:
    """Raise Invalid (`check_why_missing`) if a call says that a check failed and not why, unless its items were `compared`."""
    if outcome.result == "failed" and not compared and match.answered is not None and not match.note.strip():
        name = follow_up_name(loan, match.answered)
        raise Invalid("check_why_missing", loan=loan.number, given=name, purpose=match.answered.purpose)


def _only_check(loan: Loan, open_rows: Sequence[FollowUp], mine: Sequence[FollowUp]) -> FollowUp | None:
    """Return the one check that the caller has open, or None if none is open on the loan."""
    checks = [f for f in open_rows if VOCABULARY.purpose(f.purpose).check]
    if not checks or len(mine) == 1:
        return mine[0] if checks else None
    names = [(follow_up_name(loan, f), f.purpose) for f in mine or checks]
    raise Invalid("check_not_named", loan=loan.number, checks=tuple(names))


async def _answerable(desk: Desk, loan: Loan, rows: Sequence[FollowUp]) -> set[UUID]:
    """Return the ids of those that the caller may answer."""
    allowed: dict[UUID, bool] = {}
    for row in rows:
        if row.assignee_id not in allowed:
            allowed[row.assignee_id] = await may_act(desk, "answer_follow_up", row, loan)
    return {row.id for row in rows if allowed[row.assignee_id]}


def _read(details: CallDetails, open_rows: Sequence[FollowUp], numbered: FollowUp | None) -> tuple[str | None, str]:
    """Return purpose and note. An unclear purpose word counts as the purpose only if such a follow-up is open."""
    if details.purpose is None or details.full_note is None:
        return details.purpose, details.note
    meant = [numbered] if numbered is not None else open_rows
    if any(f.purpose == details.purpose for f in meant):
        return details.purpose, details.note
    return None, details.full_note


async def _own(desk: Desk, rows: Sequence[FollowUp]) -> set[UUID]:
    """Return the ids of those assigned to the caller, or to a member for whom the caller acts today."""
    people = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    stand_ins = await stand_ins_for(desk, people.values())
    own = {p.id for p in people.values() if stand_ins.acting(p, today_of(desk, p)).id == desk.member.id}
    return {row.id for row in rows if row.assignee_id in own | {desk.member.id}}


def _mine_first(rows: Sequence[FollowUp], mine: set[UUID]) -> FollowUp | None:
    return min(rows, key=lambda f: (f.id not in mine, f.late_at, f.number), default=None)


def _is_default(follow_up: FollowUp, mine: set[UUID]) -> bool:
    """Another member's verification is answered only when it is named."""
    return follow_up.id in mine or VOCABULARY.purpose(follow_up.purpose).kind != "verification"


def _is_due(desk: Desk, follow_up: FollowUp) -> bool:
    """Whether it is due by the end of the caller's day."""
    on = follow_up.due_at.astimezone(zone_of(desk, desk.member)).date() if follow_up.due_at else follow_up.due_on
    return on <= today_of(desk, desk.member)


def _fits(outcome: Outcome, purpose: str) -> bool:
    return outcome.can_answer(VOCABULARY.purpose(purpose))

"""Why a loan, and all that hangs on it, may not be deleted today: everything that deletes one asks here."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import contact_choices
from desk.rules.contact_packs import PACKS, Keep, Pack
from desk.rules.months import months_after
from desk.rules.retention import KINDS, RecordKind, complaint_rules, keep_rules, wanted_months
from desk.rules.working_time import local_date
from storage.queries.core.rows import by_ids
from storage.queries.loans import keeping
from storage.queries.loans.keeping import Facts
from storage.tables import Loan

Why = Literal["hold", "dispute", "escalation", "planned", "live", "rule", "policy"]

DUTIES: frozenset[Why] = frozenset({"hold", "dispute", "escalation", "planned", "live", "rule"})
"""What also keeps a loan whose borrower asks for its erasure; a policy is the lender's own choice."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One reason why a loan is kept. `source` is the id of the hold, the stage, the rule of a pack or the kind of record; `until`
    is the last day of it, None where it ends by an act. `says` is the law or source in words, where there is one."""

    why: Why
    source: str
    until: date | None = None
    says: str = ""

    @property
    def is_duty(self) -> bool:
        """Return whether it binds although the borrower asks for erasure."""
        return self.why in DUTIES


@dataclass(frozen=True, slots=True)
class Known:
    """A loan, what bears on whether it may be deleted, and the packs that bind it."""

    loan: Loan
    facts: Facts
    packs: Sequence[Pack]


async def kept_because(desk: Desk, loan_ids: Collection[UUID]) -> Mapping[UUID, tuple[Kept, ...]]:
    """Return by loan why it may not be deleted today, what binds most first; nothing where it may be. Unknown ids are left out.

    A hold on one loan keeps all loans of its borrower.
    """
    chosen = await chosen_months(desk)
    found = await known_of(desk, loan_ids)
    return {loan_id: reasons(desk, known.loan, known.facts, known.packs, chosen) for loan_id, known in found.items()}


async def known_of(desk: Desk, loan_ids: Collection[UUID]) -> Mapping[UUID, Known]:
    """Return by loan what decides how long it and its records are kept. Unknown ids are left out."""
    rows = await by_ids(desk.session, Loan, loan_ids)
    facts = await keeping.facts_of(desk.session, list(rows), desk.workspace_today)
    return {
        loan_id: Known(loan, facts[loan_id], await packs_of(desk, loan, facts[loan_id]))
        for loan_id, loan in rows.items()
        if loan.workspace_id == desk.workspace.id
    }


async def chosen_months(desk: Desk) -> Mapping[str, int | None]:
    """Return the months that the workspace chose, by kind of record."""
    return {kind: row.months for kind, row in (await keeping.policies(desk.session, desk.workspace.id)).items()}


def record_kept_by(desk: Desk, kind: RecordKind, at: datetime, known: Known, chosen: int | None) -> str | None:
    """Return what keeps a record of a loan by itself: a hold, a dispute, an escalation, the id of a rule of the loan's packs, or
    the code of its kind while its period is not over. None: its time is over."""
    facts, today, day = known.facts, desk.workspace_today, day_of(desk, at)
    for code, is_so in (("hold", facts.holds), ("dispute", facts.dispute_is_open), ("escalation", facts.is_escalated)):
        if is_so:
            return code
    ended_on = day_of(desk, known.loan.stage_since) if VOCABULARY.stage(known.loan.stage).ended else None
    for rule in _rules(kind, known.packs, today):
        if rule.what == "complaints" and facts.disputed_at is None:
            continue
        begins = _record_begins(desk, rule, facts, day, ended_on)
        if begins is None or months_after(begins, rule.years * 12) > today:
            return rule.id
    months = wanted_months(kind, chosen, known.packs, today)
    return kind.code if months is None or months_after(day, months) > today else None


def _record_begins(desk: Desk, rule: Keep, facts: Facts, day: date, ended_on: date | None) -> date | None:
    """Return the day from which a rule counts for a record of this day; None: it does not count yet."""
    if rule.what == "complaints" and facts.disputed_at is not None:
        return day_of(desk, facts.disputed_at)
    if rule.since == "closed":
        return ended_on
    last = [day_of(desk, at) for at in (facts.called_at, facts.acted_at) if at is not None]
    return max([day, *last]) if rule.since == "last_activity" else day


def reasons(
    desk: Desk, loan: Loan, facts: Facts, packs: Sequence[Pack], chosen: Mapping[str, int | None]
) -> tuple[Kept, ...]:
    """Return why a loan is kept, given what is known of it, its packs and the months that the workspace chose by kind."""
    held = [Kept("hold", str(hold.id), hold.until_on) for hold in facts.holds]
    held += [Kept("dispute", "dispute")] if facts.dispute_is_open else []
    held += [Kept("escalation", "escalation")] if facts.is_escalated else []
    held += [Kept("planned", "planned")] if facts.has_plans else []
    kind = kind_of(loan, facts)
    if kind is None:
        return (*held, Kept("live", loan.stage))
    today = desk.workspace_today
    ended_on = day_of(desk, loan.stage_since)
    rules = [
        Kept("rule", rule.id, months_after(begins, rule.years * 12), rule.source)
        for rule in _rules(kind, packs, today)
        if (begins := _begins(desk, rule, facts, ended_on)) is not None
    ]
    months = wanted_months(kind, chosen.get(kind.code), packs, today)
    own = [Kept("policy", kind.code, months_after(ended_on, months), kind.source_en)] if months is not None else []
    return (*held, *(each for each in (*rules, *own) if each.until is not None and each.until > today))


def kind_of(loan: Loan, facts: Facts) -> RecordKind | None:
    """Return which kind of record a loan is, None while it lives."""
    if not VOCABULARY.stage(loan.stage).ended:
        return None
    if loan.stage not in ("declined", "withdrawn"):
        return KINDS["ended_loan"]
    came_to_nothing = loan.stage == "withdrawn" and loan.minted and not facts.applied
    return KINDS["inquiry" if came_to_nothing else "application"]


async def packs_of(desk: Desk, loan: Loan, facts: Facts) -> Sequence[Pack]:
    """Return the packs of contact rules that bind a loan: its own, or those of its owner's team or the workspace."""
    if facts.packs is not None:
        return contact_choices.own_choice(facts.packs, "own", {}).rows
    return (await contact_choices.chosen_for(desk, loan)).rows


def packs_of_workspace(desk: Desk) -> Sequence[Pack]:
    """Return the packs that the workspace or one of its teams has chosen: of records that belong to no loan, they all speak."""
    kept = desk.workspace.contact_rules or {}
    found = [choice for value in kept.values() if (choice := contact_choices.read_choice(value)) is not None]
    return [PACKS[code] for code in dict.fromkeys(code for each in found for code in each.packs) if code in PACKS]


async def require_not_held(desk: Desk, loan_ids: Collection[UUID]) -> None:
    """Raise Conflict (`under_hold`) if one of these loans is under a legal hold: nothing of it is deleted."""
    held = await keeping.held_among(desk.session, loan_ids, desk.workspace_today)
    if held:
        rows = await by_ids(desk.session, Loan, held)
        raise Conflict("under_hold", loan=min(row.number for row in rows.values()))


def day_of(desk: Desk, instant: datetime) -> date:
    """Return the date of an instant in the workspace's time zone, by which periods count."""
    return local_date(instant, ZoneInfo(desk.workspace.zone))


def _rules(kind: RecordKind, packs: Sequence[Pack], today: date) -> list[Keep]:
    return [rule for rule in (*keep_rules(kind, packs, today), *complaint_rules(packs, today)) if rule.years]


def _begins(desk: Desk, rule: Keep, facts: Facts, ended_on: date) -> date | None:
    """Return the day from which a rule counts, None where nothing happened that it is about."""
    if rule.what == "complaints":
        return day_of(desk, facts.disputed_at) if facts.disputed_at is not None else None
    if rule.since == "closed":
        return ended_on
    last = [at for at in (facts.called_at, facts.acted_at) if at is not None]
    return day_of(desk, max(last)) if last else None

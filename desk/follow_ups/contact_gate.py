"""Ask the contact rules at the moment of dialling, and keep what a member did about their answer.

A rule that warns asks for a reason; one that refuses needs a manager's, except a bar that the borrower, a lawyer, a court or a
law of relief has set. A call that was made is a fact: logging it is never refused, but what it broke is kept.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from desk.core.changes import create
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import has_role_for, require_role
from desk.core.transaction import Desk
from desk.follow_ups import contact_choices
from desk.follow_ups.contact_allowances import is_allowed
from desk.follow_ups.contact_limits import limits_of, who_is
from desk.follow_ups.contact_views import ContactView, view_of
from desk.follow_ups.lifecycle import check_note
from desk.loans import lookup
from desk.rules.contact_facts import BORROWER, Channel
from desk.rules.contact_packs import Cap, Gap, Window
from desk.rules.contact_rules import Answer, Broken
from storage.engine.types import new_id
from storage.queries.follow_ups import contacts
from storage.queries.loans import related
from storage.tables import CallContact, ContactDecision, Loan, RelatedPerson

REASON_HOLDS = timedelta(hours=12)
"""How long a reason that was given for calling a borrower holds: for a day's work."""

_SETTLED = {"explained": ("warn",), "overridden": ("warn", "deny")}
"""Which effects of its rules a reason settles, by the kind of the decision."""

Route = Literal["", "inbound", "home", "work"]


@dataclass(frozen=True, slots=True)
class Held:
    """A number that is not shown yet, because contact rules speak against a call now. `may`: the reader can `explain` a warning
    or `override` a refusal with a reason, or do neither."""

    contact: ContactView
    may: Literal["explain", "override", "nothing"]
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CallCheck:
    """What contact rules say of a call: none is chosen or recorded for the loan (empty), all were `kept`, one `warned`, a manager
    `allowed` it, or it has `broken` those rules, for which no reason was given."""

    said: Literal["", "kept", "warned", "allowed", "broken"] = ""
    broken: tuple[Broken, ...] = ()


NO_RULES = CallCheck()
"""What is said of a call that no rule binds."""


async def held(desk: Desk, loan: Loan, person: RelatedPerson | None = None) -> Held | None:
    """Return why the number of the borrower, or of another person around the loan, is not shown now, and have the access log say
    so; None: it may be shown."""
    found = await _speaks_against(desk, loan, person)
    if found is not None:
        broken = found.contact.answer.broken
        effect = found.contact.answer.effect
        desk.audit("contact_held", loan_id=loan.id, rules=[each.rule.id for each in broken], effect=effect)
    return found


async def _speaks_against(desk: Desk, loan: Loan, person: RelatedPerson | None) -> Held | None:
    limits = await limits_of(desk, loan, others=person is not None)
    if limits is None:
        return None
    if person is None:
        answer = limits.answer(desk.now)
    else:
        them = str(person.id)
        answer = limits.answer(desk.now, person=them, number=them, who=who_is(person.role))
    if answer.effect is None or await _is_decided(desk, loan, answer.broken):
        return None
    return Held(view_of(desk, limits, answer), _may(desk, answer), person.id if person else None)


async def allow(desk: Desk, loan_id: UUID, reason: str, person_id: UUID | None = None) -> None:
    """Keep the reason for which the acting member calls although contact rules speak against it.

    Raises NotFound (`unknown_loan_pressed`), Invalid (`contact_reason_missing`, `note_too_long`), NotAllowed (`role_missing`),
    Conflict (`contact_fixed`).
    """
    require_role(desk, "explain_contact")
    loan = await lookup.lock_by_id(desk, loan_id)
    if not reason.strip():
        raise Invalid("contact_reason_missing")
    check_note(reason)
    person = await related.present(desk.session, person_id) if person_id is not None else None
    found = await _speaks_against(desk, loan, person)
    if found is None:
        return
    answer = found.contact.answer
    if answer.fixed:
        raise Conflict("contact_fixed", loan=loan.number)
    refused = answer.effect == "deny"
    require_role(desk, act := "override_contact" if refused else "explain_contact")
    kind = "overridden" if refused else "explained"
    _record(desk, loan, kind, answer.broken, reason=reason)
    desk.audit(act, loan_id=loan.id, rules=[each.rule.id for each in answer.broken])


async def check_call(desk: Desk, loan: Loan, *, began: datetime, person_id: UUID | None, role: str | None) -> CallCheck:
    """Return what the rules say of a call which was made and is about to be logged."""
    if not contact_choices.may_have_any(desk):
        return NO_RULES
    limits = await limits_of(desk, loan, others=role is not None)
    if limits is None:
        return NO_RULES
    them = str(person_id or role or BORROWER)
    answer = limits.answer(began, person=them, number=them, who=who_is(role))
    refusing = _refusing(answer)
    if not refusing:
        return CallCheck("kept" if answer.effect is None else "warned")
    return CallCheck("allowed") if await _is_decided(desk, loan, refusing) else CallCheck("broken", refusing)


async def check_other(
    desk: Desk, loan: Loan, *, at: datetime, channel: Channel, person_id: UUID | None, role: str | None
) -> tuple[Broken, ...]:
    """Return which rules a letter, text, e-mail or visit of the lender broke that is about to be entered, and for which no reason
    was given. Hours say nothing of a letter: when it arrived is not known."""
    limits = await limits_of(desk, loan, others=role is not None)
    if limits is None:
        return ()
    them = str(person_id or role or BORROWER)
    answer = limits.answer(at, person=them, number=them, who=who_is(role), channel=channel)
    refusing = tuple(each for each in _refusing(answer) if channel != "letter" or not isinstance(each.rule, Window))
    return () if not refusing or await _is_decided(desk, loan, refusing) else refusing


def _refusing(answer: Answer) -> tuple[Broken, ...]:
    return tuple(each for each in answer.broken if each.effect == "deny")


def record_broken(desk: Desk, loan: Loan, call_id: UUID, broken: tuple[Broken, ...]) -> None:
    """Keep which rules a logged call broke; its Undo takes that back."""
    if not broken:
        return
    _record(desk, loan, "broken", broken, call_id=call_id)
    desk.audit("contact_broken", loan_id=loan.id, call=str(call_id), rules=[each.rule.id for each in broken])


def record_broken_by_other(desk: Desk, loan: Loan, contact_id: UUID, broken: tuple[Broken, ...]) -> None:
    """Keep which rules a contact broke that was no call; its Undo takes that back."""
    if not broken:
        return
    _record(desk, loan, "broken", broken)
    desk.audit("contact_broken", loan_id=loan.id, subject_id=contact_id, rules=[each.rule.id for each in broken])


def record_route(desk: Desk, call_id: UUID, route: Route) -> None:
    """Keep that the borrower called, or where they were called."""
    if route == "inbound":
        create(desk, CallContact(id=new_id(), workspace_id=desk.workspace.id, call_id=call_id, inbound=True))
    elif route:
        create(desk, CallContact(id=new_id(), workspace_id=desk.workspace.id, call_id=call_id, place=route))


def _record(
    desk: Desk, loan: Loan, kind: str, broken: Iterable[Broken], *, reason: str = "", call_id: UUID | None = None
) -> None:
    row_id = new_id()
    create(
        desk,
        ContactDecision(
            id=row_id,
            workspace_id=desk.workspace.id,
            loan_id=loan.id,
            call_id=call_id,
            kind=kind,
            rules=" ".join(each.rule.id for each in broken),
            reason_cipher=desk.cipher.encrypt_optional(ContactDecision.reason_cipher, row_id, reason),
            by_id=desk.member.id,
            at=desk.now,
        ),
    )


def _may(desk: Desk, answer: Answer) -> Literal["explain", "override", "nothing"]:
    if answer.effect == "warn":
        return "explain" if has_role_for(desk.member, "explain_contact") else "nothing"
    return "override" if has_role_for(desk.member, "override_contact") and not answer.fixed else "nothing"


async def _is_decided(desk: Desk, loan: Loan, broken: Iterable[Broken]) -> bool:
    """Return whether a reason was given lately for each of these rules: a manager's for those that refuse. None ever is for one
    that cannot be overridden. A rule that counts per person is settled on all loans of the borrower."""
    broken = tuple(broken)
    rules = {(each.rule.id, each.effect) for each in broken}
    if any(each.fixed for each in broken):
        return False
    of_person = {each.rule.id for each in broken if isinstance(each.rule, Cap | Gap) and each.rule.per == "person"}
    given = {
        (rule, effect)
        for row in await contacts.decisions_since(desk.session, loan.id, desk.now - REASON_HOLDS)
        for effect in _SETTLED.get(row.kind, ())
        for rule in row.rules.split()
        if row.moved_to is None and (row.loan_id == loan.id or rule in of_person)
    }
    return rules <= given or await is_allowed(desk, loan, desk.now, broken)

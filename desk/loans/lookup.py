"""Find the loan that is meant, among those that the acting member may see."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from desk.core.dataclass import dataclass
from desk.core.disclosures import record_refusal
from desk.core.errors import Ambiguous, Conflict, DeskError, NotFound
from desk.core.permissions import refusal, sees_all, sight_of
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, checks_before_undo, corrects_after_undo
from desk.core.values import LoanRef
from desk.loans.views import follow_up_views, loan_views, next_views
from desk.people.members import heard_by, ids_stood_in_for, is_fallback, stands_in_for
from storage.queries.core import acts
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans, search
from storage.queries.loans.visibility import Deputy, Viewer, viewer
from storage.tables import ContactConsent, ContactState, FollowUp, LegalHold, Loan, Member, RepaymentPause, Undo

_Row = TypeVar("_Row", ContactConsent, ContactState, LegalHold, RepaymentPause)

CHOICES = 5
"""How many loans an ambiguous word offers."""


@dataclass(frozen=True, slots=True)
class LoanMatch:
    """The loan that a reference names, and one of its follow-ups if the reference has `/n`."""

    loan: Loan = field(repr=False)
    follow_up: FollowUp | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LinkedLoan:
    """What everyone in a conversation may know of a loan."""

    id: UUID
    number: str
    stage: str


async def resolve(desk: Desk, ref: LoanRef) -> LoanMatch:
    """Return the loan that the acting member means, locked for the transaction.

    A number that itself contains `/` is tried whole first; then `<loan>/n`; then one word that finds exactly one loan
    the member may see, also a number whose dashes are typed differently or left out.

    Raises NotFound (`unknown_loan`, `unknown_follow_up`), Ambiguous (`loan_ambiguous`), NotAllowed (`role_missing`: no role of
    theirs shows borrowers, and they act for nobody who has that loan).
    """
    # Most loans are the member's own or their team's, which takes one query.
    lock = partial(loans.lock_by_number, desk.session, desk.workspace.id, visible=visible_loans(desk))
    loan = await lock(ref.whole) or await _lock_as_stand_in(desk, ref.whole)
    if ref.whole != ref.text:
        if loan is not None:
            return LoanMatch(loan)
        loan = await lock(ref.text) or await _lock_as_stand_in(desk, ref.text)
        if loan is None and (whole := await _like_number(desk, ref.whole)):
            return LoanMatch(await loans.lock(desk.session, whole.id))
    loan = loan or await loans.lock(desk.session, await _by_word(desk, ref))
    if ref.follow_up is None:
        return LoanMatch(loan)
    follow_up = await follow_ups.of_number(desk.session, loan.id, ref.follow_up)
    if follow_up is None:
        there = await follow_up_views(desk, loan, await follow_ups.open_of_loan(desk.session, loan.id))
        raise NotFound("unknown_follow_up", given=f"{ref.text}/{ref.follow_up}", loan=loan.number, choices=there)
    return LoanMatch(loan, follow_up)


async def choices_of_words(desk: Desk, given: str, words: Sequence[str]) -> Ambiguous | None:
    """Return the refusal of several words that were meant as one loan, with the loans that they find; None if they find none, or
    if the first is a loan's number."""
    found = await find_visible(desk, words, limit=CHOICES + 1)
    if any(_alphanumeric(loan.number) == _alphanumeric(words[0]) for loan in found):
        return None
    return await _ambiguous(desk, "loan_of_words", given, found) if found else None


async def require_unchanged(desk: Desk, loan_id: UUID, version: int) -> None:
    """Raise Conflict (`loan_changed`) if the loan is not as it was at this version any more, and as `lock_by_id` does."""
    loan = await lock_by_id(desk, loan_id)
    if loan.version != version:
        raise Conflict("loan_changed", loan=loan.number)


async def visible_today(desk: Desk) -> Viewer:
    """Return how the acting member sees loans (`see_loan`), as `may_see_as` says."""
    return await _visible_to(desk, desk.member)


def visible_loans(desk: Desk) -> Viewer:
    """Return how the acting member sees loans without standing in for anyone, which needs no query: mostly
    enough to find a loan. `visible_today` is the whole."""
    return viewer(desk.member, sight_of(desk.member, desk.workspace))


async def _visible_to(desk: Desk, member: Member) -> Viewer:
    sight = sight_of(member, desk.workspace)
    return viewer(member, sight, await _deputy(desk, member) if sight != "all" else None)


async def _deputy(desk: Desk, member: Member) -> Deputy:
    """Return what the member sees for others today: whom they are told of because nobody nearer can act."""
    for_ids = frozenset(each.id for each in await stands_in_for(desk, member))
    if not is_fallback(member):
        return Deputy(for_ids)
    heard = await heard_by(desk, member)
    return Deputy(for_ids, heard.teamless, heard.from_level)


async def may_see_as(desk: Desk, member: Member, loan_id: UUID) -> bool:
    """Return whether that member may see the loan: by role, because it is of their team or one that they manage, because it is
    nobody's, because they hold a follow-up on it, because they stand in today for a member whose loan or follow-up it is, or
    because it was escalated and nobody nearer can decide."""
    return await loans.is_visible(desk.session, loan_id, await _visible_to(desk, member))


async def may_see(desk: Desk, loan_id: UUID) -> bool:
    """Whether the loan exists and the acting member may see it."""
    if await loans.is_visible(desk.session, loan_id, visible_loans(desk)):
        return True
    return await _stands_in(desk) and await loans.is_visible(desk.session, loan_id, await visible_today(desk))


@checks_before_undo
async def check_loan_was_not_taken(desk: Desk, undo: Undo) -> None:
    """Raise NotFound (`unknown_loan_pressed`) if others have taken the loan from the acting member since the act, so that they
    may not see it any more. Who lost it by the act itself, which closed the follow-up that they held, may undo that."""
    if undo.loan_id is None or await may_see(desk, undo.loan_id):
        return
    since, me = undo.made_at, undo.member_id
    if await acts.latest(desk.session, {undo.loan_id}, since=since, but_not_by=me, limit=1):
        raise NotFound("unknown_loan_pressed")


@corrects_after_undo(SQLModel)
async def check_loan_is_visible(desk: Desk, undo: Undo, _: Sequence[UndoneRow]) -> None:
    """Raise NotFound (`unknown_loan_pressed`) if the acting member may not see the loan as the Undo leaves it either: a cover
    after the absence."""
    if undo.loan_id is None:
        return
    await desk.session.flush()
    if not await may_see(desk, undo.loan_id):
        raise NotFound("unknown_loan_pressed")


async def lock_by_id(desk: Desk, loan_id: UUID) -> Loan:
    """Return the loan, locked for the transaction.

    Raises NotFound (`unknown_loan_pressed`), also if the acting member may not see it.
    """
    if not await may_see(desk, loan_id):
        raise NotFound("unknown_loan_pressed")
    return await loans.lock(desk.session, loan_id)


async def lock_with_loan(desk: Desk, table: type[_Row], row_id: UUID, code: str) -> tuple[_Row, Loan]:
    """Return a row of a loan as it is now, and its loan, locked for the transaction.

    Raises NotFound (`code`), also if the acting member may not see the loan.
    """
    found = await desk.session.get(table, row_id)
    if found is None or found.workspace_id != desk.workspace.id or not await may_see(desk, found.loan_id):
        raise NotFound(code)
    loan = await loans.lock(desk.session, found.loan_id)
    await desk.session.refresh(found)
    return found, loan


async def record_refused(desk: Desk, error: DeskError, named: UUID | None) -> None:
    """Record a refused attempt of the acting member, on the loan that they typed or pressed (`named`), if there is one.

    A number that no loan has is a slip of the pen, and is not recorded.
    """
    loan_id = named
    if isinstance(error, NotFound):
        given = str(error.params.get("given", ""))
        loan = await loans.by_number(desk.session, desk.workspace.id, given) if given else None
        loan_id = loan.id if loan else await loans.existing(desk.session, desk.workspace.id, named)
        if loan_id is None:
            return
    await record_refusal(desk, error.code, loan_id)


async def number_of(desk: Desk, loan_id: UUID) -> str:
    """Return the present number of the loan. Raises as `lock_by_id` does."""
    if not await may_see(desk, loan_id):
        raise NotFound("unknown_loan_pressed")
    return (await desk.session.get_one(Loan, loan_id)).number


async def find_visible(
    desk: Desk, words: Sequence[str], *, limit: int, in_full: bool = False, related: bool = False
) -> list[Loan]:
    """Return the loans that fit every word and that the acting member may see: newest first, at most `limit`. `in_full` and
    `related` as in `search.find_loans`."""
    return await search.find_loans(
        desk.session,
        desk.cipher,
        desk.workspace.id,
        words,
        visible=await visible_today(desk),
        limit=limit,
        in_full=in_full,
        related=related,
    )


async def visible_among(desk: Desk, found: Collection[Loan]) -> set[UUID]:
    """Return the ids of those of the loans that the acting member may see."""
    if not found:
        return set()
    ids, borrowers = {loan.id for loan in found}, {loan.borrower_id for loan in found}
    seen = await loans.of_borrowers(desk.session, borrowers, visible=await visible_today(desk))
    return ids & {loan.id for loan in seen}


async def visible_of_names(desk: Desk, texts: Sequence[str], *, limit: int) -> list[Loan]:
    """Return the loans whose borrower has one of the texts as name, or as a whole part of it, and that the acting member may
    see: newest first, at most `limit`."""
    visible = await visible_today(desk)
    return await search.loans_of_names(
        desk.session, desk.cipher, desk.workspace.id, texts, visible=visible, limit=limit
    )


async def visible_by_numbers(desk: Desk, numbers: Collection[str]) -> Mapping[str, LinkedLoan]:
    """Return the loans of these numbers that the acting member may see, by the number given."""
    if not numbers:
        return {}
    found = await loans.of_numbers(desk.session, desk.workspace.id, numbers, visible=await visible_today(desk))
    named = {number: found.get(loans.number_key(number)) for number in numbers}
    return {number: LinkedLoan(loan.id, loan.number, loan.stage) for number, loan in named.items() if loan}


async def _lock_as_stand_in(desk: Desk, number: str) -> Loan | None:
    """Return the loan of that number, locked, if the member sees it because they act for an absent member."""
    if not await _stands_in(desk):
        return None
    return await loans.lock_by_number(desk.session, desk.workspace.id, number, visible=await visible_today(desk))


async def _stands_in(desk: Desk) -> bool:
    if sees_all(desk.member, desk.workspace):
        return False
    return is_fallback(desk.member) or bool(await ids_stood_in_for(desk))


async def _like_number(desk: Desk, number: str) -> Loan | None:
    visible = await visible_today(desk)
    return await loans.like_number(desk.session, desk.workspace.id, number, visible=visible)


async def _by_word(desk: Desk, ref: LoanRef) -> UUID:
    found = await find_visible(desk, [ref.text], limit=CHOICES + 1, in_full=True)
    if not found and sight_of(desk.member, desk.workspace) == "held":
        raise refusal("see_loan", {"team"})
    if not found:
        mine = await loans.numbers_like(desk.session, desk.workspace.id, desk.member.id, limit=200)
        raise NotFound("unknown_loan", given=ref.text, nearest=_nearest(ref.text, mine))
    if len(found) > 1:
        raise await _ambiguous(desk, "loan_ambiguous", ref.text, found)
    return found[0].id


async def _ambiguous(desk: Desk, code: str, given: str, found: Sequence[Loan]) -> Ambiguous:
    choices = tuple((await loan_views(desk, found[:CHOICES])).values())
    plans, more = await next_views(desk, found[:CHOICES]), len(found) > CHOICES
    return Ambiguous(code, given=given, choices=choices, plans=plans, more=more)


def _alphanumeric(number: str) -> str:
    return "".join(filter(str.isalnum, number.casefold()))


def _nearest(given: str, numbers: list[str]) -> tuple[str, ...]:
    by_key = {loans.number_key(number): number for number in numbers}
    return tuple(by_key[key] for key in difflib.get_close_matches(loans.number_key(given), by_key, n=3))

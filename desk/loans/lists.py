"""Lists of loans: search results, the member's own, and their day. Ephemeral: they show full names."""

import re
from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid, NotAllowed
from desk.core.permissions import makes_calls, require_role, sees_unowned
from desk.core.transaction import Desk
from desk.core.values import LINE_LIMIT
from desk.follow_ups.due_lists import DueList, late_window, list_due, people_listed
from desk.follow_ups.listed_states import states_of_loans
from desk.loans import borrowers
from desk.loans.lookup import find_visible, visible_today
from desk.loans.related_views import RelatedName, related_names
from desk.loans.views import FollowUpView, follow_up_view
from desk.people.members import acts_for
from desk.people.offers import Offers, may_export, offers_to
from desk.rules.contacts import dialled_digits, extension_of, find_phone
from desk.rules.working_time import local_date
from storage.queries.follow_ups import due_lists, follow_ups
from storage.queries.follow_ups.due_lists import Whose
from storage.queries.loans import loans, names, search
from storage.queries.people import members
from storage.queries.people.scopes import People
from storage.tables import Loan, Member

PAGE = 10
"""Rows per page."""

_PHONE_LIKE = re.compile(r"\+?[\d\s\-()]{5,}")
_TAIL_APART = re.compile(r"(?:\bphone\s+(?=ending\b))?(尾号|尾號|\btail|\bending)\s+(?=\d{4}\b)", re.IGNORECASE)

WORDS_LIMIT = 10
"""The most words of a search; each is a look-up in the index."""


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan as a row of a list, with its next follow-up. `owner` is a Slack id; `since`: when it got to its stage."""

    id: UUID
    number: str
    stage: str
    name: str = field(repr=False)
    tail: str
    owner: str | None
    since: date
    next: FollowUpView | None
    related: tuple[RelatedName, ...] = ()
    """The people around the loan whom a search has found."""
    states: tuple[str, ...] = ()
    """The codes of what is recorded of the borrower that bears on contact."""


@dataclass(frozen=True, slots=True)
class LoanList:
    """One page of a list. `stage` is the stage asked for, if any; otherwise `by_stage` counts the loans per stage.

    `of` is the Slack id of the member whose loans they are, if not the reader's. `may_export`: the reader may have the list as a
    file.
    """

    rows: tuple[LoanRow, ...]
    total: int
    offset: int = 0
    stage: str | None = None
    by_stage: tuple[tuple[str, int], ...] = ()
    of: str | None = None
    may_export: bool = False

    @property
    def more(self) -> int:
        """How many loans are on later pages."""
        return max(self.total - self.offset - len(self.rows), 0)


@dataclass(frozen=True, slots=True)
class Pool:
    """One page of the loans that are nobody's, with the version of each. `more`: there are others. `may_claim`: the
    reader makes calls, and can own a loan. `may_export`: they may have the list as a file."""

    rows: tuple[LoanRow, ...]
    versions: tuple[int, ...]
    offset: int
    more: bool
    may_claim: bool
    may_export: bool = False


@dataclass(frozen=True, slots=True)
class MyDay:
    """What is due for the reader today, how much is late, how many loans have nothing planned, and what the reader may do."""

    due: DueList
    late: int
    unplanned: int
    offers: Offers


async def find(desk: Desk, words: str) -> LoanList:
    """Return the first page of the loans that fit all the words and that the acting member may see, newest first.

    Raises Invalid (`too_many_words`, `line_too_long`).
    """
    asked = asked_words(desk, words)
    found = await find_visible(desk, asked, limit=PAGE + 1, related=True)
    total = len(found)
    if total > PAGE:
        visible = await visible_today(desk)
        total = await search.count_loans(
            desk.session, desk.cipher, desk.workspace.id, asked, visible=visible, related=True
        )
    desk.discloses = "search"
    rows = await loan_rows(desk, found[:PAGE])
    if all(_is_plain_match(row, asked) for row in rows):
        return LoanList(rows=rows, total=total)
    related = await related_names(desk, [row.id for row in rows], asked)
    return LoanList(rows=tuple(replace(row, related=related.get(row.id, ())) for row in rows), total=total)


def asked_words(desk: Desk, words: str) -> list[str]:
    """Return the words of a search. Raises Invalid (`too_many_words`, `line_too_long`)."""
    if len(words) > LINE_LIMIT:
        raise Invalid("line_too_long", length=len(words), limit=LINE_LIMIT)
    asked = search_words(words, borrowers.region_of(desk))
    if len(asked) > WORDS_LIMIT:
        raise Invalid("too_many_words", count=len(asked), limit=WORDS_LIMIT)
    return asked


def _is_plain_match(row: LoanRow, words: Sequence[str]) -> bool:
    """Return whether the row itself shows why the words find it, so that nobody around the loan need be looked for."""
    shown = f"{row.number} {row.name} {row.tail}".casefold()
    return all(word.casefold() in shown for word in words)


async def mine(desk: Desk, stage: str | None = None, *, whose: Member | None = None, offset: int = 0) -> LoanList:
    """Return a page of the loans of the acting member, or of `whose`, in a stage, or of all live ones; the longest in its
    stage first. Raises NotAllowed (`others_may_act`) for a member whose list the acting member may not see."""
    owner = whose or desk.member
    if whose is not None:
        await people_listed(desk, desk.member, whose)
    stages = (stage,) if stage else loans.LIVE_STAGES
    counts = await loans.counts_of_owner(desk.session, owner.id)
    found = await loans.of_owner(desk.session, owner.id, stages, limit=PAGE, offset=offset)
    return LoanList(
        rows=await loan_rows(desk, found),
        total=sum(counts.get(each, 0) for each in stages),
        offset=offset,
        stage=stage,
        by_stage=() if stage else tuple((each, counts[each]) for each in stages if counts.get(each)),
        of=whose.slack_user_id if whose else None,
        may_export=may_export(desk),
    )


async def pool(desk: Desk, *, offset: int = 0) -> Pool:
    """Return a page of the live loans that are nobody's, the newest first. Raises as `require_pool` does."""
    require_pool(desk)
    found = await loans.of_nobody(desk.session, desk.workspace.id, limit=PAGE + 1, offset=offset)
    rows = await loan_rows(desk, found[:PAGE])
    versions = tuple(loan.version for loan in found[:PAGE])
    return Pool(
        rows,
        versions,
        offset,
        more=len(found) > PAGE,
        may_claim=makes_calls(desk.member),
        may_export=may_export(desk),
    )


def require_pool(desk: Desk) -> None:
    """Raise NotAllowed (`role_missing`; `pool_closed`: the acting member is in a team, and the workspace shows the loans that are
    nobody's to others alone)."""
    require_role(desk, "reassign")
    if not sees_unowned(desk.member, desk.workspace):
        raise NotAllowed("pool_closed")


async def my_day(desk: Desk) -> MyDay:
    """Return what the acting member has to do today."""
    people = People.of(member.id for member in await acts_for(desk, desk.member))
    late = late_window(desk, people, None)
    return MyDay(
        due=await list_due(desk, period="today"),
        late=sum((await due_lists.count_by_purpose(desk.session, late)).values()),
        unplanned=await due_lists.count_unplanned(desk.session, Whose(people), desk.workspace_today),
        offers=offers_to(desk),
    )


async def loan_rows(desk: Desk, found: Sequence[Loan]) -> tuple[LoanRow, ...]:
    """Return loans as rows, in the order given."""
    nexts = await follow_ups.next_of_loans(desk.session, [loan.id for loan in found])
    wanted = {row.assignee_id for row in nexts.values()} | {loan.owner_id for loan in found if loan.owner_id}
    people = await members.by_ids(desk.session, wanted)
    contacts = await borrowers.contacts_of(desk, [loan.borrower_id for loan in found])
    states = await states_of_loans(desk, [loan.id for loan in found])
    rows: list[LoanRow] = []
    for loan in found:
        contact, due = contacts[loan.borrower_id], nexts.get(loan.id)
        rows.append(
            LoanRow(
                id=loan.id,
                number=loan.number,
                stage=loan.stage,
                name=contact.name,
                tail=contact.tail,
                owner=people[loan.owner_id].slack_user_id if loan.owner_id else None,
                since=local_date(loan.stage_since, ZoneInfo(desk.workspace.zone)),
                next=follow_up_view(desk, loan, due, people[due.assignee_id]) if due else None,
                states=states.get(loan.id, ()),
            )
        )
    return tuple(rows)


def search_words(text: str, region: str = "CN") -> list[str]:
    """Return the words of a search. A phone number typed with blanks, a label or an extension is one word, and so is
    `尾号 5678`; the star of a masked name (`王*`) replaces the rest of it."""
    plain = names.compatible(text).strip()
    if _PHONE_LIKE.fullmatch(plain) and sum(c.isdigit() for c in plain) >= 5:
        return [plain]
    folded = plain.casefold()
    plain = plain if len(plain) == len(folded) else folded
    words: list[str] = []
    while found := find_phone(folded, 0, region):
        words += _apart(plain[: found.start])
        digits = "".join(c for c in folded[found.start : found.end] if c.isdecimal())
        words.append(digits.removesuffix(extension_of(found.phone)))
        plain, folded = plain[found.end :], folded[found.end :]
    digits = dialled_digits(folded.strip())
    return [*words, digits] if digits else words + _apart(plain)


def _apart(text: str) -> list[str]:
    return [word.removesuffix("*") or word for word in re.split(r"[\s,、;]+", _TAIL_APART.sub(r"\1", text)) if word]

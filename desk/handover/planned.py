"""What is to be reassigned, and who gets which of it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.follow_ups.appointment_clashes import NO_CLASHES, Clashes
from desk.handover.batches import Portion
from desk.handover.moves import HandoverCounts, count, fingerprint_of
from desk.handover.sharing import Share
from desk.handover.units import Unit, count_units
from storage.queries.handover.holdings import FollowUpOutline, LoanOutline
from storage.tables import FollowUp, Loan, Member

EACH = 20
"""The most loans that one plan can give a member each."""

How = Literal["one", "each", "balanced"]


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to reassign: `loan_ids`, or without any all that `from_id` has; and to whom: all to `to_id`, each loan to its
    member in `each` (a loan that is missing there stays), or balanced over a team."""

    how: How
    from_id: Annotated[UUID | None, Field(alias="from")] = None
    loan_ids: Annotated[tuple[UUID, ...], Field(alias="loans")] = ()
    to_id: Annotated[UUID | None, Field(alias="to")] = None
    team_id: Annotated[UUID | None, Field(alias="team")] = None
    each: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    why: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a request would do. `fingerprint` covers the rows and who gets them; `draft_id` holds the request; `clashes` are the
    appointments whose new member has another one then."""

    shares: tuple[Share, ...]
    loans: int
    follow_ups: int
    late: int
    why: str = field(repr=False)
    fingerprint: str
    draft_id: UUID
    changed: bool = False
    clashes: Clashes = NO_CLASHES


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What was handed over, or is being handed over by the worker (`under_way`)."""

    shares: tuple[Share, ...]
    loans: int
    follow_ups: int
    why: str = field(repr=False)
    undo_id: UUID
    under_way: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets what of what is handed over at once: each unit, with the member who gets it."""

    people: Mapping[UUID, Member]
    moves: tuple[tuple[Unit, UUID], ...]
    shares: tuple[Share, ...]

    def counts(self, desk: Desk) -> HandoverCounts:
        return count_units(desk, self.units)

    @property
    def units(self) -> list[Unit]:
        return [unit for unit, _ in self.moves]

    @property
    def loans(self) -> list[Loan]:
        return [unit.loan for unit in self.units if unit.owned]

    @property
    def follow_ups(self) -> list[FollowUp]:
        return [row for unit in self.units for row in unit.follow_ups]

    @property
    def givers(self) -> set[UUID]:
        return {unit.outgoing_id for unit in self.units if unit.outgoing_id is not None}

    @property
    def fingerprint(self) -> str:
        targets = ",".join(str(to) for _, to in self.moves)
        return fingerprint_of([unit.loan for unit in self.units], self.follow_ups, targets)


@dataclass(frozen=True, slots=True)
class LargePlan:
    """In outline, all that a member has, which is too much to hand over to others at once: what each of them gets."""

    outgoing: Member
    portions: tuple[Portion, ...]
    shares: tuple[Share, ...]

    def counts(self, desk: Desk) -> HandoverCounts:
        return count(desk, self.loans, self.follow_ups)

    @property
    def fingerprint(self) -> str:
        # The rows are those of one portion after the other, so these say who gets which.
        sizes = [f"{each.to.id}:{len(each.loans)}:{len(each.follow_ups)}" for each in self.portions]
        return fingerprint_of(self.loans, self.follow_ups, *sizes)

    @property
    def givers(self) -> set[UUID]:
        return {self.outgoing.id}

    @property
    def loans(self) -> list[LoanOutline]:
        return [loan for portion in self.portions for loan in portion.loans]

    @property
    def follow_ups(self) -> list[FollowUpOutline]:
        return [row for portion in self.portions for row in portion.follow_ups]

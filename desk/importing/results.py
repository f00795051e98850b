"""What became of the rows of a file: of each batch of loans, and the rows that were refused."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.importing.taken_rows import TakenRow
from desk.importing.updating import PlanCounts, Remark

Effect = Literal["new", "changed", "same", "taken_over"]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not imported, and everything that is wrong with it."""

    line: int
    errors: tuple[DeskError, ...]

    @property
    def error(self) -> DeskError:
        """The first of the errors."""
        return self.errors[0]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of a batch: rows by effect, refused rows, what people should know of the others, what became of follow-ups, and
    the new loans of each owner."""

    effects: Counter[Effect] = field(default_factory=Counter["Effect"])
    refused: tuple[RefusedRow, ...] = ()
    remarks: tuple[Remark, ...] = ()
    plans: PlanCounts = field(default_factory=PlanCounts)
    lacking: tuple[Remark, ...] = ()
    new_by_owner: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict[UUID, Sequence[UUID]])
    taken: Sequence[TakenRow] = ()

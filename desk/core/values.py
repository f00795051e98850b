"""How people refer to loans, members and due times."""

import re
from datetime import date, datetime
from decimal import Decimal

from desk.core.dataclass import dataclass

NUMBER_LIMIT = 64
"""The longest loan number, in characters."""

NUMBER_SEPARATOR = re.compile(r"[\s,，、;；]")
"""What no loan number has: it parts the words of a line and the cells of a file."""

LINE_LIMIT = 3000
"""The longest line that people may type, in characters."""

NAME_LIMIT = 100
"""The longest name of a borrower, in characters."""


@dataclass(frozen=True, slots=True)
class LoanRef:
    """A loan as typed (`L-1042/3`): `text` is the part before the last `/`, `follow_up` the number after it.

    A lender's number may itself contain `/`, so the desk first looks for `whole`.
    """

    whole: str
    text: str
    follow_up: int | None = None


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A member as typed: the Slack id of a mention, or the word after `@`."""

    slack_id: str | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A due date in the member's zone (`on`), and the instant (aware, UTC) or None if only a date was typed."""

    on: date
    at: datetime | None = None

    @property
    def code(self) -> str:
        """Return the instant or the date alone, ISO 8601."""
        return (self.at or self.on).isoformat()


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money as typed. `currencies` are those that its sign or word can mean; without one it is empty."""

    value: Decimal
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GivenInstalment:
    """An instalment as the lender gives it; principal and interest only if both are known. `line` counts from 1."""

    line: int
    due_on: date
    amount: Decimal
    principal: Decimal | None = None
    interest: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NamedBucket:
    """A bucket of days past due as typed in a line: the first of its days, and its name."""

    line: int
    first: int
    name: str

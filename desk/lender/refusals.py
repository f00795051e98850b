"""Refusals of what the lender's system sent, with everything that is wrong and where."""

from collections.abc import Sequence

from desk.core.errors import DeskError, Invalid


class RowRefused(Invalid):
    """What was sent is refused for all of `errors`; each names its field in `params["column"]`, if it is in one."""

    def __init__(self, errors: Sequence[DeskError]) -> None:
        super().__init__(errors[0].code, **errors[0].params)
        self.errors = tuple(errors)

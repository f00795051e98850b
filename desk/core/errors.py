"""The few ways in which the desk says no. Each carries a code and plain values; the reader's words are made at the door."""

from typing import Any


class DeskError(Exception):
    """A refusal that a person can act on.

    `code` names the reason (snake_case, one text per language in `handlers/messages/refusals/errors.py`); `params` are the values
    that the text shows. Never put a borrower's name, phone or note in `params` unless the reader typed it.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Invalid(DeskError):
    """What was said cannot be understood or done. `params` usually has `given` and `nearest` (a tuple of valid forms)."""


class NotFound(DeskError):
    """No loan, member, follow-up or document of that name."""


class Ambiguous(DeskError):
    """It fits more than one; `params["choices"]` are the things it may mean."""


class NotAllowed(DeskError):
    """The acting member may not do this; `params` say who may."""


class Conflict(DeskError):
    """Somebody else was first; `params` say who and when."""

"""The refusals of the desk. Each has a code and plain values; the Slack side words it in the reader's language."""

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
    """The request cannot be understood or done. `params` usually has `given` and `nearest` (a tuple of valid forms)."""


class NotFound(DeskError):
    """No loan, member, follow-up or document of that name."""


class Ambiguous(DeskError):
    """The words fit more than one; `params["choices"]` are what they may mean."""


class NotAllowed(DeskError):
    """The acting member may not do this; `params` say who may."""


class Conflict(DeskError):
    """Another member was first; `params` say who and when."""

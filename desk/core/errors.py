"""Refusals of the desk: a code and plain values, which the Slack side words in the reader's language."""

from typing import Any


class DeskError(Exception):
    """A refusal that a person can act on.

    `code` names the reason in snake_case; `handlers/messages/refusals` holds its text, which shows `params`. Never put
    a borrower's name, phone or note in `params` unless the reader typed it.
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
    """The words have several meanings, listed in `params["choices"]`."""


class NotAllowed(DeskError):
    """The acting member may not do this; `params` tell who may."""


class Conflict(DeskError):
    """Another member was first; `params` tell who and when."""

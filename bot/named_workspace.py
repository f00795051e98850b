"""Which workspace a command of `loandesk` is for, of a desk of several."""

from contextvars import ContextVar

NAMED: ContextVar[str] = ContextVar("workspace", default="")
"""The Slack id of the team or organisation that `loandesk --workspace` named; empty: none."""

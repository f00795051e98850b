"""Slash commands: one module each, with everything that is declared about the command."""

from handlers.commands import (
    loan,
    loan_audit,
    loan_call,
    loan_case,
    loan_digest,
    loan_docs,
    loan_due,
    loan_follow,
    loan_note,
    loan_reassign,
    loan_stage,
    loan_team,
)

COMMANDS = (
    loan_call.COMMAND,
    loan.COMMAND,
    loan_docs.COMMAND,
    loan_stage.COMMAND,
    loan_due.COMMAND,
    loan_follow.COMMAND,
    loan_note.COMMAND,
    loan_digest.COMMAND,
    loan_reassign.COMMAND,
    loan_team.COMMAND,
    loan_audit.COMMAND,
    loan_case.COMMAND,
)
"""The commands, the busiest first: the order in Slack's manifest, in the help, and of Bolt's listeners."""

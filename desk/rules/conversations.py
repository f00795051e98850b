"""Conversations with another person than the borrower: what they end, and what they leave open.

Nobody who does not answer for the debt is told anything of it (12 CFR 1006.6(d); in China 银保监规〔2022〕13号), so a word with
them is no word with the borrower.
"""

from desk.core.vocabulary import Outcome, Purpose, RelatedRole

_PAYMENTS = frozenset(("paid", "part_paid"))
"""Outcomes that tell of money: it counts, no matter who tells of it."""


def stands_for_borrower(role: RelatedRole, purpose: Purpose) -> bool:
    """Return whether a call of that purpose may be had with that person as with the borrower: one who borrows too, and, about
    repayment, one who answers for the debt."""
    return role.borrows or (role.liable and purpose.kind == "repayment")


def is_attempt(outcome: Outcome, purpose: Purpose, role: RelatedRole) -> bool:
    """Return whether a conversation with that person only tries to reach the borrower: it leaves the follow-up open, as a
    message left does.

    The result of a check ends it, no matter who gave the answers: an employer or a referee is asked for that.
    """
    if not outcome.ends or outcome.code in _PAYMENTS or purpose.check:
        return False
    return not stands_for_borrower(role, purpose)

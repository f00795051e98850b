"""What an answer discloses: one entry of the audit trail for each answer that was made with a borrower's encrypted texts.

`desk.core.unreadable.read`, through which every use case reads such a text, collects whose it was. What was read and is not shown
in the end counts as disclosed too: an entry too many hides nothing. A loan that another entry of the same transaction names is
disclosed by that one: who logs a call on a loan saw it.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.core.transaction import Desk
from storage.queries.core import audit
from storage.queries.loans import loans
from storage.tables import AuditEntry, Loan

DISCLOSURE, REFUSED, DIGEST = "disclosure", "refused", "digest"
"""The acts of the entries of what was shown, and of what was refused; and the kind of what a digest shows."""

_NAMED = 500
"""How many loans of an exported list one entry names."""


async def record_disclosure(desk: Desk, what: str, *, but: Iterable[UUID] = ()) -> frozenset[UUID]:
    """Record which loans this transaction disclosed to the member, but for those `but`. Return all that it disclosed.

    `what` is the kind of answer where the use case does not say: card, list, search … On SQLite a transaction that only reads
    leaves the entry in the journal.
    """
    shown = await disclosed(desk)
    new = shown - desk.acted - frozenset(but)
    if not new:
        return shown
    kind = desk.discloses or ("list" if what == "answer" and len(new) > 1 else what)
    entry = _entry_of(desk, kind, sorted(new))
    if desk.journal is not None and not desk.session.is_writing:
        await asyncio.to_thread(desk.journal.append, [entry])
    else:
        desk.add(entry)
    return shown


async def disclosed(desk: Desk) -> frozenset[UUID]:
    """Return the loans of which this transaction has read encrypted texts for its member."""
    if not desk.seen_borrowers:
        return frozenset(desk.seen)
    known = desk.session.known_rows(Loan)
    found = {loan.id for loan in known if loan.borrower_id in desk.seen_borrowers}
    rest = desk.seen_borrowers - {loan.borrower_id for loan in known}
    others = await loans.ids_of(desk.session, rest) if rest else set[UUID]()
    return frozenset(desk.seen | found | others)


async def record_refusal(desk: Desk, code: str, loan_id: UUID | None = None, *, stranger: str = "") -> None:
    """Record that the member, or a person who is none (their Slack id), was refused something, by the refusal's code."""
    details: dict[str, Any] = {"slack": stranger} if stranger else {}
    desk.audit(REFUSED, loan_id=loan_id, code=code, **details)


async def record_shown(desk: Desk, what: str, shown: Iterable[UUID]) -> None:
    """Record that these loans were disclosed to the member by an answer whose own transaction was rolled back."""
    desk.add(_entry_of(desk, what, sorted(shown)))


def record_exported(desk: Desk, shown: Iterable[UUID], export_id: UUID | None, **more: str) -> None:
    """Record that these loans were disclosed by an exported list: some entries, each of which names several loans.
    Without a member it was the operator who exported it: `more` says who."""
    ordered = sorted(shown)
    for start in range(0, len(ordered), _NAMED):
        some = ordered[start : start + _NAMED]
        details: dict[str, Any] = {"what": "export", **more}
        if desk.actor is not None:
            details["roles"] = desk.actor.roles
        if desk.origin is not None:
            details |= {"door": desk.origin.door, "ref": desk.origin.reference}
        if len(some) > 1:
            details["shown"] = [str(each) for each in some]
        desk.add(
            AuditEntry(
                workspace_id=desk.workspace.id,
                at=desk.now,
                actor_id=desk.actor.id if desk.actor else None,
                act=DISCLOSURE,
                loan_id=some[0] if len(some) == 1 else None,
                subject_id=export_id,
                details=details,
            )
        )


def digest_entry(
    workspace_id: UUID,
    at: datetime,
    reader_id: UUID,
    roles: str,
    shown: Iterable[UUID],
    *,
    notice_id: UUID,
    channel: str,
) -> AuditEntry:
    """Return the entry of a digest that Slack got: which loans it names, for whom, where."""
    loans_named = sorted(shown)
    details: dict[str, Any] = {"what": DIGEST, "roles": roles, "channel": channel}
    if len(loans_named) > 1:
        details["shown"] = [str(each) for each in loans_named]
    return AuditEntry(
        workspace_id=workspace_id,
        at=at,
        actor_id=reader_id,
        act=DISCLOSURE,
        loan_id=loans_named[0] if len(loans_named) == 1 else None,
        subject_id=notice_id,
        details=details,
    )


async def take_journal(desk: Desk) -> None:
    """Move what reads left in the journal into the table.

    What a killed process left is taken too: an entry has its id in the journal already, so that none is there twice.
    """
    journal = desk.journal
    while journal is not None and (left := journal.take()) and not await audit.add_missing(desk.session, left):
        journal.forget_taken()


def _entry_of(desk: Desk, what: str, shown: list[UUID]) -> AuditEntry:
    assert desk.origin is not None
    details: dict[str, Any] = {
        "what": what,
        "roles": desk.member.roles,
        "door": desk.origin.door,
        "ref": desk.origin.reference,
    }
    if len(shown) > 1:
        details["shown"] = [str(each) for each in shown]
    return AuditEntry(
        workspace_id=desk.workspace.id,
        at=desk.now,
        actor_id=desk.member.id,
        act=DISCLOSURE,
        loan_id=shown[0] if len(shown) == 1 else None,
        details=details,
    )

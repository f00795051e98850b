"""What Undo must know about tables and acts. Their modules register it here when `desk.registrations` imports them."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlmodel import SQLModel

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.engine.rows import table_of
from storage.tables import Undo, Workspace

TakeBack = Callable[[Desk, Any], Awaitable[None]]
Recompute = Callable[[Desk, Sequence[Any]], Awaitable[bool | None]]
"""Compute again what follows from these rows; return True if most of it is left to the worker."""


@dataclass(frozen=True, slots=True)
class UndoneRow:
    """A row that an Undo has just restored, with encoded columns as they were before the act and before the Undo.

    `before` holds the columns that the act changed (None: the act created the row), `replaced` all columns.
    """

    row: Any
    before: dict[str, Any] | None
    replaced: dict[str, Any]


Correct = Callable[[Desk, Undo, Sequence[UndoneRow]], Awaitable[None]]
LeaveToWorker = Callable[[Desk, Undo], Awaitable[bool]]
"""Leave to the worker what it carried out of an act in batches. Return False if it carried out none of it."""

HasFollowers = Callable[[Desk, Undo], Awaitable[bool]]
Check = Callable[[Desk, Undo], Awaitable[None]]
F = TypeVar("F", bound=Callable[..., Any])


class NotUndoableError(LookupError):
    """No rule says how to take back a created row of this table."""


RIGHTS: Mapping[str, str] = {
    "add_member": "add_member",
    "add_recording": "send_file",
    "allow_time": "override_contact",
    "away": "set_absence",
    "back": "set_absence",
    "book_appointment": "book_appointment",
    "call": "log_call",
    "call_answers": "add_to_call",
    "check": "answer_follow_up",
    "decide_check": "decide_check",
    "payment": "add_to_call",
    "payment_recorded": "record_payment",
    "payment_reversed": "reverse_payment",
    "schedule": "change_schedule",
    "pause": "pause_repayment",
    "end_pause": "pause_repayment",
    "cancelled": "close_follow_up",
    "change_cadence": "change_cadence",
    "choose_contact_rules": "choose_contact_rules",
    "contact_state": "enter_contact_state",
    "contact_consent": "enter_contact_state",
    "other_contact": "enter_contact",
    "correct_call": "correct_call",
    "correct_note": "correct_note",
    "discard_recording": "discard_recording",
    "documents": "request_documents",
    "drop_roles": "add_member",
    "edit_playbook": "edit_playbook",
    "done": "close_follow_up",
    "edit": "edit_loan",
    "enter_request": "enter_request",
    "answer_request": "answer_request",
    "enter_step": "enter_step",
    "follow_up": "plan_follow_up",
    "hand_back_escalation": "take_escalation",
    "hand_over": "hand_to_manager",
    "hold": "snooze",
    "hold_reminders": "snooze",
    "move": "move_follow_up",
    "move_calls": "move_calls",
    "move_recording": "move_recording",
    "move_appointment": "change_appointment",
    "new_loan": "open_inquiry",
    "note": "add_note",
    "nothing_needed": "plan_offered",
    "person": "edit_people",
    "raise_escalation": "raise_escalation",
    "reassign": "reassign",
    "reassign_all": "reassign_all",
    "remove_member": "remove_member",
    "resolve_escalation": "take_escalation",
    "set_day": "set_day",
    "set_digest": "change_own_settings",
    "set_hours": "set_hours",
    "settings": "change_own_settings",
    "settle_appointment": "change_appointment",
    "settle_step": "change_step",
    "move_step": "change_step",
    "snooze": "snooze",
    "take_escalation": "take_escalation",
    "take_up": "snooze",
    "stage": "change_stage",
    "stage_rules": "change_stage_rules",
    "compliance": "change_compliance",
    "retention": "change_retention",
    "team_settings": "manage_teams",
    "workspace_settings": "change_workspace",
}
"""The right that an act needs, by its name in Undo: a member who has lost the right may not undo the act either."""

_TAKE_BACK: dict[type[SQLModel], TakeBack] = {}
_RECOMPUTE: dict[Recompute, tuple[type[SQLModel], ...]] = {}
_CORRECT: dict[Correct, tuple[type[SQLModel], ...]] = {}
_HAS_FOLLOWERS: dict[str, HasFollowers] = {}
_CHECKS: list[Check] = []
_PARTIAL_ACTS: set[str] = set()
_LEAVE_TO_WORKER: dict[str, LeaveToWorker] = {}


def takes_back(table: type[SQLModel]) -> Callable[[F], F]:
    """Register how Undo takes back a row of this table that the act created."""
    return _register(_TAKE_BACK, table)


def recomputes_after(*tables: type[SQLModel]) -> Callable[[F], F]:
    """Register what to recompute after rows of these tables change or are restored."""
    return _register_for(_RECOMPUTE, tables)


def checks_before_undo(check: Check) -> Check:
    """Register what must hold before an Undo restores anything."""
    _CHECKS.append(check)
    return check


def corrects_after_undo(*tables: type[SQLModel]) -> Callable[[F], F]:
    """Register what to check or correct after an Undo restored rows of these tables, e.g. messages already sent."""
    return _register_for(_CORRECT, tables)


def finds_followers_of(act: str) -> Callable[[F], F]:
    """Register how to find out that something depends on this act although none of its rows has changed."""
    return _register(_HAS_FOLLOWERS, act)


def allow_partial_undo(*acts: str) -> None:
    """Register acts on many loans: Undo restores the loans that have not changed since, and names the others."""
    _PARTIAL_ACTS.update(acts)


def leaves_undo_to_worker(act: str) -> Callable[[F], F]:
    """Register how the worker takes back what it carried out of this act in batches."""
    return _register(_LEAVE_TO_WORKER, act)


async def leave_undo_to_worker(desk: Desk, undo: Undo) -> bool:
    """Return whether the worker is to take back what it carried out of this act in batches."""
    leave = _LEAVE_TO_WORKER.get(undo.act)
    return leave is not None and await leave(desk, undo)


def take_back_of(table: type[SQLModel]) -> TakeBack:
    """Return how to take back a created row; a table with `undone_at` needs no rule. Raises NotUndoableError."""
    if table in _TAKE_BACK:
        return _TAKE_BACK[table]
    if "undone_at" in table_of(table).columns:
        return _mark_undone
    raise NotUndoableError(f"{table.__name__}: register with desk.core.undo_rules how a created row is taken back")


def allows_partial_undo(act: str) -> bool:
    """Return whether this act may be undone in part."""
    return act in _PARTIAL_ACTS


async def check_before_undo(desk: Desk, undo: Undo) -> None:
    """Run the registered checks before anything is restored."""
    for check in _CHECKS:
        await check(desk, undo)


async def has_followers(desk: Desk, undo: Undo) -> bool:
    """Return whether something depends on the act although none of its rows has changed."""
    find = _HAS_FOLLOWERS.get(undo.act)
    return find is not None and await find(desk, undo)


async def correct_after_undo(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Run the registered checks and corrections for the restored rows."""
    for correct, tables in _CORRECT.items():
        if concerned := [each for each in rows if isinstance(each.row, tables)]:
            await correct(desk, undo, concerned)


async def recompute(desk: Desk, rows: Iterable[SQLModel]) -> bool:
    """Recompute derived state (search terms, reminder times, next digest) after rows change or are restored.

    Return whether the worker is still to compute some of it.
    """
    by_function: dict[Recompute, list[SQLModel]] = defaultdict(list)
    for row in rows:
        for function, tables in _RECOMPUTE.items():
            if isinstance(row, tables):
                by_function[function].append(row)
        if isinstance(row, Workspace):
            desk.workspace = row
    await desk.session.flush()
    desk.cache.clear()
    left = [await function(desk, concerned) for function, concerned in by_function.items()]
    return any(left)


async def _mark_undone(desk: Desk, row: Any) -> None:
    row.undone_at = desk.now


def _register(registry: dict[Any, Any], key: Any) -> Callable[[F], F]:
    def remember(function: F) -> F:
        if registry.setdefault(key, function) is not function:
            raise ValueError(f"{key}: registered twice")
        return function

    return remember


def _register_for(registry: dict[Any, Any], tables: tuple[type[SQLModel], ...]) -> Callable[[F], F]:
    def remember(function: F) -> F:
        registry[function] = tables
        return function

    return remember

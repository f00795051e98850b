"""Events that the lender's system reports: applied at once, or accepted to be applied by the worker.

An event has a name of the lender's own, and has its effect once, however often it comes. One that was refused may come again,
mended, under the same name. Events of one loan are applied in the order in which they came.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.permissions import allows, require
from desk.core.transaction import Desk, Origin
from desk.lender.applying import Family, Outcome, apply_rows
from desk.lender.refusals import RowRefused
from desk.lender.rows import Texts
from storage.engine.pages import Mark, Window
from storage.engine.types import new_id, new_ids
from storage.queries.lender import answers, events
from storage.queries.loans.loans import number_key
from storage.tables import LenderEvent, LenderEventBatch, Member

Kind = Literal[
    "application_received",
    "decision",
    "disbursed",
    "settled",
    "schedule_set",
    "payment",
    "payment_reversed",
    "debit_failed",
    "call_finished",
]

LOAN_EVENTS: frozenset[Kind] = frozenset({"application_received", "decision", "disbursed", "settled"})
"""The kinds that `report_loans` allows; `report_calls` allows calls, `report_payments` the others."""

_FAMILIES: Mapping[Kind, Family] = {
    "schedule_set": "schedule",
    "payment": "payment",
    "payment_reversed": "payment",
    "call_finished": "call",
}

_TOGETHER = 100
"""The most events that one transaction applies: few enough that others can write in between."""

_LOOKED_AT = 500
"""Among how many of the oldest events that wait the next are chosen."""

Word = Callable[[DeskError, Kind], dict[str, Any]]
"""Words a refusal for the lender's system."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An event as it was reported. `number` is the loan's, or of a call its name: events of the same are applied in order. `rows`
    has its values as texts by column: one row, or of a schedule its instalments."""

    event_id: str
    kind: Kind
    number: str
    rows: tuple[Texts, ...] = field(repr=False)

    @property
    def family(self) -> Family:
        """Return by which rules it is applied."""
        return _FAMILIES.get(self.kind, "loan")

    def text(self) -> str:
        """Return it as it is stored."""
        return json.dumps([self.number, [dict(row) for row in self.rows]], ensure_ascii=False, sort_keys=True)

    def digest(self) -> bytes:
        """Return what tells it from another one of the same name."""
        return hashlib.sha256(f"{self.kind}\n{self.text()}".encode()).digest()


State = Literal["waiting", "applied", "refused"]


@dataclass(frozen=True, slots=True)
class EventStatus:
    """What became of an event. `result` is what was kept of it: its effect and remarks, or the problem."""

    event_id: str
    kind: str
    state: State
    result: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an event of a batch when it came."""

    event_id: str
    status: Literal["accepted", "duplicate", "reused", "forbidden"]


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """A batch, how many of its events are in which state, and some of them."""

    id: UUID
    total: int
    at: datetime
    counts: Mapping[str, int]
    events: tuple[EventStatus, ...] = ()
    following: Mark | None = None


class EventReusedError(Exception):
    """Another event came under this name before, and was not refused."""


async def report(desk: Desk, event: Reported) -> EventStatus:
    """Apply an event at once, or let it wait behind others of its loan. One that came before has no effect again.

    Raises NotAllowed (`scope_missing`), EventReusedError, RowRefused with everything that is wrong, and then keeps nothing.
    """
    _require(desk, event.kind)
    row, is_new = await _claim(desk, event)
    if not is_new:
        if row.body_digest != event.digest():
            raise EventReusedError
        return _status(desk, row)
    if await events.waits_for(desk.session, desk.workspace.id, row.number_key, but=row.id):
        row.body_cipher = desk.cipher.encrypt(LenderEvent.body_cipher, row.id, event.text())
        return _status(desk, row)
    (outcome,) = await apply_rows(desk, event.family, [event.rows], row.id)
    if outcome.errors:
        raise RowRefused(outcome.errors)
    _keep(desk, row, outcome, {})
    return _status(desk, row)


async def _claim(desk: Desk, event: Reported) -> tuple[LenderEvent, bool]:
    """Return the row of an event, and whether it is new, or was refused before: otherwise it came before."""
    await answers.lock(desk.session, _accepting(desk), shared=True)  # a batch is written without looking for each name
    new = LenderEvent(
        id=new_id(),
        workspace_id=desk.workspace.id,
        member_id=desk.member.id,
        event_id=event.event_id,
        kind=event.kind,
        number_key=number_key(event.number),
        body_digest=event.digest(),
        at=desk.now,
    )
    row = await events.claim(desk.session, new)
    if row is None:
        there = await _there(desk, event)
        if there.state != "refused":
            return there, False
        await events.forget(desk.session, [there.id])
        row = await events.claim(desk.session, new)
    return (row, True) if row is not None else (await _there(desk, event), False)


async def _there(desk: Desk, event: Reported) -> LenderEvent:
    return (await events.of_event_ids(desk.session, desk.workspace.id, [event.event_id]))[event.event_id]


async def accept(desk: Desk, reported: Sequence[Reported]) -> tuple[UUID | None, list[Accepted]]:
    """Accept events to be applied by the worker. Return the batch, if one of them is new, and what became of each."""
    await answers.lock(desk.session, _accepting(desk))
    known = await events.of_event_ids(desk.session, desk.workspace.id, {each.event_id for each in reported})
    digests = {name: row.body_digest for name, row in known.items() if row.state != "refused"}
    taken: list[tuple[Reported, bytes]] = []
    told: list[Accepted] = []
    for each in reported:
        digest = each.digest()
        if not allows(desk.member, _right(each.kind)):
            told.append(Accepted(each.event_id, "forbidden"))
        elif each.event_id not in digests:
            digests[each.event_id] = digest
            taken.append((each, digest))
            told.append(Accepted(each.event_id, "accepted"))
        else:
            told.append(Accepted(each.event_id, "duplicate" if digests[each.event_id] == digest else "reused"))
    if not taken:
        return None, told
    new = {each.event_id for each, _ in taken}
    await events.forget(desk.session, [row.id for name, row in known.items() if row.state == "refused" and name in new])
    batch = LenderEventBatch(
        id=new_id(), workspace_id=desk.workspace.id, member_id=desk.member.id, total=len(taken), at=desk.now
    )
    desk.add(batch)
    await desk.session.flush()
    await _write(desk, batch, taken)
    desk.audit("events_accepted", subject_id=batch.id, events=len(taken))
    return batch.id, told


async def _write(desk: Desk, batch: LenderEventBatch, taken: Sequence[tuple[Reported, bytes]]) -> None:
    ids = new_ids(len(taken))
    encrypt = desk.cipher.encrypt
    columns: dict[str, Sequence[Any]] = {
        "id": ids,
        "event_id": [each.event_id for each, _ in taken],
        "kind": [each.kind for each, _ in taken],
        "number_key": [number_key(each.number) for each, _ in taken],
        "body_digest": [digest for _, digest in taken],
        "body_cipher": [
            encrypt(LenderEvent.body_cipher, row_id, each.text()) for row_id, (each, _) in zip(ids, taken, strict=True)
        ],
    }
    shared = {"workspace_id": desk.workspace.id, "batch_id": batch.id, "member_id": desk.member.id, "at": desk.now}
    await events.add(desk.session, columns, shared)


async def apply_next(desk: Desk, only: Sequence[UUID] | None, word: Word) -> bool:
    """Apply the next events that wait, of `only` these if given. Return whether more may wait.

    One process at a time does so. What is refused is kept with the reason; what raises an error keeps its loan waiting.
    """
    if not await answers.try_lock(desk.session, uuid5(desk.workspace.id, "apply events")):
        return False
    chosen = await _next(desk, only)
    if not chosen:
        return False
    await _apply(desk, chosen, word)
    return True


async def next_ids(desk: Desk) -> Sequence[Sequence[UUID]]:
    """Return the events that would be applied next, together."""
    return [[row.id for row in await _next(desk, None)]]


async def _next(desk: Desk, only: Sequence[UUID] | None) -> list[LenderEvent]:
    """Return the oldest events that wait of as many loans, one of each, all of one program and applied by the same rules."""
    chosen: list[LenderEvent] = []
    met: set[str] = set()
    for row, aside in await events.waiting(desk.session, desk.workspace.id, desk.now, limit=_LOOKED_AT):
        is_next = row.number_key not in met and not aside and (only is None or row.id in only)
        met.add(row.number_key)
        if is_next and (not chosen or _alike(row, chosen[0])):
            chosen.append(row)
            if len(chosen) == _TOGETHER:
                break
    return chosen


def _alike(row: LenderEvent, other: LenderEvent) -> bool:
    return (row.member_id, row.batch_id, _family(row)) == (other.member_id, other.batch_id, _family(other))


async def _apply(desk: Desk, chosen: Sequence[LenderEvent], word: Word) -> None:
    first = chosen[0]
    desk.actor = await desk.session.get_one(Member, first.member_id)
    desk.origin = Origin("events", str(first.batch_id or first.id))
    rows: list[tuple[Texts, ...]] = []
    for row in chosen:
        _number, texts = json.loads(desk.cipher.decrypt(LenderEvent.body_cipher, row) or "[]")
        rows.append(tuple(texts))
    outcomes = await apply_rows(desk, _family(first), rows, first.batch_id or first.id)
    for row, outcome in zip(chosen, outcomes, strict=True):
        problem = word(RowRefused(outcome.errors), _kind(row)) if outcome.errors else {}
        _keep(desk, row, outcome, problem)


def _keep(desk: Desk, row: LenderEvent, outcome: Outcome, problem: Mapping[str, Any]) -> None:
    """Note what became of an event, in the transaction of its work."""
    result: dict[str, Any] = {"problem": dict(problem)} if problem else {"effect": outcome.effect}
    if outcome.remarks:
        result["remarks"] = [[each.code, each.column] for each in outcome.remarks]
    row.state = "refused" if problem else "applied"
    row.applied_at, row.body_cipher = desk.now, None
    row.result_cipher = desk.cipher.encrypt(LenderEvent.result_cipher, row.id, json.dumps(result, ensure_ascii=False))
    desk.add(row)


async def status_of(desk: Desk, event_id: str) -> EventStatus | None:
    """Return what became of an event of that name, None if none came."""
    require(desk, "report_events")
    found = await events.of_event_ids(desk.session, desk.workspace.id, [event_id])
    return next((_status(desk, row) for row in found.values()), None)


async def batch_of(desk: Desk, batch_id: UUID, window: Window, *, state: State | None) -> BatchStatus | None:
    """Return a batch with some of its events; None if there is no such batch."""
    require(desk, "report_events")
    batch = await events.batch(desk.session, desk.workspace.id, batch_id)
    if batch is None:
        return None
    counts = await events.counts(desk.session, batch.id)
    page = await events.of_batch(desk.session, batch.id, window, state=state)
    shown = tuple(_status(desk, row) for row in page.rows)
    return BatchStatus(batch.id, batch.total, batch.at, counts, shown, page.following)


def _status(desk: Desk, row: LenderEvent) -> EventStatus:
    text = desk.cipher.decrypt(LenderEvent.result_cipher, row)
    state: Any = row.state
    return EventStatus(row.event_id, row.kind, state, json.loads(text) if text else {})


def _accepting(desk: Desk) -> UUID:
    return uuid5(desk.workspace.id, "accept events")


def _kind(row: LenderEvent) -> Kind:
    kind: Any = row.kind
    return kind


def _family(row: LenderEvent) -> Family:
    return _FAMILIES.get(_kind(row), "loan")


def _right(kind: Kind) -> Literal["report_loans", "report_calls", "report_payments"]:
    if kind == "call_finished":
        return "report_calls"
    return "report_loans" if kind in LOAN_EVENTS else "report_payments"


def _require(desk: Desk, kind: Kind) -> None:
    match _right(kind):
        case "report_loans":
            require(desk, "report_loans")
        case "report_calls":
            require(desk, "report_calls")
        case "report_payments":
            require(desk, "report_payments")

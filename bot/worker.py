"""The worker of a workspace: announce once a second what has fallen due."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import structlog

import desk.registrations  # noqa: F401  (what is left to the worker, and what an Undo corrects)
from bot import monitoring
from bot.steps import Steps
from desk.calls.repeated_lines import forget_lines
from desk.core.audit_chain import seal_next
from desk.core.dataclass import dataclass
from desk.core.recomputations import recompute_pending
from desk.core.retention import forget_old
from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk, Office
from desk.exports.building import forget_exports
from desk.files.upkeep import forget_unfiled
from desk.follow_ups.appointments import appointments_due, remind_of_appointments
from desk.follow_ups.collection_steps import escalate_steps, remind_of_steps, steps_due, steps_missed
from desk.follow_ups.escalations import second_level_due, tell_second_level
from desk.follow_ups.replanning import loans_to_replan, replan_loans
from desk.lender.events import next_ids
from desk.loans.indexing import index_next
from desk.messages.compliance import report_to_compliance
from desk.messages.digests import digests_due, queue_due_digests
from desk.messages.news import tell_news
from desk.messages.reminders import announce_due, escalate_due, escalations_due, reminders_due
from desk.messages.set_aside import report_set_aside
from desk.people.working_time import absences_to_begin, absences_to_end, begin_absences, end_absences
from desk.repayment.promises import settle_promises
from desk.retention.sweeping import finish_deleting
from desk.telephony.applying import apply_phone_calls, forget_phone_calls, phone_calls_due
from handlers.api.events import apply_events
from storage.engine.trouble import is_outage, log_fields
from storage.queries.core.due_rows import chores_due, waiting
from storage.queries.follow_ups.appointments import APPOINTMENTS
from storage.queries.follow_ups.collection_steps import MISSED, STEPS
from storage.queries.follow_ups.escalations import SECOND_LEVEL
from storage.queries.follow_ups.replanning import REPLANNING
from storage.queries.lender.events import LENDER_EVENTS
from storage.queries.messages.due_scan import DIGESTS, ESCALATIONS, REMINDERS
from storage.queries.people.absences import ABSENCES, BEGINNINGS
from storage.queries.telephony.phone_calls import PHONE_CALLS
from storage.tables import Workspace

if TYPE_CHECKING:
    from bot.served import ServedWorkspace

log = structlog.get_logger()

TICK_SECONDS = 1.0
RING_TICK_SECONDS = 0.5


CHORES: tuple[Callable[..., Awaitable[object]], ...] = (
    recompute_pending,
    end_absences,
    begin_absences,
    apply_events,
    settle_promises,
    replan_loans,
    announce_due,
    escalate_due,
    tell_second_level,
    remind_of_appointments,
    remind_of_steps,
    escalate_steps,
    queue_due_digests,
    tell_news,
    apply_phone_calls,
    forget_phone_calls,
    forget_old,
    forget_lines,
    forget_unfiled,
    forget_exports,
    finish_deleting,
    index_next,
    seal_next,
    report_to_compliance,
    report_set_aside,
)
"""The chores of a round, each in its own transaction."""

UPKEEP: tuple[Callable[..., Awaitable[object]], ...] = (
    recompute_pending,
    forget_old,
    forget_lines,
    forget_unfiled,
    finish_deleting,
    index_next,
    seal_next,
)
"""Those that send nothing: they go on where the app was removed from Slack, because what is kept for a time is kept no longer."""

REPEATED: Mapping[Callable[..., Awaitable[object]], int] = {
    recompute_pending: 50,
    apply_events: 30,
    replan_loans: 20,
    index_next: 20,
    forget_old: 10,
    forget_lines: 10,
    forget_unfiled: 10,
    forget_exports: 10,
    finish_deleting: 10,
    seal_next: 10,
    settle_promises: 10,
    apply_phone_calls: 50,
    tell_news: 10,
}
"""The most batches of a chore in one round, each in its own transaction; the other chores get their turn then."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a chore works on. `due` returns the rows, in groups that belong together; the chore does those it is given.

    A row with which it fails is set aside under `name`, and the chore's queries leave it alone for a while.
    """

    name: str
    due: Callable[[Desk], Awaitable[Sequence[Sequence[UUID]]]]


ROWS: Mapping[Callable[..., Awaitable[object]], Rows] = {
    begin_absences: Rows(BEGINNINGS, absences_to_begin),
    end_absences: Rows(ABSENCES, absences_to_end),
    apply_events: Rows(LENDER_EVENTS, next_ids),
    replan_loans: Rows(REPLANNING, loans_to_replan),
    announce_due: Rows(REMINDERS, reminders_due),
    escalate_due: Rows(ESCALATIONS, escalations_due),
    tell_second_level: Rows(SECOND_LEVEL, second_level_due),
    remind_of_appointments: Rows(APPOINTMENTS, appointments_due),
    remind_of_steps: Rows(STEPS, steps_due),
    escalate_steps: Rows(MISSED, steps_missed),
    queue_due_digests: Rows(DIGESTS, digests_due),
    apply_phone_calls: Rows(PHONE_CALLS, phone_calls_due),
}
"""The chores in which one row could hold up the others."""


async def do_chores(
    office: Office, workspace: Workspace, chores: Sequence[Callable[..., Awaitable[object]]] | None = None
) -> bool:
    """Do one round of `chores`, or else of all; one that fails is logged and left to the next round. Return False when all
    failed."""
    chores = CHORES if chores is None else chores
    failed = 0
    due: frozenset[str] | None = None
    for chore in chores:
        try:
            if chore in ROWS and ROWS[chore].name in waiting():
                due = due if due is not None else await _due(office, workspace)
                if ROWS[chore].name not in due:
                    continue
            await _do(office, workspace, chore)
        except Exception as error:  # one chore must not stop the others
            log.error("chore_failed", chore=chore.__name__, **log_fields(error))
            monitoring.CHORES_FAILED.labels(chore.__name__).inc()
            failed += 1
    return failed < len(chores)


async def _due(office: Office, workspace: Workspace) -> frozenset[str]:
    """Return which of the chores that wait for an instant have something to do: in most rounds none."""
    async with office.reading_desk(workspace) as desk:
        return await chores_due(desk.session, desk.now)


async def _do(office: Office, workspace: Workspace, chore: Callable[..., Awaitable[object]]) -> None:
    try:
        for _ in range(REPEATED.get(chore, 1)):
            async with office.desk(workspace) as desk:
                if not await chore(desk):
                    return
    except Exception as error:
        if chore not in ROWS or is_outage(error):
            raise
        await _do_apart(office, workspace, chore, ROWS[chore])


async def _do_apart(office: Office, workspace: Workspace, chore: Callable[..., Awaitable[object]], rows: Rows) -> None:
    """Do what is due group by group, and a group that fails row by row, each in a transaction of its own."""
    async with office.reading_desk(workspace) as desk:
        groups = await rows.due(desk)
    for group in groups:
        if len(group) > 1 and await _try(office, workspace, chore, group) is None:
            continue
        for row_id in group:
            error = await _try(office, workspace, chore, [row_id])
            if error is not None:
                monitoring.CHORES_FAILED.labels(chore.__name__).inc()
                async with office.desk(workspace) as desk:
                    await set_aside(desk, rows.name, row_id, error)


async def _try(
    office: Office, workspace: Workspace, chore: Callable[..., Awaitable[object]], ids: Sequence[UUID]
) -> Exception | None:
    """Do these rows. Return the error if that failed, and raise an outage."""
    try:
        async with office.desk(workspace) as desk:
            await chore(desk, ids)
    except Exception as error:
        if is_outage(error):
            raise
        return error
    return None


class HasRounds(Protocol):
    """A part of a worker's work."""

    async def round(self) -> object:
        """Do what is due."""
        ...


@dataclass(slots=True)
class Worker:
    """Do the work of one workspace until stopped. `worked_at`: when the last complete round of chores started."""

    served: "ServedWorkspace"
    worked_at: datetime | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _steps: Steps = field(default_factory=Steps)

    async def start(self) -> None:
        """Start the rounds, and apart from them what may take minutes."""
        served = self.served
        self._begin(self._work())
        if served.office.files is not None:
            self._begin(_apart("files_not_tended", served.fetcher, served.sweeper, served.cases))
            self._begin(_apart("exports_not_made", served.exports))
            self._begin(_apart("files_not_sent", served.uploads))
            self._begin(_apart("files_not_imported", served.importer))
        if served.rings is not None:  # the phone system may be slow, and who pressed waits
            self._begin(_apart("rings_not_done", served.rings, every=RING_TICK_SECONDS))
        if served.stamps is not None:  # the authority may be away for days
            self._begin(_apart("head_not_stamped", served.stamps))

    async def stop(self) -> None:
        """Finish the step of the round that is at work. What runs apart from it is broken off, and begins again where it was."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._steps.finish()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work, name=work.__qualname__))

    async def _work(self) -> None:
        served = self.served
        beside: tuple[tuple[str, HasRounds], ...] = (
            ("home_not_kept", served.homes),
            ("nightly_look_failed", served.look),
            ("audit_head_not_written", served.heads),
            ("erased_list_not_written", served.erased),
        )
        while True:
            await self._steps.do(self._chores())
            for failed, part in beside:
                await self._steps.do(_try_round(failed, part))
            await asyncio.sleep(TICK_SECONDS)

    async def _chores(self) -> None:
        started_at = self.served.office.clock.now()
        if await do_chores(self.served.office, self.served.workspace):
            self.worked_at = started_at


async def _apart(failed: str, *parts: HasRounds, every: float | None = None) -> None:
    """Do rounds of these parts, with a pause of a second or of `every`."""
    while True:
        for part in parts:
            await _try_round(failed, part)
        await asyncio.sleep(TICK_SECONDS if every is None else every)


async def _try_round(failed: str, part: HasRounds) -> None:
    """Do a round, which must stop nothing else: what it raises is logged as `failed`, and the next round tries again."""
    try:
        await part.round()
    except Exception as error:
        log.error(failed, **log_fields(error))

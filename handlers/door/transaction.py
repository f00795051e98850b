"""The transaction of a request: time limit, claim of the delivery, member, stored answer, and what is said when it fails."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from sqlmodel.ext.asyncio.session import AsyncSession

from desk.core import deliveries
from desk.core.errors import DeskError, NotAllowed
from desk.core.transaction import Desk, Office
from handlers.door.answers import read_answer, write_answer
from handlers.door.directory import Directory, DirectoryEntries
from handlers.door.interactions import Interaction
from handlers.door.language import Language, Languages
from handlers.door.request import Answer, FormErrors, Request
from handlers.messages.refusals.errors import Failure
from storage.engine.trouble import Trouble, is_outage, log_fields
from storage.engine.trouble import trouble as trouble_of
from storage.queries.people import members
from storage.tables import Member, Workspace

log = structlog.get_logger()

ANSWER_SECONDS = 1.8
"""How long a request may take before its sender is told what is known: Slack gives up after 3 s."""

LANGUAGE_SECONDS = 0.7
"""How long Slack may take to name the language of a sender who is not a member."""

Measure = Callable[[str, str, float], None]
"""Is told of each request: its name, its outcome, the seconds it took."""

T = TypeVar("T")


class Transactions:
    """Single entry point for Slack requests: deduplicate, look up the member, run one handler in one transaction, and store
    the answer for retries."""

    def __init__(self, office: Office, workspace: Workspace, directory: Directory, measure: Measure) -> None:
        self._office = office
        self._workspace = workspace
        self._directory = directory
        self._measure = measure
        self._tasks: set[asyncio.Task[Any]] = set()
        self.languages = Languages(workspace)

    async def run(self, interaction: Interaction) -> Answer | FormErrors | None:
        """Return the answer once the work is committed, or what to say instead. Raises nothing."""
        progress = _Progress(self.languages.of_user(interaction.delivery.user_id))
        reference = new_reference()
        began = perf_counter()
        with structlog.contextvars.bound_contextvars(reference=reference, delivery=interaction.delivery.key):
            try:
                entries = await self._look_up(interaction)
                task = asyncio.create_task(self._handle(interaction, entries, progress))
                if await self._ended(task, ANSWER_SECONDS):
                    return task.result()
                wrong, progress.outcome = trouble_of(progress.session, None) or Trouble.LATE, "database_trouble"
                log.error("database_trouble", error="too_slow")
            except DeskError as refused:
                progress.outcome = "refused"
                if refused.code == "not_a_member":
                    await self._learn_language(interaction, progress)
                return interaction.refusal(progress.language, refused)
            except _SlackSilentError:
                wrong, progress.outcome = Failure.SLACK, "slack_trouble"
                log.exception("slack_trouble")
            except Exception as error:  # the sender reads our words for it, instead of Slack's for no answer
                wrong = trouble_of(progress.session, error) or Failure.BUG
                progress.outcome, event = _failure(error)
                log.error(event, **log_fields(error))
            finally:
                self._measure(interaction.name, progress.outcome, perf_counter() - began)
        return interaction.trouble(progress.language, wrong, reference)

    async def read(
        self,
        name: str,
        user_id: str,
        read: Callable[[Request], Awaitable[T]],
        default: T,
        seconds: float | None = None,
    ) -> T:
        """Return what `read` returns for a member; `default` for others, and when the database is away or slow."""
        began = perf_counter()
        try:
            task = asyncio.create_task(self._read(user_id, read, default))
            return task.result() if await self._ended(task, seconds or ANSWER_SECONDS) else default
        except Exception as error:
            outcome, event = _failure(error)
            log.error(event, looking=name, **log_fields(error))
            self._measure(name, outcome, perf_counter() - began)
            return default

    async def write(self, write: Callable[[Desk], Awaitable[object]], user_id: str = "") -> None:
        """Write something for a member (nothing for others), or without `user_id` for the desk itself, in a transaction of
        its own. Raises what the database raises."""
        async with self._office.desk(self._workspace) as desk:
            desk.actor = await _present_member(desk, user_id) if user_id else None
            if desk.actor is not None or not user_id:
                await write(desk)

    async def note(
        self, note: Callable[[Desk], Awaitable[object]], seconds: float, failure: str, user_id: str = "", **facts: str
    ) -> None:
        """Write, as `write` does, what the answer does not depend on. Give it up after `seconds`; if the database refuses it,
        log `failure` with `facts`."""

        async def attempt() -> None:
            try:
                await self.write(note, user_id)
            except Exception as error:
                log.warning(failure, **facts, **log_fields(error))

        await self._ended(asyncio.create_task(attempt()), seconds)

    async def _handle(
        self, interaction: Interaction, entries: DirectoryEntries, progress: "_Progress"
    ) -> Answer | None:
        delivery = interaction.delivery
        async with self._office.desk(self._workspace) as desk:
            progress.session = desk.session
            member = await _present_member(desk, delivery.user_id)
            if member is not None:
                progress.language = self.languages.of_member(member)
            elif (person := entries.people.get(delivery.user_id)) is not None:
                progress.language = Languages.of_person(person)
            if (earlier := await deliveries.claim(desk, delivery.key)) is not None:
                progress.outcome = "repeat"
                return read_answer(earlier)
            if member is None and not interaction.for_non_members:
                raise NotAllowed("not_a_member")
            desk.actor = member
            request = await interaction.request(desk, progress.language, entries)
            answer = await interaction.answer(request, await interaction.handler(request))
            await deliveries.store_answer(desk, delivery.key, write_answer(answer))
        progress.outcome = "done"
        return answer

    async def _look_up(self, interaction: Interaction) -> DirectoryEntries:
        try:
            return await self._directory.look_up(interaction.lookup_ids)
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _SlackSilentError from error

    async def _learn_language(self, interaction: Interaction, progress: "_Progress") -> None:
        """Ask Slack for the language of a sender who is not a member; a slow Slack leaves it the workspace's."""
        with contextlib.suppress(SlackApiError, aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(LANGUAGE_SECONDS):
                person = await self._directory.person(interaction.delivery.user_id)
            if person is not None:
                progress.language = Languages.of_person(person)

    async def _read(self, user_id: str, read: Callable[[Request], Awaitable[T]], default: T) -> T:
        async with self._office.reading_desk(self._workspace) as desk:
            member = await _present_member(desk, user_id)
            if member is None:
                return default
            desk.actor = member
            language = self.languages.of_member(member)
            return await read(Request(desk=desk, t=language.t, zone=language.zone, channel_id=""))

    async def _note(
        self, note: Callable[[Desk], Awaitable[object]], failure: str, user_id: str, facts: dict[str, str]
    ) -> None:
        try:
            async with self._office.desk(self._workspace) as desk:
                desk.actor = await _present_member(desk, user_id) if user_id else None
                if desk.actor is not None or not user_id:
                    await note(desk)
        except Exception as error:
            log.warning(failure, **facts, **log_fields(error))

    async def _look_at(self, read: Callable[[Desk], Awaitable[T]], default: T) -> T:
        try:
            async with self._office.reading_desk(self._workspace) as desk:
                return await read(desk)
        except Exception as error:
            log.error("names_not_found", **log_fields(error))
            return default

    async def _ended(self, task: asyncio.Task[Any], seconds: float) -> bool:
        """Wait for the task, and say whether it has finished; after `seconds` cancel it: a cancelled task rolls back."""
        self._tasks.add(task)
        task.add_done_callback(self._discard)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        return bool(done)

    def _discard(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # its caller knows by now; asyncio need not report it


@dataclass(slots=True)
class _Progress:
    """How far a request came: the language of its answer, the session it opened, and its outcome for metrics."""

    language: Language
    session: AsyncSession | None = None
    outcome: str = "error"


class _SlackSilentError(Exception):
    """Slack did not say who or which channel is meant."""


def _failure(error: Exception) -> tuple[str, str]:
    """Return the outcome in the metrics and the event in the log."""
    return ("database_trouble", "database_trouble") if is_outage(error) else ("error", "mishap")


async def _present_member(desk: Desk, slack_user_id: str) -> Member | None:
    member = await members.by_slack_id(desk.session, desk.workspace.id, slack_user_id)
    return member if member is not None and member.removed_at is None else None


_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, so that no sign is mistaken for another when it is read out loud or copied by hand."""


def new_reference() -> str:
    """Return a reference of eight signs in two groups: `7F3K-92QD`."""
    signs = "".join(_SIGNS[byte % 32] for byte in os.urandom(8))
    return f"{signs[:4]}-{signs[4:]}"

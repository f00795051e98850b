"""The transaction of a request: time limit, deduplication, member, stored answer, and the answer to a failure."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from desk.core import deliveries, disclosures
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid, NotAllowed
from desk.core.transaction import Desk, Office, Origin
from desk.loans import lookup
from desk.people import accounts
from desk.people.members import is_at_desk
from desk.people.team import Candidate
from handlers.door.answers import read_answer, write_answer
from handlers.door.directory import Directory, DirectoryEntries, candidate_of
from handlers.door.interactions import Interaction
from handlers.door.language import Language, Languages
from handlers.door.request import Answer, FormErrors, Request
from handlers.door.timed_tasks import TimedTasks
from handlers.messages.refusals.errors import Failure
from handlers.messages.unreadable import in_words
from storage.engine import trouble
from storage.engine.trouble import is_outage, log_fields
from storage.engine.work import Work
from storage.queries.people import members
from storage.tables import Member, Workspace

log = structlog.get_logger()

ANSWER_SECONDS = 1.8
"""Time limit of a request, after which its sender is told what is known. Slack gives up after 3 s."""

LOOK_UP_SECONDS = 1.0
"""How much of it may be spent on asking Slack about people and channels. Nothing is written before their answer."""

MOST_LOOKED_UP = 20
"""Most people and channels that one request may name where Slack is asked about them: Slack allows about 100 a minute."""

LANGUAGE_SECONDS = 0.7
"""Time limit for asking Slack for the language of a sender who is not a member."""

KEEPING_SECONDS = 0.7
"""Time limit for keeping what the buttons of a refusal need; without it the refusal has none."""

REFUSAL_SECONDS = 0.4
"""Time limit for recording a refused attempt, before its sender reads the refusal."""

_HIDDEN = ("unknown_loan", "unknown_loan_pressed")
"""Refusals that say no more of a loan that the sender may not see than of one that does not exist."""

_FORMS = 500
"""Of how many open forms this process remembers what their search fields have shown."""

Measure = Callable[[str, str, float], None]
"""Records a request in the metrics: its name, its outcome, and the seconds it took."""

T = TypeVar("T")


class Transactions:
    """Single entry point for Slack requests: deduplicate, look up the member, run one handler in one transaction, and store
    the answer for retries."""

    def __init__(self, office: Office, workspace: Workspace, directory: Directory, measure: Measure) -> None:
        self._office = office
        self._workspace = workspace
        self._directory = directory
        self._measure = measure
        self._tasks = TimedTasks()
        self.languages = Languages(workspace)
        self._shown_in: dict[str, frozenset[UUID]] = {}

    async def run(self, interaction: Interaction) -> Answer | FormErrors | None:
        """Return the answer once the work is committed, or the answer to its refusal or failure. Raises nothing."""
        progress = _Progress(self.languages.of_user(interaction.delivery.user_id))
        reference = new_reference()
        began = perf_counter()
        with structlog.contextvars.bound_contextvars(reference=reference, delivery=interaction.delivery.key):
            try:
                progress.origin = Origin(interaction.name, reference)
                task = asyncio.create_task(self._handle(interaction, progress))
                if await self._tasks.ended(task, ANSWER_SECONDS):
                    return task.result()
                wrong, progress.outcome = trouble.trouble(progress.session, None), "database_trouble"
                log.error("database_trouble", error="too_slow")
            except DeskError as refused:
                progress.outcome = "refused"
                await self._record_refusal(interaction, progress, refused)
                if refused.code == "not_a_member":
                    await self._learn_language(interaction, progress)
                elif interaction.offers(refused):
                    keep = partial(interaction.keep, language=progress.language, error=refused)
                    await self.note(keep, KEEPING_SECONDS, "line_not_kept", interaction.delivery.user_id)
                return interaction.refusal(progress.language, refused)
            except _SlackSilentError:
                wrong, progress.outcome = Failure.SLACK, "slack_trouble"
                log.exception("slack_trouble")
            except Exception as error:  # without an answer, Slack would show the sender its own error
                wrong = trouble.trouble(progress.session, error) or Failure.BUG
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
        form: str = "",
    ) -> T:
        """Return what `read` returns for a member, or `default` for others and when the database is away or slow.

        What it shows of loans is recorded, of those that a `form` (its member and view) shows again and again once.
        """
        began = perf_counter()
        try:
            task = asyncio.create_task(self._read(Origin(name, new_reference()), user_id, read, default, form))
            return task.result() if await self._tasks.ended(task, seconds or ANSWER_SECONDS) else default
        except Exception as error:
            outcome, event = _failure(error)
            log.error(event, looking=name, **log_fields(error))
            self._measure(name, outcome, perf_counter() - began)
            return default

    async def write(self, write: Callable[[Desk], Awaitable[object]], user_id: str = "") -> None:
        """Write in a separate transaction: as the member (nothing for others), or without `user_id` as the desk itself.
        Raises what the database raises."""
        async with self._office.desk(self._workspace) as desk:
            desk.actor = await _present_member(desk, user_id) if user_id else None
            if desk.actor is not None or not user_id:
                await write(desk)

    async def note(
        self, note: Callable[[Desk], Awaitable[object]], seconds: float, failure: str, user_id: str = "", **facts: str
    ) -> None:
        """Write, as `write` does, what the answer does not depend on. Cancel it after `seconds`; log a failure of the
        database as `failure` with `facts`."""

        async def attempt() -> None:
            try:
                await self.write(note, user_id)
            except Exception as error:
                log.warning(failure, **facts, **log_fields(error))

        await self._tasks.ended(asyncio.create_task(attempt()), seconds)

    async def _entries(self, interaction: Interaction, progress: "_Progress") -> DirectoryEntries:
        """Look up in Slack what a member's request needs. A request of others costs no look-up."""
        wanted = tuple(dict.fromkeys(interaction.lookup_ids))
        if not wanted:
            return DirectoryEntries()
        if not interaction.for_non_members:
            await self._require_member(interaction.delivery.user_id, progress)
        if len(wanted) > MOST_LOOKED_UP:
            raise Invalid("too_many_named", most=MOST_LOOKED_UP)
        return await self._look_up(wanted)

    async def _require_member(self, slack_user_id: str, progress: "_Progress") -> None:
        async with self._office.reading_desk(self._workspace) as desk:
            member = await _present_member(desk, slack_user_id)
        if member is None:
            raise NotAllowed("not_a_member")
        progress.language = self.languages.of_member(member)

    async def account_changed(self, user: dict[str, Any]) -> None:
        """Follow a change of a user's account, if they are a member. Without a database, the nightly look finds it.

        Slack is asked how the account is now, because events may come late and out of order.
        """
        try:
            async with self._office.reading_desk(self._workspace) as desk:
                member = await members.by_slack_id(desk.session, desk.workspace.id, user["id"])
            if member is None or member.removed_at is not None:
                return
            account = candidate_of(user, zone=member.zone, locale=member.locale)
            if accounts.differs(member, account):
                account = await self._as_it_is_now(member, account)
                await self.write(partial(accounts.follow, account=account))
        except Exception as error:
            log.error("account_not_followed", user=user["id"], **log_fields(error))

    async def _as_it_is_now(self, member: Member, told: Candidate) -> Candidate:
        try:
            present = await self._directory.person(member.slack_user_id, zone=member.zone, locale=member.locale)
        except Exception as error:
            log.warning("account_not_looked_up", user=member.slack_user_id, **log_fields(error))
            return told
        return present or told

    async def _handle(self, interaction: Interaction, progress: "_Progress") -> Answer | None:
        entries, delivery = await self._entries(interaction, progress), interaction.delivery
        async with self._office.desk(self._workspace) as desk:
            progress.session = desk.session
            member = await _present_member(desk, delivery.user_id)
            if member is not None:
                progress.language = self.languages.of_member(member)
            elif (person := entries.people.get(delivery.user_id)) is not None:
                progress.language = self.languages.of_stranger(person.newcomer)
            claimed = await deliveries.claim(desk, delivery.key)
            if claimed.answer is not None:
                progress.outcome = "repeat"
                return read_answer(claimed.answer)
            if member is None and not interaction.for_non_members:
                raise NotAllowed("not_a_member")
            desk.actor, desk.origin = member, progress.origin
            request = await interaction.request(desk, progress.language, entries)
            try:
                answer = await interaction.answer(request, await interaction.handler(request))
            except DeskError as error:
                refused = await interaction.refused(request, error)
                progress.disclosed = await disclosures.disclosed(desk)
                raise in_words(desk, request.t, refused) from error.__cause__
            answer = in_words(desk, request.t, answer)
            if member is not None:
                await disclosures.record_disclosure(desk, interaction.what)
            deliveries.store_answer(desk, claimed, write_answer(answer))
        progress.outcome = "done"
        return answer

    async def _record_refusal(self, interaction: Interaction, progress: "_Progress", refused: DeskError) -> None:
        """Record an attempt to do or see what the sender may not, and what a refusal shows of loans."""
        user_id = interaction.delivery.user_id
        if refused.code == "not_a_member":
            note = partial(disclosures.record_refusal, code=refused.code, stranger=user_id)
            user_id = ""
        elif isinstance(refused, NotAllowed) or refused.code in _HIDDEN:
            note = partial(lookup.record_refused, error=refused, named=interaction.named_loan())
        elif progress.disclosed and refused.params.get("choices"):
            note = partial(disclosures.record_shown, what="choices", shown=progress.disclosed)
        else:
            return

        async def write(desk: Desk) -> None:
            desk.origin = progress.origin
            await note(desk)

        await self.note(write, REFUSAL_SECONDS, "refusal_not_recorded", user_id, door=interaction.name)

    async def _look_up(self, slack_ids: Sequence[str]) -> DirectoryEntries:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return await self._directory.look_up(slack_ids)
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _SlackSilentError from error

    async def _learn_language(self, interaction: Interaction, progress: "_Progress") -> None:
        """Ask Slack once for the language of a sender who is not a member; without an answer, keep the workspace's."""
        if self.languages.knows(interaction.delivery.user_id):
            return
        with contextlib.suppress(SlackApiError, aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(LANGUAGE_SECONDS):
                person = await self._directory.person(interaction.delivery.user_id)
            if person is not None:
                progress.language = self.languages.of_stranger(person.newcomer)

    async def _read(
        self, origin: Origin, user_id: str, read: Callable[[Request], Awaitable[T]], default: T, form: str
    ) -> T:
        async with self._office.disclosing_desk(self._workspace) as desk:
            member = await _present_member(desk, user_id)
            if member is None:
                return default
            desk.actor, desk.origin = member, origin
            language = self.languages.of_member(member)
            result = in_words(desk, language.t, await read(Request(desk, language.t, language.zone, channel_id="")))
            if form:
                desk.discloses = "suggestions"
            before = self._shown_in.get(form, frozenset())
            shown = await disclosures.record_disclosure(desk, "answer", but=before)
        if form and shown:
            self._shown_in.pop(form, None)
            self._shown_in[form] = before | shown
            if len(self._shown_in) > _FORMS:
                del self._shown_in[next(iter(self._shown_in))]
        return result


@dataclass(slots=True)
class _Progress:
    """What is known of a request so far: the language of its answer, its session, its outcome for the metrics, where it came in,
    and of which loans a refused one had read."""

    language: Language
    session: Work | None = None
    outcome: str = "error"
    origin: Origin | None = None
    disclosed: frozenset[UUID] = frozenset()


class _SlackSilentError(Exception):
    """Slack did not answer which person or channel is meant."""


def _failure(error: Exception) -> tuple[str, str]:
    """Return the outcome for the metrics and the event for the log."""
    return ("database_trouble", "database_trouble") if is_outage(error) else ("error", "mishap")


async def _present_member(desk: Desk, slack_user_id: str) -> Member | None:
    member = await members.by_slack_id(desk.session, desk.workspace.id, slack_user_id)
    return member if member is not None and is_at_desk(member) else None


_CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which are easily mistaken when a reference is read out or copied by hand."""


def new_reference() -> str:
    """Return a reference of eight characters in two groups: `7F3K-92QD`."""
    characters = "".join(_CHARACTERS[byte % 32] for byte in os.urandom(8))
    return f"{characters[:4]}-{characters[4:]}"

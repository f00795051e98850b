"""The one way in: claims the delivery, finds out who stands there, runs one handler, keeps its answer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from sqlmodel.ext.asyncio.session import AsyncSession

from desk.core import deliveries, drafts
from desk.core.errors import DeskError, NotAllowed, NotFound
from desk.core.transaction import Desk, Office
from desk.messages.home import published
from desk.messages.notices import native_refused
from handlers.door.answers import read_answer, write_answer
from handlers.door.directory import Directory, Looked
from handlers.door.language import Spoken
from handlers.door.mentions import names_in, new_reference, readable, with_names
from handlers.door.request import (
    Answer,
    Beneath,
    Command,
    Delivery,
    Open,
    PressHandler,
    Refused,
    Reply,
    Rewrite,
    Seen,
    Served,
    SuggestHandler,
    Visit,
)
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import BENEATH, PRODUCT, Option, View, block_id, loading, message_modal
from handlers.messages.block_kit.writer import unescaped
from handlers.messages.refusals.errors import Failure, refusal, trouble
from storage.engine.trouble import Trouble, is_outage, log_fields
from storage.engine.trouble import trouble as trouble_of
from storage.queries.people import members
from storage.tables import Member, Workspace

log = structlog.get_logger()

ANSWER_SECONDS = 1.8
"""How long a delivery may be at work before its sender is told what is known: Slack gives up after 3 s."""

KEEPING_SECONDS = 0.7
"""How long a form that was refused may be written down before it is answered."""

KNOWING_SECONDS = 0.7
"""How long Slack may take to say what language somebody reads who is no member."""

NOTING_SECONDS = 0.4
"""How long it may take to write down that Slack refuses tables, before the answer is given without them."""

T = TypeVar("T")

_Refusal = Callable[[Translator, ZoneInfo, DeskError], Answer | Refused | None]
_Trouble = Callable[[Translator, Trouble | Failure, str], Answer | Refused | None]


class Front:
    """Serves commands, presses and forms for one workspace."""

    def __init__(
        self,
        office: Office,
        workspace: Workspace,
        directory: Directory,
        commands: Mapping[str, Command],
        presses: Mapping[str, PressHandler],
        forms: Mapping[str, Form],
        suggestions: Mapping[str, SuggestHandler],
        for_anybody: frozenset[str] = frozenset(),
        served: Served = lambda _name, _outcome, _seconds: None,
        beneath: Beneath | None = None,
    ) -> None:
        self._office = office
        self._workspace = workspace
        self._directory = directory
        self._commands = commands
        self._presses = presses
        self._forms = forms
        self._suggestions = suggestions
        self._for_anybody = for_anybody
        self._at_work: set[asyncio.Task[Any]] = set()
        self._served = served
        self._beneath = beneath
        self._spoken = Spoken(workspace)

    async def command(self, name: str, text: str, delivery: Delivery) -> Answer | None:
        """The answer to a slash command, after what it does has been committed."""
        command, line = self._commands[name], f"{name} {text}".strip()
        names: dict[str, str] = {}

        async def run(visit: Visit) -> Answer:
            names.update(await names_in(visit.desk, line))
            answer = await command.run(replace(visit, text=text))
            return Reply(answer) if isinstance(answer, Message) else answer

        async def look() -> Looked:
            return await self._directory.look(text)

        answer = await self._serve(
            name,
            delivery,
            run,
            lambda t, zone, error: Reply(refusal(t, with_names(error, names), zone, line=readable(line, names))),
            lambda t, kind, reference: Reply(trouble(t, kind, reference, line=line)),
            look=look if command.looks_up else None,
        )
        return None if isinstance(answer, Refused) else answer

    async def press(
        self, act: str, value: Mapping[str, Any], delivery: Delivery, *, seen: Seen | None = None, text: str = ""
    ) -> Answer | None:
        """The answer to a press, or None when the message itself will show what happened. A shortcut is a press too;
        `text` is that of the message on which it was chosen.

        Slack is asked about whomever the button names as `who`, and about somebody who may be no member.
        """
        handler, at = self._presses.get(act, _no_longer_served), seen or Seen()

        async def run(visit: Visit) -> Answer | None:
            there = replace(visit, value=value, text=text, form=at.form, private=at.private, typed=at.typed)
            answer = _where_seen(visit.t, await handler(there), seen)
            if at.form in self._forms or not isinstance(answer, Open | Rewrite):
                return answer
            return replace(answer, beneath=await self._under(there))

        anybody = act in self._for_anybody
        whom = delivery.user_id if anybody else str(value.get("who", ""))

        async def look() -> Looked:
            return await self._directory.look_up([whom])

        answer = await self._serve(
            act,
            delivery,
            run,
            lambda t, zone, error: _where_seen(t, Reply(refusal(t, error, zone)), seen),
            lambda t, kind, reference: _where_seen(t, Reply(trouble(t, kind, reference)), seen),
            look=look if whom else None,
            anybody=anybody,
        )
        return None if isinstance(answer, Refused) else answer

    async def submit(self, seen: Seen, delivery: Delivery) -> Rewrite | Refused | None:
        """What becomes of a form that was sent: what takes its place, what is wrong in it, or None: it closes."""
        form = self._forms[seen.form]

        async def run(visit: Visit) -> Rewrite | None:
            sent = replace(visit, form=seen.form, private=seen.private, typed=seen.typed)
            answer = await form.submit(sent)
            if form.keeps:
                await drafts.forget_form(visit.desk, form.kept_as(seen.private))
            if isinstance(answer, Message):
                view = message_modal(visit.t, answer, visit.t(form.title), _carried(seen))
                return Rewrite(view, await self._under(sent))
            return Rewrite(answer) if isinstance(answer, View) else None

        def beside(name: str, message: Message) -> Refused:
            return Refused({block_id(name, seen.private): message.text})

        async def look() -> Looked:
            return await self._directory.look_up(
                value for name in form.looks_up for value in _values(seen.typed.get(name, ()))
            )

        answer = await self._serve(
            seen.form,
            delivery,
            run,
            lambda t, zone, error: beside(form.field_of(error), refusal(t, error, zone)),
            lambda t, kind, reference: beside(form.main, trouble(t, kind, reference)),
            look=look,
        )
        assert not isinstance(answer, Reply | Open)
        if not isinstance(answer, Refused):
            return answer
        if form.keeps:
            await self._in_time(self._keep(delivery.user_id, seen), KEEPING_SECONDS)
        named = await self._in_time(self._named(answer), KEEPING_SECONDS)
        return named.result() if named is not None else answer

    async def _under(self, visit: Visit) -> View | None:
        if self._beneath is None or BENEATH not in visit.private:
            return None
        return await self._beneath(visit)

    async def _named(self, refused: Refused) -> Refused:
        """What stands beside a field is plain text: names in the place of ids."""
        names: Mapping[str, str] = {}
        try:
            async with self._office.reading_desk(self._workspace) as desk:
                names = await names_in(desk, " ".join(refused.errors.values()))
        except Exception as error:
            log.error("names_not_found", **log_fields(error))
        return Refused({block: unescaped(readable(text, names)) for block, text in refused.errors.items()})

    def mishap(self, error: Exception, user_id: str) -> Message:
        """Writes down an error that came from outside a delivery's transaction, and says what to tell whoever asked."""
        reference = new_reference()
        log.error("mishap", reference=reference, exc_info=error)
        return trouble(self._speaks(user_id), Failure.BUG, reference)

    async def suggest(self, source: str, words: str, user_id: str, *, seen: Seen | None = None) -> Sequence[Option]:
        """What a field offers for the words typed in it; nothing to somebody who is no member, or without a database."""
        at = seen or Seen()

        async def run(visit: Visit) -> Sequence[Option]:
            return await self._suggestions[source](replace(visit, text=words, private=at.private, typed=at.typed))

        return await self.quietly(source, run, user_id, ())

    async def quietly(self, name: str, run: Callable[[Visit], Awaitable[T]], user_id: str, otherwise: T) -> T:
        """What `run` sees for a member; `otherwise` for somebody who is none, or without a database."""
        began = perf_counter()
        try:
            task = await self._in_time(self._look(run, user_id, otherwise), ANSWER_SECONDS)
            return task.result() if task is not None else otherwise
        except Exception as error:
            outcome, event = _failure(error)
            log.error(event, looking=name, **log_fields(error))
            self._served(name, outcome, perf_counter() - began)
            return otherwise

    async def _look(self, run: Callable[[Visit], Awaitable[T]], user_id: str, otherwise: T) -> T:
        async with self._office.reading_desk(self._workspace) as desk:
            member = await _present_member(desk, user_id)
            if member is None:
                return otherwise
            desk.actor = member
            t, zone = self._spoken.to(member)
            return await run(Visit(desk=desk, t=t, zone=zone, channel_id=""))

    def loading(self, user_id: str) -> View:
        """What stands in a modal until the desk has looked everything up."""
        return loading(self._speaks(user_id))

    async def native_refused(self) -> None:
        """Slack refuses tables and charts in this workspace."""
        await self._in_time(self._note_refusal(), NOTING_SECONDS)

    def alone(self, message: Message, user_id: str) -> View:
        """A message in the place of what says that it comes."""
        return message_modal(self._speaks(user_id), message, PRODUCT)

    def _speaks(self, user_id: str) -> Translator:
        return self._spoken.last_to(user_id)[0]

    async def home_published(self, view: View, user_id: str, view_hash: str) -> None:
        """Slack shows this home now, and calls it so."""
        async with self._office.desk(self._workspace) as desk:
            desk.actor = await _present_member(desk, user_id)
            if desk.actor is not None:
                await published(desk, view.content(), view_hash, view.private)

    async def _serve(
        self,
        name: str,
        delivery: Delivery,
        run: Callable[[Visit], Awaitable[Answer | None]],
        on_refusal: _Refusal,
        on_trouble: _Trouble,
        *,
        look: Callable[[], Awaitable[Looked]] | None = None,
        anybody: bool = False,
    ) -> Answer | Refused | None:
        work = _Work(delivery, *self._spoken.last_to(delivery.user_id))
        reference = new_reference()
        began = perf_counter()
        with structlog.contextvars.bound_contextvars(reference=reference, delivery=delivery.key):
            try:
                looked = await _found(look)
                task = await self._in_time(self._work_off(work, run, looked, anybody), ANSWER_SECONDS)
                if task is not None:
                    return task.result()
                wrong, work.outcome = trouble_of(work.session, None), "database_trouble"
                log.error("database_trouble", error="too_slow")
            except DeskError as refused:
                work.outcome = "refused"
                if refused.code == "not_a_member":
                    await self._speak_as_they_do(work)
                return on_refusal(work.t, work.zone, refused)
            except _SlackSilentError:
                wrong, work.outcome = Failure.SLACK, "slack_trouble"
                log.exception("slack_trouble")
            except Exception as error:  # the sender reads our words for it, instead of Slack's for no answer
                wrong = trouble_of(work.session, error) or Failure.BUG
                work.outcome, event = _failure(error)
                log.error(event, **log_fields(error))
            finally:
                self._served(name, work.outcome, perf_counter() - began)
        return on_trouble(work.t, wrong, reference)

    async def _speak_as_they_do(self, work: "_Work") -> None:
        """From here on in the language of somebody whom only Slack knows; where Slack is slow, in the workspace's."""
        with contextlib.suppress(SlackApiError, aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(KNOWING_SECONDS):
                person = await self._directory.person(work.delivery.user_id)
            if person is not None:
                work.t, work.zone = Translator(person.locale), ZoneInfo(person.zone)

    async def _work_off(
        self, work: "_Work", run: Callable[[Visit], Awaitable[Answer | None]], looked: Looked, anybody: bool
    ) -> Answer | None:
        delivery = work.delivery
        async with self._office.desk(self._workspace) as desk:
            work.session = desk.session
            member = await _present_member(desk, delivery.user_id)
            if member is not None:
                work.t, work.zone = self._spoken.to(member)
            elif (person := looked.people.get(delivery.user_id)) is not None:
                work.t, work.zone = Translator(person.locale), ZoneInfo(person.zone)
            if (earlier := await deliveries.claim(desk, delivery.key)) is not None:
                work.outcome = "repeat"
                return read_answer(earlier)
            if member is None and not anybody:
                raise NotAllowed("not_a_member")
            desk.actor = member
            visit = Visit(desk=desk, t=work.t, zone=work.zone, channel_id=delivery.channel_id, looked=looked)
            answer = await run(visit)
            await deliveries.answered(desk, delivery.key, write_answer(answer))
        work.outcome = "done"
        return answer

    async def _in_time(self, work: Coroutine[Any, Any, T], seconds: float) -> "asyncio.Task[T] | None":
        """The work when it has ended by then, or None: then it will not be committed any more, and is undone meanwhile."""
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._let_go)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        return task if done else None

    async def _note_refusal(self) -> None:
        try:
            async with self._office.desk(self._workspace) as desk:
                await native_refused(desk)
        except Exception as error:
            log.warning("refusal_not_noted", **log_fields(error))

    def _let_go(self, task: asyncio.Task[Any]) -> None:
        self._at_work.discard(task)
        if not task.cancelled():
            task.exception()  # known by now, or nobody's any more

    async def _keep(self, user_id: str, seen: Seen) -> None:
        try:
            async with self._office.desk(self._workspace) as desk:
                desk.actor = await _present_member(desk, user_id)
                if desk.actor is not None:
                    await drafts.save_form(desk, self._forms[seen.form].kept_as(seen.private), seen.typed)
        except Exception as error:
            log.warning("form_not_kept", form=seen.form, **log_fields(error))


@dataclass(slots=True)
class _Work:
    """One delivery at work, and how far it came: whose language the answer is in, and which transaction it opened."""

    delivery: Delivery
    t: Translator
    zone: ZoneInfo
    session: AsyncSession | None = None
    outcome: str = "error"


class _SlackSilentError(Exception):
    """Slack did not say who is meant."""


async def _found(look: Callable[[], Awaitable[Looked]] | None) -> Looked:
    try:
        return await look() if look is not None else Looked()
    except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _SlackSilentError from error


def _failure(error: Exception) -> tuple[str, str]:
    """Return the outcome in the metrics and the event in the log."""
    return ("database_trouble", "database_trouble") if is_outage(error) else ("error", "mishap")


def _where_seen(t: Translator, answer: Answer | None, seen: Seen | None) -> Answer | None:
    """In a view there is no ephemeral answer: it stands in a modal, over the present one or in its place."""
    if seen is None or not isinstance(answer, Reply):
        return answer
    if answer.replaces:
        return Rewrite(message_modal(t, answer.message, seen.title, _carried(seen)))
    return Open(message_modal(t, answer.message, seen.title), answer.message)


def _carried(seen: Seen) -> dict[str, Any]:
    return {BENEATH: seen.private[BENEATH]} if BENEATH in seen.private else {}


async def _no_longer_served(_visit: Visit) -> Reply:
    raise NotFound("press_unknown")


async def _present_member(desk: Desk, slack_user_id: str) -> Member | None:
    member = await members.by_slack_id(desk.session, desk.workspace.id, slack_user_id)
    return member if member is not None and member.removed_at is None else None


def _values(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value

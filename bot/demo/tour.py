"""`loandesk demo --tour`: play a morning at the desk and the way of one loan over the wire, in Chinese and in English, and check
what is seen."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from bot.demo.loan_scripts import LOAN_IN_CHINESE, LOAN_IN_ENGLISH
from bot.demo.people import Person, channel_id
from bot.demo.scripts import CHINESE, ENGLISH, Check, Line, Press, Script, Wait
from bot.demo.setup import Demo, InProcess, SetUpError, open_demo
from desk.core.dataclass import dataclass
from sandbox import NotPossibleError
from sandbox.model import Message, text_of

console = Console(highlight=False, markup=False, soft_wrap=True)

START = datetime.fromisoformat("2026-11-25T08:00:00+08:00")
"""A Wednesday morning in Shanghai, before work begins."""


class MismatchError(Exception):
    """What the tour saw differs from the script."""


class ScriptClock:
    """A clock that only the script moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Tour:
    """A script in progress. `last` is the message seen last."""

    demo: Demo
    clock: ScriptClock
    last: Message | None = None

    async def play(self, script: Script) -> None:
        """Play the steps in order. Raise MismatchError at the first that differs from the script."""
        for step in script.steps:
            match step:
                case Wait():
                    await self._wait(step)
                case Line():
                    await self._type(step)
                case Press():
                    await self._press(step)
                case Check():
                    self._check_channel(step)

    async def _wait(self, step: Wait) -> None:
        """Move the clock to that time in steps of half an hour, with a round of the worker after each; another day begins half an
        hour before."""
        hour, minute = map(int, step.clock.split(":"))
        until = (START + timedelta(days=step.days)).replace(hour=hour, minute=minute).astimezone(UTC)
        if until - self.clock.at > timedelta(hours=12):
            self.clock.at = until - timedelta(hours=1)
        while self.clock.at < until:
            self.clock.at = min(until, self.clock.at + timedelta(minutes=30))
            await self.demo.runtime.round()
        day = f"{until.astimezone(START.tzinfo):%Y-%m-%d} " if step.days else ""
        console.print(f"\n— {day}{step.clock} —", style="bold")

    async def _type(self, step: Line) -> None:
        reply = await self.demo.type(step.who.slack_id, step.where or step.who.channel, step.line)
        self._show(step.who, step.line)
        if reply.error:
            raise MismatchError(f"{step.line}: {reply.error}")
        self.last = reply.message
        self._check(reply.full_text, step.expects, step.never)

    async def _press(self, step: Press) -> None:
        message = self.last if step.on is None else self._newest(step.where or step.who.channel, step.on)
        if message is None:
            raise MismatchError(f"nothing to press {step.button!r} on")
        try:
            press = await self.demo.sandbox.press(step.who.slack_id, message, step.button)
        except NotPossibleError as error:
            raise MismatchError(f"{step.button}: {error}") from None
        self._show(step.who, f"[{step.button}]")
        if press.error:
            raise MismatchError(f"{step.button}: {press.error}")
        self.last = press.shown
        self._check(text_of(self.last) if self.last else "", step.expects, step.never)
        await self.demo.runtime.round()

    def _check_channel(self, step: Check) -> None:
        message = self._newest(step.where, step.expects[0])
        if message is None:
            raise MismatchError(f"#{step.where} has no message with {step.expects[0]!r}")
        console.print(f"  #{step.where}", style="dim")
        self.last = message
        self._check(text_of(message), step.expects, step.never)
        pinged = {person.slack_id for person in step.pings}
        if step.pings is not None and set(message.notified) != pinged:
            raise MismatchError(f"pings {sorted(message.notified)}, not {sorted(pinged)}")

    def _newest(self, where: str, words: str) -> Message | None:
        messages = self.demo.sandbox.messages(channel_id(where))
        return next((m for m in reversed(messages) if words in text_of(m)), None)

    def _check(self, text: str, expects: tuple[str, ...], never: tuple[str, ...]) -> None:
        for line in (self.last.text if self.last else text).splitlines():
            console.print(f"    {line}")
        for words in expects:
            if words not in text:
                raise MismatchError(f"{words!r} is not in:\n{text}")
        for words in never:
            if words in text:
                raise MismatchError(f"{words!r} should not be in:\n{text}")

    def _show(self, who: Person, line: str) -> None:
        local = self.clock.at + timedelta(hours=8)
        console.print(f"\n  {local:%H:%M} {who.real_name}: {line}", style="cyan")


async def run_tour(*, socket: bool = False) -> int:
    """Play all scripts, over HTTP or Socket Mode. Return 0 if all went as they say, else 1."""
    for script in (CHINESE, ENGLISH, LOAN_IN_CHINESE, LOAN_IN_ENGLISH):
        console.rule(script.title)
        try:
            await _play_in_new_demo(script, socket=socket)
        except (MismatchError, SetUpError) as error:
            console.print(f"\nNOT AS IT SHOULD BE: {error}", style="red")
            return 1
    console.print("\nEverything went as it should.", style="green")
    return 0


async def _play_in_new_demo(script: Script, *, socket: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="loandesk-tour-") as folder:
        clock = ScriptClock(START)
        demo = await open_demo(
            Path(folder), clock, port=0, locale=script.locale, around_the_clock=False, runtime=InProcess(socket=socket)
        )
        try:
            await play(demo, clock, script)
        finally:
            await demo.close()


async def play(demo: Demo, clock: ScriptClock, script: Script) -> None:
    """Play a script on an open demo whose clock shows START. Raise MismatchError."""
    await Tour(demo, clock).play(script)
    if demo.sandbox.violations:
        raise MismatchError(f"Slack would refuse: {demo.sandbox.violations[0]}")

"""Say when the KMS is away while the desk runs. Nothing breaks: the keys are in memory. But no process could start again."""

import asyncio
import contextlib
import sys
from dataclasses import field

import structlog

from bot.settings import Settings
from desk.core.dataclass import dataclass
from storage.keys.errors import KeysError

log = structlog.get_logger()

WATCH_SECONDS = 300.0
"""Between two questions."""

ANSWER_SECONDS = 30.0
"""How long the KMS may take."""


@dataclass(slots=True)
class KeyWatch:
    """Asks the KMS now and then. `trouble` is what it said last, empty when all is well; None without a KMS."""

    settings: Settings
    seconds: float = WATCH_SECONDS
    answer_seconds: float = ANSWER_SECONDS
    trouble: str | None = None
    _task: asyncio.Task[None] | None = field(default=None)

    async def start(self) -> None:
        """Begin to ask, if the keys are wrapped. They have just been unwrapped: the first question is later."""
        if self.settings.wrapped_keys() is not None:
            self.trouble = ""
            self._task = asyncio.create_task(self._watch(), name="keys")

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask(self) -> None:
        """Ask once, and log a change."""
        said = await self._answer()
        if said and not self.trouble:
            log.error("key_store_away", why=said)
        elif self.trouble and not said:
            log.info("key_store_back")
        self.trouble = said

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.seconds)
            await self.ask()

    async def _answer(self) -> str:
        from storage.keys.probe import question  # a desk without a KMS does without its library

        try:
            wrapped = self.settings.wrapped_keys()
            if wrapped is None:
                return "the file has the keys in clear now"
            asked = question(self.settings.kms(), wrapped.wrapping_key, wrapped.known)
        except KeysError as error:
            return str(error)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "storage.keys.probe"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(self.answer_seconds):
                said, _ = await process.communicate(asked)
        except TimeoutError:
            return f"{self.settings.kms().place} has not answered for {self.answer_seconds:.0f} s"
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode == 0:
            return ""
        return said.decode(errors="replace").strip() or f"the library of {self.settings.kms().place} has crashed"

"""No short limit of time is kept in tests that ask something else: a machine that pauses would fail them by chance."""

import re
from pathlib import Path

from tests.conftest import LIMITS_OF_TIME

SHORT = 5.0
"""Seconds for which a busy machine may stand still."""

NO_LIMITS = {
    "bot.commands.reindexing._PAUSE_SECONDS",
    "bot.commands.retention._PAUSE_SECONDS",
    "bot.commands.serving._ARRIVING_SECONDS",
    "bot.commands.serving._GO_FIRST_SECONDS",
    "bot.heartbeat.BEAT_SECONDS",
    "bot.steps.FINISH_SECONDS",
    "bot.webhooks.client._ANSWER_SECONDS",
    "bot.worker.RING_TICK_SECONDS",
    "bot.worker.TICK_SECONDS",
    "sandbox.delivery.TIMEOUT_SECONDS",
    "sandbox.fault_scenarios.RETRY_SECONDS",
    "sandbox.fault_scenarios.SLOW_SECONDS",
}
"""Pauses, and limits behind which all goes on as well. The sandbox's own limit is set where it is started."""


def test_every_short_limit_is_lifted() -> None:
    short = set[str]()
    for folder in ("bot", "handlers", "desk", "storage", "sandbox"):
        for file in sorted(Path(folder).rglob("*.py")):
            for name, seconds in re.findall(
                r"^(\w*SECONDS)(?:: float)? = ([\d.]+)$", file.read_text("utf-8"), re.MULTILINE
            ):
                if float(seconds) <= SHORT:
                    short.add(f"{'.'.join(file.with_suffix('').parts)}.{name}")

    assert short - NO_LIMITS <= set(LIMITS_OF_TIME)
    assert short >= NO_LIMITS, "these are gone"

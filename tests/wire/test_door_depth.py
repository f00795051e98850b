"""How deep the way is from a request over HTTP to its first query: a reader of the code has to follow every step of it."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import event

from tests.builders import make_loan
from tests.wire.office_day import Slack

ROOT = Path(__file__).parents[2]
OURS = tuple(f"{ROOT / folder}/" for folder in ("bot", "handlers", "desk", "storage/queries"))
"""Where the way leads: behind a query, what executes statements is the same for all."""
MOST_FRAMES = 9


def our_frames(frame: FrameType | None) -> Iterator[str]:
    """Yield the functions of the desk that are on the stack, the innermost first."""
    while frame is not None:
        code = frame.f_code
        # The connection of an earlier request may be used again, or another one made.
        if code.co_filename.startswith(OURS) and code.co_name != "connection_made":
            yield f"{code.co_filename.removeprefix(f'{ROOT}/')}:{code.co_name}"
        frame = frame.f_back


@pytest.fixture
def created_in() -> Iterator[dict[asyncio.Task[Any], list[str]]]:
    """Yield the frames in which each task was created, those of the task that created it included."""
    frames: dict[asyncio.Task[Any], list[str]] = {}
    loop = asyncio.get_event_loop()
    before = loop.get_task_factory()

    def create(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        parent = asyncio.current_task(loop)
        above = frames.get(parent, []) if parent is not None else []
        task = asyncio.Task(coro, loop=loop, **options)
        frames[task] = [*our_frames(sys._getframe(1)), *above]
        return task

    loop.set_task_factory(create)
    yield frames
    loop.set_task_factory(before)


async def test_a_command_reaches_its_first_query_in_few_steps(
    slack: Slack, created_in: dict[asyncio.Task[Any], list[str]]
) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    queries: list[tuple[str, list[str]]] = []

    @event.listens_for(slack.office.database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        task = asyncio.current_task()
        assert task is not None
        queries.append((statement, [*our_frames(sys._getframe(1)), *created_in.get(task, [])]))

    await slack.command(slack.agent, "/loan-call L-1 no answer")

    of_the_member = next(frames for statement, frames in queries if "FROM member" in statement)
    of_the_loan = next(frames for statement, frames in queries if "FROM loan" in statement)
    assert of_the_member[-1] == of_the_loan[-1] == "bot/http_server.py:_serve"
    assert len(of_the_member) <= MOST_FRAMES, of_the_member
    assert len(of_the_loan) <= MOST_FRAMES, of_the_loan

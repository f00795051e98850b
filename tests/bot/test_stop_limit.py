"""A process that does not come to its end is ended, and says where it waited."""

import asyncio
import threading

from structlog.testing import capture_logs

from bot.stop_limit import CUT_SHORT, StopLimit


async def wait_for_ever() -> None:
    """Wait as what stops does for a database that is silent."""
    await asyncio.Event().wait()


async def test_it_ends_the_process_once_and_says_where_it_waited() -> None:
    ended, codes = threading.Event(), list[int]()

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    task = asyncio.create_task(wait_for_ever())
    await asyncio.sleep(0)
    limit = StopLimit(0.01, task, end)
    with capture_logs() as lines:
        limit.begin()
        limit.begin()
        assert await asyncio.to_thread(ended.wait, 60)
    task.cancel()

    assert codes == [CUT_SHORT]
    (line,) = lines
    assert line["event"] == "stop_cut_short"
    assert [place.split()[-1] for place in line["at"]] == ["wait_for_ever"]


async def test_where_the_task_has_ended_it_names_the_threads_that_python_waits_for() -> None:
    ended, going_on = threading.Event(), threading.Event()
    stuck = threading.Thread(target=going_on.wait, name="stuck")
    stuck.start()
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    with capture_logs() as lines:
        StopLimit(0.01, task, lambda _code: ended.set()).begin()
        assert await asyncio.to_thread(ended.wait, 60)
    going_on.set()

    assert lines[0]["at"] == []
    assert "stuck" in lines[0]["threads"]

"""The benchmark signs commands as Slack does, counts slow answers, and computes ratios within a round."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bench import load, report
from bench.commands import LOAN_CALL, NOOP
from bench.load import LoadPoint
from bench.noop import ANSWER
from bench.stats import percentile, ratios


def test_the_load_generator_signs_commands_as_slack_does_and_repeats_none() -> None:
    seen: set[str] = set()
    for _ in range(20):
        head, _, body = load.request(LOAN_CALL, 3000).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert SignatureVerifier(load.SIGNING_SECRET).is_valid_request(body, headers)
        seen.add(parse_qs(body.decode())["text"][0])

    assert len(seen) == 20


@pytest.fixture
async def slow_server() -> AsyncIterator[int]:
    """Return the port of a server that answers one request at a time, twenty per second."""
    turn = asyncio.Lock()

    async def answer(_request: web.Request) -> web.Response:
        async with turn:
            await asyncio.sleep(0.05)
            return web.Response(text=ANSWER)

    application = web.Application()
    application.add_routes([web.post("/slack/events", answer)])
    runner = web.AppRunner(application, shutdown_timeout=0.1)  # nobody reads what is still to be answered in the end
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture(params=["in C", "in Python"])
def generator(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Return the C program; None for the Python generator."""
    if request.param == "in Python":
        return None
    program = load.build(tmp_path)
    assert program, "there is no compiler: apt install gcc"
    return program


async def test_requests_beyond_a_servers_capacity_count_as_slow_or_failed(
    slow_server: int, generator: Path | None
) -> None:
    point = LoadPoint("400 a second", per_second=400)

    answers = await load.measure(generator, slow_server, NOOP, point, seconds=1.0, warm_up=0.1)

    answered_until_it_gave_up = 20 * (1.1 + 5.0)
    assert 0 < answers.rate <= 21
    assert answers.failed > 300 - answered_until_it_gave_up
    assert answers.p50 > 1000 * load.SLACK_TIMEOUT
    assert answers.worst > 5000


async def test_a_wrong_answer_counts_as_failed_and_is_shown(slow_server: int, generator: Path | None) -> None:
    answers = await load.measure(
        generator, slow_server, LOAN_CALL, LoadPoint("2 connections", connections=2), seconds=0.2, warm_up=0.0
    )

    assert answers.failed > 0
    assert answers.rate == 0
    assert ANSWER in answers.wrong


def test_ratios_are_computed_within_each_round() -> None:
    slowed_down = ratios([10.0, 100.0, 30.0], [20.0, 200.0, 60.0])

    assert (slowed_down.low, slowed_down.median, slowed_down.high) == (0.5, 0.5, 0.5)


def test_the_99th_percentile_has_one_percent_of_the_values_above_it() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 100.0
    assert percentile([float(n) for n in range(1, 1001)], 0.99) == 991.0


def test_the_performance_page_has_the_markers_for_the_results() -> None:
    page = report.DOCS.read_text("utf-8")

    assert page.index(report.BEGIN) < page.index(report.END)

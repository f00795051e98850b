"""What the benchmark rests on: commands are signed as Slack signs them, nothing slow is left out, ratios are made round by
round."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bench import load, report
from bench.commands import LOAN_CALL, NOOP
from bench.figures import ratios, share
from bench.load import Point
from bench.noop import ANSWER


def test_a_typed_command_is_signed_as_slack_signs_it_and_never_comes_twice() -> None:
    seen: set[str] = set()
    for _ in range(20):
        head, _, body = load.request(LOAN_CALL, 3000).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert SignatureVerifier(load.SIGNING_SECRET).is_valid_request(body, headers)
        seen.add(parse_qs(body.decode())["text"][0])

    assert len(seen) == 20


@pytest.fixture
async def narrow() -> AsyncIterator[int]:
    """The port of a server that answers one after the other, twenty a second."""
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
    """The program in C; None for the one in Python."""
    if request.param == "in Python":
        return None
    program = load.build(tmp_path)
    assert program, "there is no compiler: apt install gcc"
    return program


async def test_more_than_a_server_can_carry_is_charged_to_it(narrow: int, generator: Path | None) -> None:
    point = Point("400 a second", per_second=400)

    answers = await load.measure(generator, narrow, NOOP, point, seconds=1.0, warm_up=0.1)

    answered_until_it_gave_up = 20 * (1.1 + 5.0)
    assert 0 < answers.rate <= 21
    assert answers.failed > 300 - answered_until_it_gave_up
    assert answers.p50 > 1000 * load.SLACK_GIVES_UP
    assert answers.worst > 5000


async def test_a_wrong_answer_is_counted_and_shown(narrow: int, generator: Path | None) -> None:
    answers = await load.measure(
        generator, narrow, LOAN_CALL, Point("2 connections", connections=2), seconds=0.2, warm_up=0.0
    )

    assert answers.failed > 0
    assert answers.rate == 0
    assert ANSWER in answers.wrong


def test_a_ratio_is_made_within_each_round() -> None:
    slowed_down = ratios([10.0, 100.0, 30.0], [20.0, 200.0, 60.0])

    assert (slowed_down.low, slowed_down.median, slowed_down.high) == (0.5, 0.5, 0.5)


def test_the_99th_percentile_leaves_one_of_a_hundred_above_it() -> None:
    assert share([float(n) for n in range(1, 101)], 0.99) == 100.0
    assert share([float(n) for n in range(1, 1001)], 0.99) == 991.0


def test_the_page_has_a_place_for_the_figures() -> None:
    page = report.DOCS.read_text("utf-8")

    assert page.index(report.BEGIN) < page.index(report.END)

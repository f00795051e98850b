"""The benchmark signs commands as Slack does, counts slow answers, and computes ratios within a round."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bench import __main__ as main
from bench import load, report
from bench.commands import LOAN_CALL, NOOP
from bench.environment import Environment
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


def test_the_results_have_lines_for_exports_webhooks_and_a_million_loans() -> None:
    machine = dict.fromkeys(("at", "cpu", "cores", "system", "python", "sqlite", "postgresql", "load"), "")
    exported = {"rows_per_second": 9_000, "cpu_ms_per_row": 0.11, "peak_mb": 160, "file_mb": 31.5}
    parts = {
        "export": {"rows": 100_000, "csv": exported, "xlsx": {**exported, "rows_per_second": 4_000}},
        "webhooks": {"delivered": 4_000, "per_second": 120.4, "cpu_ms": 4.2},
        "million": {
            "loans": 1_000_000,
            "loans_per_second": 2_100,
            "peak_mb": 320,
            "failed": 0,
            "alone_ms": [9, 15, 18],
            "beside_ms": [12, 90, 180],
        },
    }

    page = report.table({"machine": {**machine, "memory_mb": 1}, "parts": {"sqlite": parts}})

    assert "| CSV 9,000, 0.11 ms, 160 MB, 31.5 MB; XLSX 4,000, 0.11 ms, 160 MB, 31.5 MB (100,000 rows) |" in page
    assert "| 120, 4.2 (4,000 webhooks) |" in page
    assert "| 2,100, 320 MB; 9, 15, 18; 12, 90, 180, 0 (1,000,000 loans) |" in page


async def test_a_command_that_ran_is_measured_and_one_that_failed_is_told(tmp_path: Path) -> None:
    env = Environment(tmp_path, "", "http://127.0.0.1:9/api/", None, quick=True)

    took = env.loandesk(f"sqlite:///{tmp_path}/desk.db", "migrate")

    assert took.cpu_seconds > 0
    assert took.peak_mb > 50
    with pytest.raises(subprocess.CalledProcessError):
        env.loandesk(f"sqlite:///{tmp_path}/desk.db", "no-such-command")


def test_what_takes_a_quarter_of_an_hour_is_only_done_when_it_is_named() -> None:
    assert set(main.LONG) <= set(main.PARTS)
    assert "million" in main.LONG

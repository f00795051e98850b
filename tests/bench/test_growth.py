"""The benchmark's growth and budget: what counts as growth, and when a budget is exceeded."""

import pytest

from bench import budget, report
from bench.growth import exponents


def test_the_exponent_is_0_when_flat_and_1_when_proportional() -> None:
    assert exponents((500, 5_000), [2.0, 2.0], [2.0, 2.0]).median == 0
    assert exponents((500, 5_000), [2.0, 3.0], [20.0, 30.0]).median == pytest.approx(1)  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize(("low", "verdict"), [(0.9, "no clear growth"), (1.1, "grows")])
def test_a_row_grows_only_when_every_round_says_so(low: float, verdict: str) -> None:
    spread = {"median": 1.3, "low": low, "high": 1.5}
    row = {
        "ms": {"500": spread, "5000": spread},
        "steps": [{"from": 500, "to": 5_000, "ratio": spread, "exponent": spread}],
    }
    machine = dict.fromkeys(("at", "cpu", "cores", "system", "python", "sqlite", "postgresql", "load"), "")
    results = {
        "machine": {**machine, "memory_mb": 1},
        "parts": {"sqlite": {"growth": {"members": {"/loan": row}}}},
    }

    [line] = [line for line in report.table(results).splitlines() if "`/loan`" in line]

    assert verdict in line


@pytest.mark.parametrize(("low", "exceeded"), [(8.0, False), (11.4, False), (11.6, True)])
def test_the_budget_is_exceeded_when_every_round_is_15_percent_above_it(low: float, exceeded: bool) -> None:
    assert budget.exceeded(low, 10.0) is exceeded

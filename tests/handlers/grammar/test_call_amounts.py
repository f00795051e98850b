"""Amounts of money in a line of `/loan-call`."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammar.call import parse
from tests.handlers.grammar.call_lines import call
from tests.handlers.grammar.lines import refused
from tests.handlers.grammar.phrases import shown


@pytest.mark.parametrize(
    ("typed", "amount", "due", "note"),
    [
        ("promised 3000 fri", "3000.00", "2026-11-27", ""),
        ("已还款 3,000元", "3000.00", None, ""),
        ("部分还款 ￥3，000.5 下月5号", "3000.50", "2026-12-05", ""),
        ("part paid 3000 &gt; next month 5th", "3000.00", "2026-12-05", ""),
        ("承诺还款3000元周五", "3000.00", "2026-11-27", ""),
        ("承诺还款 三千五 周五", "3500.00", "2026-11-27", ""),
        ("承诺还款 3000 本周五", "3000.00", "2026-11-27", ""),
        ("承诺还款 800 周五", "800.00", "2026-11-27", ""),
        ("承诺还款 800 周五前", "800.00", "2026-11-27", ""),
        ("promised 800 fri", "800.00", "2026-11-27", ""),
        ("部分还款 3000 下周五", "3000.00", "2026-12-04", ""),
        ("promised 1.5万 fri", "15000.00", "2026-11-27", ""),
        ("promised 3k fri", "3000.00", "2026-11-27", ""),
        ("promised 15 fri", "15.00", "2026-11-27", ""),
        ("paid usd 200.50 for november", "200.50", None, "for november"),
        ("promised 5 dec", None, "2026-12-05", ""),
        ("承诺还款 15号", None, "2026-12-15", ""),
        ("promised 3w", None, "2026-12-16", ""),
        ("promised 2026.12.15", None, "2026-12-15", ""),
        ("paid 2 instalments", None, None, "2 instalments"),
        ("已还款 2期", None, None, "2期"),
        ("paid 13800138000", None, None, "13800138000"),
        ("paid: 3000", "3000.00", None, "3000"),
        ("已还款：3000，微信转的", "3000.00", None, "3000，微信转的"),
        ("paid: 2 instalments", None, None, "2 instalments"),
        ("paid: -5", None, None, "-5"),
        ("paid - 3000", "3000.00", None, ""),
        ("paid 3.01", "3.01", None, ""),
        ("paid 3.5 cash", "3.50", None, "cash"),
        ("paid 5 dec", None, None, "5 dec"),
        ("part paid 12.5 fri", "12.50", "2026-11-27", ""),
        ("promised 12.5 &gt; fri", "12.50", "2026-11-27", ""),
        ("reached 3000", None, None, "3000"),
    ],
)
def test_a_number_behind_a_promise_or_a_payment_is_an_amount_unless_it_begins_a_due_time(
    typed: str, amount: str | None, due: str | None, note: str
):
    request = call(f"L-1042 {typed}")
    assert (request.details.amount and str(request.details.amount.value)) == amount
    assert (request.next and shown(request.next.due)) == due
    assert request.details.note == note


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("paid 3.000", ("3000", "3.00")),
        ("paid 3,00", ("3.00",)),
        ("paid 3.000,50", ("3000.50",)),
        ("promised 1,2345 fri", ("12345",)),
        ("paid 0", ("3000",)),
        ("paid -3000", ("3000",)),
        ("paid −3000 cash", ("3000",)),
    ],
)
def test_an_amount_that_cannot_be_read_for_certain_is_refused(typed: str, nearest: tuple[str, ...]):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["nearest"]) == ("amount_unclear", nearest)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("承诺还款，下次周五3000", ("3000 下次周五",)),
        ("promised fri 1500", ("1500 fri", "2026-11-27 15:00")),
        ("promised > fri 1500", ("1500 > fri", "> 2026-11-27 15:00")),
    ],
)
def test_bare_digits_behind_a_date_are_a_time_or_an_amount(typed: str, nearest: tuple[str, ...]):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["nearest"]) == ("due_or_amount", nearest)
    assert refused(parse, "L-1042 reached > fri 1500").code == "due_bare_number"


@given(
    st.decimals(min_value=100, max_value=10**9 - 1, places=2),
    st.sampled_from(["{}", "{:,}", "¥{:,}", "{}元", "rmb {}"]),
)
def test_any_amount_is_read_to_the_cent(value: Decimal, written: str):
    amount = call(f"L-1042 promised {written.format(value)} fri").details.amount
    assert amount is not None
    assert amount.value == value

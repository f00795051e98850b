"""Borrowers are found, and named in a command, by what a card shows and by what people type. Now is Wednesday 10:00."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack

pytestmark = pytest.mark.every_example

RARE = "\U0002ebf0"
"""A character of CJK Extension I, which Python 3.11 does not know as a letter."""


async def lend(slack: Slack, number: str, name: str, phone: str = "+8613800135678") -> Loan:
    return await make_loan(slack.office, slack.workspace, number, owner=slack.agent, name=name, phone=phone)


@pytest.mark.parametrize(
    ("name", "word", "words"),
    [
        ("Smith-Jones", "Smith-Jones", ("smith", "SmithJones", "Smith–Jones")),
        ("O'Neil", "O’Neil", ("O'Neil", "oneil", "O'Nei")),
        ("O’Brien", "O'Brien", ("OBrien", "O`Brien")),
        ("OBrien", "OBrien", ("obrien",)),
        ("J.R. Smith", "J.R.", ("J.R. Smith", "JR Smith", "j r smith")),
        ("Ann Lee/Bob Lee", "Lee/Bob", ("Ann Lee/Bob Lee", "bob")),
        ("于建平", "yujianping", ("于建平", "建平", "yjp")),
        ("单雄信", "shanxiongxin", ("shan", "单*")),
        (f"{RARE}明", f"{RARE}明", (f"{RARE}明", RARE)),
    ],
)
async def test_a_borrower_is_named_in_a_command_and_found_by_the_name(
    slack: Slack, name: str, word: str, words: tuple[str, ...]
) -> None:
    await lend(slack, "A-1", name)
    await lend(slack, "A-2", "王小明", "+8613900139000")

    card = await slack.command(slack.agent, f"/loan {word}")
    assert card.text.startswith(f"A-1 · {name}")
    logged = await slack.command(slack.agent, f"/loan-call {word} reached")
    assert logged.text.startswith(f"A-1 · {name}")
    for typed in words:
        found = (await slack.command(slack.agent, f"/loan find {typed}")).text
        assert "A-1" in found, typed
        assert "A-2" not in found, typed


async def test_a_line_of_the_card_finds_the_card(slack: Slack) -> None:
    await lend(slack, "A-1", "J.R. Smith")
    head = (await slack.command(slack.agent, "/loan A-1")).text.splitlines()[0]
    assert head == "A-1 · J.R. Smith · phone ending 5678"
    assert "A-1 J.R. Smith" in (await slack.command(slack.agent, f"/loan find {head}")).text


async def test_a_search_for_nothing_that_a_name_can_have_finds_nobody(slack: Slack) -> None:
    await lend(slack, "A-1", "钱多多")
    for typed in ("\0", "\x07 \0"):
        assert "No loan you can see" in (await slack.command(slack.agent, f"/loan find {typed}")).text


@pytest.mark.parametrize("typed", ["钱" + RARE, "钱\ue123", "钱\U000323b0", "钱😀", "钱·", "钱-"])
async def test_another_name_is_never_taken_for_the_only_one_that_begins_like_it(slack: Slack, typed: str) -> None:
    await lend(slack, "A-1", "钱多多")
    refused = await slack.command(slack.agent, f"/loan-call {typed} reached")
    assert f"There is no loan “{typed}” that you can see." in refused.text
    assert (await slack.command(slack.agent, "/loan-call 钱 reached")).text.startswith("A-1 · 钱多多")


@pytest.mark.parametrize("typed", ["A\u20111002", "A–1002", "a1002", "A1002", "Ａ－１００２"])
async def test_a_loan_number_is_found_with_any_dash_or_none(slack: Slack, typed: str) -> None:
    await lend(slack, "A-1002", "王小明")
    assert (await slack.command(slack.agent, f"/loan {typed}")).text.startswith("A-1002 · 王小明")
    assert "A-1002" in (await slack.command(slack.agent, f"/loan find {typed}")).text
    assert (await slack.command(slack.agent, f"/loan-call {typed} no answer")).text.startswith("A-1002 · 王小明")
    assert "A-1002/1" in (await slack.command(slack.agent, f"/loan-follow {typed}/1 done")).text


async def test_the_number_as_written_comes_first_and_others_are_offered(slack: Slack) -> None:
    await lend(slack, "A-1002", "王小明")
    await lend(slack, "A1002", "李雷")
    assert (await slack.command(slack.agent, "/loan A1002")).text.startswith("A1002 · 李雷")
    assert (await slack.command(slack.agent, "/loan A-1002")).text.startswith("A-1002 · 王小明")
    await lend(slack, "HT2026-17", "韩梅")
    await lend(slack, "HT-202617", "韩雷")
    both = (await slack.command(slack.agent, "/loan HT202617")).text
    assert "HT2026-17" in both
    assert "HT-202617" in both


async def test_a_number_with_a_slash_is_found_with_another_dash(slack: Slack) -> None:
    await lend(slack, "HT-2026/17", "王小明")
    assert (await slack.command(slack.agent, "/loan HT–2026/17")).text.startswith("HT-2026/17 · 王小明")


async def test_a_corrected_number_is_found_without_its_dash(slack: Slack) -> None:
    await lend(slack, "A-1", "王小明")
    await slack.command(slack.agent, "/loan edit A-1 number HT-2026-17")
    assert (await slack.command(slack.agent, "/loan HT202617")).text.startswith("HT-2026-17 · 王小明")
    assert "There is no loan" in (await slack.command(slack.agent, "/loan A1")).text


@pytest.mark.parametrize("typed", ["213-373-4253", "(213) 373-4253", "213.373.4253", "+1 213-373-4253", "2133734253"])
async def test_a_phone_is_found_as_people_of_its_country_type_it(slack: Slack, typed: str) -> None:
    await lend(slack, "A-1", "Ann Lee", "+12133734253")
    assert "A-1" in (await slack.command(slack.agent, f"/loan find {typed}")).text

"""Phone numbers as people type them: with an extension, a second number, a word before them. Now is Wednesday 10:00."""

import pytest

from tests.wire.office_day import Slack, shown


async def number(slack: Slack, loan: str) -> str:
    card = await slack.command(slack.agent, f"/loan {loan}")
    assert card.message is not None
    return shown(await slack.press(slack.agent, card.message, "Call")).text.splitlines()[0]


@pytest.mark.parametrize(
    ("typed", "read", "tail", "found_by"),
    [
        ("+1 213-373-4253 ext 22", "+1 213-373-4253 ext. 22", "4253", ("4253", "+12133734253")),
        ("010-88888888转801", "+86 10 8888 8888 ext. 801", "8888", ("8888", "1088888888")),
    ],
)
async def test_an_extension_is_kept_and_shown_with_the_number(
    slack: Slack, typed: str, read: str, tail: str, found_by: tuple[str, ...]
) -> None:
    opened = await slack.command(slack.agent, f"/loan new Ann Lee {typed} wants a rate")
    assert f"New inquiry L-1: Ann Lee · phone ending {tail}" in opened.text
    assert "> wants a rate" in opened.text
    assert await number(slack, "L-1") == f"L-1 · Ann Lee · {read}"
    for words in found_by:
        assert "L-1" in (await slack.command(slack.agent, f"/loan find {words}")).text, words


async def test_an_extension_is_corrected_and_taken_back(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan new 王小明 010-88888888")
    edited = await slack.command(slack.agent, "/loan edit L-1 phone 010-88888888 转 801")
    assert "L-1: the phone number is now +86 10 8888 8888 ext. 801 (it was +86 10 8888 8888)." in edited.text
    assert edited.message is not None
    await slack.press(slack.agent, edited.message, "Undo")
    assert await number(slack, "L-1") == "L-1 · 王小明 · +86 10 8888 8888"


async def test_an_extension_is_read_in_a_form_and_shown_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan 新 王小明 13800138000")
    card = await slack.command(slack.agent, "/loan L-1")
    assert card.message is not None
    await slack.press(slack.agent, card.message, "更正资料")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("新手机号", "电话：010-88888888 分机801")
    await form.submit()
    assert "+86 10 8888 8888 转 801" in form.text


async def test_a_second_number_is_never_taken_for_an_extension(slack: Slack) -> None:
    opened = await slack.command(slack.agent, "/loan new 王小明 13812345678;13900000000")
    assert "> 13900000000" in opened.text
    assert await number(slack, "L-1") == "L-1 · 王小明 · +86 138 1234 5678"
    refused = await slack.command(slack.agent, "/loan edit L-1 phone 13812345678;13900000000")
    assert "“13812345678;13900000000” is more than one number." in refused.text


async def test_a_note_behind_a_number_is_kept_whole(slack: Slack) -> None:
    opened = await slack.command(slack.agent, "/loan new 王小明 13812345678 ~3年")
    assert "> ~3年" in opened.text


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("电话13812345670 赵六", "赵六 电话13812345670"),
        ("13812345670 赵六 问利率", "赵六 13812345670 问利率"),
        ("138-1234-5670 Ann Lee", "Ann Lee 138-1234-5670"),
        ("13812345670", "Wang Fang 13812345670"),
    ],
)
async def test_a_line_that_begins_with_the_number_is_shown_mended(slack: Slack, typed: str, mended: str) -> None:
    refused = await slack.command(slack.agent, f"/loan new {typed}")
    assert "What is the borrower's name? Put it before the phone number." in refused.text
    assert f"For example: /loan new {mended}\n" in refused.text
    assert "New inquiry L-1" in (await slack.command(slack.agent, f"/loan new {mended}")).text


async def test_characters_that_nobody_sees_are_no_part_of_a_number(slack: Slack) -> None:
    opened = await slack.command(slack.agent, "/loan new 王小明 \u202a138\u200b1234\u200c5678\u202c 问利率")
    assert "New inquiry L-1: 王小明 · phone ending 5678" in opened.text
    assert "> 问利率" in opened.text


@pytest.mark.parametrize(
    "word",
    [
        "电话",
        "手机：",
        "tel:",
        "Tel. ",
        "联系电话 ",
        "（手机）",
        "【电话】",
        "[tel] ",
        "家庭电话是",
        "Phone is ",
        "微信同号 ",
    ],
)
async def test_a_word_before_a_number_is_no_part_of_the_name(slack: Slack, word: str) -> None:
    opened = await slack.command(slack.agent, f"/loan new 王小明 {word}13812345678 问利率")
    assert "New inquiry L-1: 王小明 · phone ending 5678" in opened.text
    assert "> 问利率" in opened.text

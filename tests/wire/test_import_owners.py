"""A file tells each owner once which loans it brought them. Now is Wednesday 10:00."""

import pytest

from desk.importing import ahead
from desk.importing.batches import Unrecorded, import_loans
from storage.tables import Loan
from tests.imports import HEADER, bring_rows, read_rows
from tests.wire.office_day import Slack, buttons


def row(number: int, owner: str) -> str:
    return f"A-{number},王小明,1380013{number:04},disbursed,{owner}"


async def test_each_owner_hears_once_of_the_new_loans_of_a_file_that_another_worker_went_on_with(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "BATCH", 3)
    monkeypatch.setattr(ahead, "_MOST", 3)
    await slack.in_chinese(slack.other)
    rows = [*(row(n, "UAGENT") for n in range(12)), row(20, "UOTHER"), row(21, "")]

    read, refused = read_rows("\n".join([HEADER, *rows, ""]), slack.workspace, slack.office)
    begun = Unrecorded()
    for upto, progress in ((7, begun), (len(read), Unrecorded(begun.file_id, done=7))):
        await import_loans(
            slack.office, slack.workspace, read[:upto], dry_run=False, advance=lambda _: None, progress=progress
        )
    await slack.deliver()

    assert not refused
    said = [text for text in slack.texts(slack.agent) if "came with a file" in text]
    assert said == [
        "12 new loans of yours came with a file.\nA-0, A-1, A-2, A-3, A-4, A-5, A-6, A-7, A-8, A-9\nand 2 more\n"
        "Their first calls are planned: /loan-due lists them."
    ]
    assert buttons(slack.posts(slack.agent)[-1]) == ["Your loans"]
    assert [text.splitlines()[:2] for text in slack.texts(slack.other) if "新增" in text] == [
        ["文件导入后，您名下新增 1 笔贷款。", "A-20"]
    ]


async def test_a_file_that_brings_nothing_new_tells_nobody(slack: Slack) -> None:
    await bring_rows(slack.office, slack.workspace, row(1, "UAGENT"))
    await slack.deliver()
    before = slack.texts(slack.agent)

    await bring_rows(slack.office, slack.workspace, row(1, "UAGENT").replace("disbursed", "closed"))
    await slack.deliver()

    assert [loan.stage for loan in await slack.rows(Loan)] == ["closed"]
    assert slack.texts(slack.agent) == before

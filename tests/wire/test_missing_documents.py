"""The first tab of a card says in one line which documents are missing. Now is Wednesday 2026-11-25 10:00."""

from datetime import date

from sqlmodel import select

from storage.tables import DocumentItem, Member, StageRules
from tests.builders import make_loan
from tests.wire.office_day import Slack


async def first_tab(slack: Slack, who: Member, opens: str = "Open") -> list[str]:
    """Return the lines of the first tab."""
    return (await slack.in_card(who, opens)).text.splitlines()


async def test_missing_documents_are_counted_and_the_first_are_named(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    line = "6 documents missing: ID card, driving licence, proof of income, and 3 more"
    assert line in await first_tab(slack, slack.agent)
    await slack.command(slack.agent, "/loan-docs A-1 got id, licence, income, bank, employment")
    await slack.command(slack.agent, "/loan-docs A-1 other: visa by fri")
    await slack.command(slack.agent, "/loan-docs A-1 reject bank: blurred")
    assert "3 documents missing: bank statement, visa, proof of residence" in await first_tab(slack, slack.agent)
    tab = await slack.in_card(slack.agent, "Open", "Show documents")
    assert "Still missing: proof of residence" in tab.text
    await slack.command(slack.agent, "/loan-docs A-1 got bank, other, residence")
    assert not [line for line in await first_tab(slack, slack.agent) if "missing" in line]

    await slack.in_chinese(slack.agent)
    slack.clock.advance(days=1)
    async with slack.office.database.transaction() as session:
        for item in (await session.exec(select(DocumentItem))).all():
            item.valid_until = date(2026, 11, 25)
            session.add(item)
    assert "缺 6 项材料：身份证、驾驶证、收入证明、还有 3 条" in "\n".join(await first_tab(slack, slack.agent, "打开"))


async def test_a_loan_that_came_paid_out_misses_nothing_and_the_product_counts(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    assert not [line for line in await first_tab(slack, slack.agent) if "missing" in line]
    await slack.command(slack.agent, "/loan-docs A-1 id")
    assert [line for line in await first_tab(slack, slack.agent) if "documents missing: ID card" in line]
    async with slack.office.database.transaction() as session:
        session.add(StageRules(workspace_id=slack.workspace.id, default_product="used_car"))
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="application")
    assert (await slack.in_card(slack.agent, "Open", number="A-2")).text.count("8 documents missing") == 1

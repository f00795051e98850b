"""How long records are kept: compliance sees the periods at Home and changes one. It is Wednesday 25 November 2026, 10:00."""

from sandbox.modals import Modal
from storage.tables import AuditEntry, RetentionPolicy
from tests.wire.office_day import Slack
from tests.wire.test_contact_rules import choose


async def periods(slack: Slack) -> Modal:
    """Press Retention in the Home of compliance, and return what opens."""
    await slack.sandbox.open_home(slack.compliance.slack_user_id)
    home = slack.sandbox.home_of(slack.compliance.slack_user_id)
    await home.press("保存期限" if "保存期限" in home.text else "Retention")
    return slack.sandbox.modal_of(slack.compliance.slack_user_id)


async def change(slack: Slack, label: str, kind: str, months: str) -> Modal:
    opened = await periods(slack)
    await opened.press(label)
    form = slack.sandbox.modal_of(slack.compliance.slack_user_id)
    kinds, count = ("记录", "保存月数") if label == "修改期限" else ("Records", "Months kept")
    await form.fill(kinds, kind)
    await form.fill(count, months)
    await form.submit()
    return form


async def test_a_period_is_lengthened_and_seen_and_not_made_shorter_than_a_rule_asks(slack: Slack) -> None:
    page = (await periods(slack)).text
    assert (
        "inquiries that came to nothing, with all that hangs on them: 12 months after: the end of the inquiry" in page
    )
    assert "Nothing was deleted yet" in page
    form = await change(slack, "Change a period", "inquiries that came to nothing, with all that hangs on them", "24")
    assert "24 months after: the end of the inquiry" in form.text
    assert "24 months after: the end of the inquiry" in (await periods(slack)).text

    form = await change(slack, "Change a period", "the audit trail: who saw and did what", "12")
    assert "They must be kept 36 months at least: 个人信息保护法 第五十六条" in form.text + str(form.errors)
    await choose(slack, "CN")
    form = await change(slack, "Change a period", "inquiries that came to nothing, with all that hangs on them", "6")
    assert "They must be kept 24 months at least: 商业银行信用卡业务监督管理办法 第六十八条" in form.text + str(
        form.errors
    )
    assert [(row.kind, row.months) for row in await slack.rows(RetentionPolicy)] == [("inquiry", 24)]
    assert [entry.act for entry in await slack.rows(AuditEntry) if "retention" in entry.act] == ["change_retention"]


async def test_the_periods_are_read_and_changed_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.compliance)
    assert "没有下文的咨询及其全部记录：自放弃起 12 个月" in (await periods(slack)).text
    form = await change(slack, "修改期限", "没有下文的咨询及其全部记录", "18")
    assert "自放弃起 18 个月" in form.text

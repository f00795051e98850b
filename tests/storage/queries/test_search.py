"""Find a borrower by the ways in which people type a name or number."""

import pytest

from desk.core.permissions import sight_of
from desk.core.transaction import Office
from storage.queries.loans import search
from storage.queries.loans.visibility import viewer
from storage.queries.people import members
from storage.tables import Workspace
from tests.builders import make_loan, make_member, make_team

pytestmark = pytest.mark.every_example


async def found(office: Office, workspace: Workspace, words: str, *, by: str = "UCOMP") -> list[str]:
    async with office.reading_desk(workspace) as desk:
        reader = await members.by_slack_id(desk.session, workspace.id, by)
        assert reader is not None
        visible = viewer(reader, sight_of(reader, workspace))
        rows = await search.find_loans(
            desk.session, desk.cipher, workspace.id, words.split(), visible=visible, limit=10
        )
    return sorted(loan.number for loan in rows)


FORMS = {
    "王小明": "王小明|王|王小|小明|wangxiaoming|WangXiaoMing|wxm|wang|Wang Xiao Ming|wang xiao|尾号5678|5678|13800135678|A-1|a-1",
    "单雄信": "单雄信|shan|shanxiongxin|shan xiong xin|sxx",
    "John Müller": "müller|Muller|mul|john muller|joh mul",
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_borrower_is_found_as_people_type_it(office: Office, workspace: Workspace, name: str) -> None:
    await make_member(office, workspace, "UCOMP", roles="compliance")
    await make_loan(office, workspace, "A-1", name=name, phone="+8613800135678")
    await make_loan(office, workspace, "A-2", name="李雷", phone="+8613911112222")

    forms = FORMS[name].split("|")
    assert [words for words in forms if await found(office, workspace, words) != ["A-1"]] == []


async def test_every_word_must_match(office: Office, workspace: Workspace) -> None:
    await make_member(office, workspace, "UCOMP", roles="compliance")
    await make_loan(office, workspace, "A-1", name="王小明", phone="+8613800135678")
    await make_loan(office, workspace, "A-2", name="王小明", phone="+8613800130000")

    assert await found(office, workspace, "王小明 0000") == ["A-2"]


async def test_a_member_finds_only_loans_that_they_may_see(office: Office, workspace: Workspace) -> None:
    east = await make_team(office, workspace, "East")
    west = await make_team(office, workspace, "West")
    lin = await make_member(office, workspace, "ULIN", team_id=east.id)
    tom = await make_member(office, workspace, "UTOM", team_id=west.id)
    await make_member(office, workspace, "UZHAO", roles="compliance")
    await make_loan(office, workspace, "A-1", owner=lin)
    await make_loan(office, workspace, "A-2", owner=tom)

    assert await found(office, workspace, "王小明", by="ULIN") == ["A-1"]
    assert await found(office, workspace, "王小明", by="UZHAO") == ["A-1", "A-2"]

"""Members whose names are the same without blanks."""

from desk.core.transaction import Office
from storage.queries.people import members
from storage.tables import Workspace
from tests.builders import make_member


async def test_only_the_members_asked_for_and_those_named_alike_are_read(office: Office, workspace: Workspace) -> None:
    for slack_id, name in (
        ("U1", "Tom Becker"),
        ("U2", "TomBecker"),
        ("U3", "tom\u3000becker"),
        ("U4", "Ann Lee"),
        ("U5", "Tom"),
    ):
        await make_member(office, workspace, slack_id, name=name)

    async with office.database.reading() as session:
        alike = await members.with_names_like(session, workspace.id, ["U1", "U9"])
        nobody = await members.with_names_like(session, workspace.id, ["U9"])

    assert {member.slack_user_id for member in alike} == {"U1", "U2", "U3"}
    assert nobody == []

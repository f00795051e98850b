"""The texts of data requests go some time after the answer or their Undo; that there was one, and when it was answered, stays."""

from pathlib import Path
from typing import Any

from desk.core.transaction import Office
from storage.engine.types import new_id
from storage.tables import LegalHold, Member, PersonRequest, Workspace
from tests.bot.test_retention import YEAR, lin, retention, rows
from tests.builders import make_loan
from tests.clocks import FrozenClock

__all__ = ["lin"]  # a fixture

TEXTS = ("name_cipher", "words_cipher", "answer_cipher", "extension_cipher")


async def test_texts_of_closed_requests_are_cleared_when_their_time_is_over(
    office: Office, workspace: Workspace, clock: FrozenClock, lin: Member, database_url: str, tmp_path: Path
) -> None:
    now = clock.now()
    held = await make_loan(office, workspace, "A-1", owner=lin)
    asked: dict[str, PersonRequest] = {}
    for name, years, values in (
        ("old", 4, {"state": "answered"}),
        ("refused", 4, {"state": "refused", "ground": "not_proven"}),
        ("held", 4, {"state": "answered", "loan_id": held.id}),
        ("young", 1, {"state": "answered"}),
        ("open", 4, {"state": "open"}),
        ("taken back", 4, {"state": "open", "undone_at": now - 4 * YEAR}),
        ("just taken back", 4, {"state": "open", "undone_at": now - YEAR}),
    ):
        at, row_id = now - years * YEAR, new_id()
        of: dict[str, Any] = {"workspace_id": workspace.id, "kind": "access", "law": "pipl", "way": "letter"}
        texts = {each: office.cipher.encrypt(getattr(PersonRequest, each), row_id, f"text of {name}") for each in TEXTS}
        when = {"received_on": at.date(), "due_on": at.date(), "closed_at": None if values["state"] == "open" else at}
        asked[name] = PersonRequest(id=row_id, proof="none", by_id=lin.id, at=at, **of, **texts, **when, **values)
    async with office.desk(workspace) as desk:
        desk.session.add_all(asked.values())
        desk.add(LegalHold(id=new_id(), workspace_id=workspace.id, loan_id=held.id, by_id=lin.id, at=now))

    shown = await retention(database_url, tmp_path, clock, apply=False)
    assert "older than their period: 3 · the texts of data requests that were answered, refused or taken back" in shown
    await retention(database_url, tmp_path, clock, apply=True)

    left = {row.id: row for row in await rows(office, PersonRequest)}
    assert len(left) == 7
    for name, row in asked.items():
        gone = name in ("old", "refused", "taken back")
        assert all((getattr(left[row.id], each) is None) is gone for each in TEXTS), name
    assert left[asked["old"].id].closed_at == now - 4 * YEAR
    assert "nothing is older than its period" in await retention(database_url, tmp_path, clock, apply=True)

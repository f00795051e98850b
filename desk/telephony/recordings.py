"""Have the recordings that a record names fetched into the store of files, each once, as recordings of the logged call."""

from dataclasses import replace

from desk.core.permissions import has_role_for
from desk.core.transaction import Desk
from desk.core.values import LoanRef
from desk.files.call_recordings import expect_recordings
from desk.files.intake import FROM_PHONE, NAME_LIMIT, IncomingFile
from desk.people.members import is_at_desk
from desk.rules.call_records import CallRecord
from storage.queries.files import files
from storage.tables import Call, Loan, Member, PhoneCall

MOST = 10
"""The most recordings of one call."""


async def expect_recordings_of(desk: Desk, row: PhoneCall, record: CallRecord) -> None:
    """Have those recordings of a logged call fetched that are ready and were not asked for yet, in its agent's name."""
    ready = {
        f"{FROM_PHONE}{row.id}:{number}": each.place
        for number, each in enumerate(record.recordings[:MOST])  # by its place among all: others become ready later
        if each.state == "ready" and len(each.place) <= NAME_LIMIT
    }
    call = await desk.session.get(Call, row.call_id) if row.call_id else None
    agent = await desk.session.get(Member, row.agent_id) if row.agent_id else None
    if desk.files is None or not ready or call is None or call.undone_at is not None or agent is None:
        return
    if not is_at_desk(agent) or not has_role_for(agent, "send_file"):
        return
    known = await files.names_known(desk.session, desk.workspace.id, ready.keys())
    incoming = [IncomingFile(name, place) for name, place in ready.items() if name not in known]
    if incoming:
        number = (await desk.session.get_one(Loan, call.loan_id)).number
        as_agent = replace(desk, actor=agent)
        await expect_recordings(as_agent, loan=LoanRef(number, number), call_id=call.id, incoming=incoming)

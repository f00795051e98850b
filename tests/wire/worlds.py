"""A loan with all that can belong to it, people of each role and of another team, and what each of them reads after a press."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from bot.demo.messages import DEMO_BUTTONS
from desk.core.errors import DeskError, NotAllowed
from desk.rules.call_records import CallRecord
from desk.telephony.records import written
from handlers.door.directory import Directory
from handlers.door.interactions import PressInteraction, SubmissionInteraction
from handlers.door.registry import registry
from handlers.door.request import Delivery, FormErrors, OpenModal, Reply, Request, ShowPane, UpdateModal, ViewState
from handlers.door.transaction import Transactions
from handlers.messages.block_kit.translator import Translator
from sandbox.model import text_of
from storage.engine.types import new_id
from storage.tables import (
    AccessRequest,
    Appointment,
    Call,
    Check,
    CollectionStep,
    DocumentItem,
    DocumentRequest,
    Escalation,
    FollowUp,
    Loan,
    LoanNote,
    Member,
    Payment,
    PhoneCall,
    Recording,
    RelatedPerson,
    RelatedPhone,
    RepaymentPause,
    StoredFile,
    Team,
)
from tests.builders import SHANGHAI, make_call, make_follow_up, make_loan, make_manager, make_member, make_team
from tests.sample_files import store_file
from tests.wire.office_day import Slack

NAME = "欧阳绝密"
"""The borrower of a loan of team East, whom nobody of team West may see."""

REGISTRY = registry(DEMO_BUTTONS)
_KEYS = count()


class _RollBackError(Exception):
    """What a use case did is not to be kept."""


@dataclass(frozen=True, slots=True)
class World:
    """A loan of East's agent with all that can belong to it, and an agent of team West."""

    slack: Slack
    outsider: Member
    outside_manager: Member
    loan: Loan
    follow_up: FollowUp
    call: Call
    check: Check
    note: LoanNote
    person: RelatedPerson
    phone: RelatedPhone
    item: DocumentItem
    appointment: Appointment
    step: CollectionStep
    escalation: Escalation
    request: AccessRequest
    payment: Payment
    pause: RepaymentPause
    filed: StoredFile
    recording: Recording
    waiting: StoredFile
    transactions: Transactions
    asked: PhoneCall
    reported: PhoneCall

    def who(self, name: str) -> Member:
        return {"outsider": self.outsider, "outside_manager": self.outside_manager}.get(name) or self.slack.people[name]

    async def press(
        self, who: Member, act: str, value: Mapping[str, Any], state: ViewState | None = None, text: str = ""
    ) -> str:
        """Return what the member reads after pressing a button."""
        delivery = Delivery(f"press-{next(_KEYS)}", who.slack_user_id, self.slack.desk_channel)
        return read(
            await self.transactions.run(PressInteraction(delivery, act, value, REGISTRY, state=state, text=text))
        )

    async def send(self, who: Member, form: str, typed: Mapping[str, Any], private: Mapping[str, Any]) -> str:
        """Return what the member reads after sending a form."""
        delivery, state = Delivery(f"form-{next(_KEYS)}", who.slack_user_id), ViewState(form, form, private, typed)
        interaction = SubmissionInteraction(delivery, REGISTRY.forms[form], state, REGISTRY.parent_view)
        return read(await self.transactions.run(interaction))

    async def refused_by_use_case(
        self, who: Member, form: str, typed: Mapping[str, Any], private: Mapping[str, Any]
    ) -> bool:
        """Return whether the use case behind the form refuses the member, without what the form itself asks."""
        try:
            async with self.slack.office.desk(self.slack.workspace) as desk:
                desk.actor = await desk.session.get_one(Member, who.id)
                entries = await Directory(self.slack.client).look_up(["USTRANGER"])
                request = Request(
                    desk, Translator("en-US"), SHANGHAI, "", form=form, private=private, typed=typed, entries=entries
                )
                await REGISTRY.forms[form].submit(request)
                raise _RollBackError
        except NotAllowed:
            return True
        except (DeskError, _RollBackError):
            return False


def read(answer: Any) -> str:
    """Return all that the reader of an answer sees."""
    match answer:
        case Reply(message):
            return message.text
        case OpenModal(view) | UpdateModal(view):
            return text_of({"blocks": view.blocks})
        case ShowPane(entity):
            return str(entity)
        case FormErrors(errors):
            return "\n".join(errors.values())
        case _:
            return ""


async def make_world(slack: Slack) -> World:
    """Return the workspace with the loan, its rows and the outsider."""
    office, workspace = slack.office, slack.workspace
    west: Team = await make_team(office, workspace, "West")
    outsider = await make_member(office, workspace, "UOUTSIDER", name="Outsider", team_id=west.id)
    outside_manager = await make_manager(office, workspace, west, "UWEST", name="West")
    for who in (outsider, outside_manager):
        slack.sandbox.add_user(who.slack_user_id, name=who.name)
    loan = await make_loan(office, workspace, "L-1", owner=slack.agent, name=NAME)
    follow_up = await make_follow_up(office, loan, slack.agent, purpose="documents")
    call = await make_call(office, loan, slack.agent)
    planned = await make_follow_up(office, loan, slack.agent, purpose="identity")
    now = office.clock.now()
    of_loan: dict[str, Any] = {"workspace_id": workspace.id, "loan_id": loan.id}
    by_agent: dict[str, Any] = {**of_loan, "by_id": slack.agent.id}
    noted: dict[str, Any] = {**by_agent, "at": now}
    async with office.database.transaction() as session:
        note = LoanNote(
            id=(note_id := new_id()),
            note_cipher=office.cipher.encrypt(LoanNote.note_cipher, note_id, "Asks"),
            **noted,
        )
        asked = DocumentRequest(
            id=new_id(),
            created_at=now,
            requested_by_id=slack.agent.id,
            follow_up_id=follow_up.id,
            **of_loan,
        )
        item = DocumentItem(
            id=new_id(),
            request_id=asked.id,
            document="id",
            position=0,
            changed_at=now,
            changed_by_id=slack.agent.id,
            **of_loan,
        )
        request = AccessRequest(
            id=new_id(),
            workspace_id=workspace.id,
            slack_user_id="USTRANGER",
            name="Stranger",
            locale="en-US",
            zone="Asia/Shanghai",
            asked_on=now.date(),
            asked_at=now,
        )
        payment = Payment(
            paid_on=date(2026, 11, 25),
            amount=Decimal("100.00"),
            source="form",
            **noted,
        )
        pause = RepaymentPause(
            id=(pause_id := new_id()),
            kind="hardship",
            starts_on=date(2026, 11, 25),
            ends_on=date(2026, 12, 25),
            reason_cipher=office.cipher.encrypt(RepaymentPause.reason_cipher, pause_id, "ill"),
            **noted,
        )
        check = Check(
            id=new_id(),
            follow_up_id=planned.id,
            call_id=call.id,
            purpose="identity",
            state="failed",
            **noted,
        )
        appointment = Appointment(
            id=new_id(),
            kind="pickup",
            at=now + timedelta(days=1),
            minutes=60,
            member_id=slack.agent.id,
            made_at=now,
            **by_agent,
        )
        step = CollectionStep(
            id=new_id(),
            kind="visit",
            state="planned",
            day=date(2026, 11, 27),
            assignee_id=slack.agent.id,
            **noted,
        )
        escalation = Escalation(
            id=new_id(),
            kind="complaint",
            about_member_id=slack.agent.id,
            raised_at=now,
            **by_agent,
        )
        person = RelatedPerson(
            id=(person_id := new_id()),
            role="spouse",
            name_cipher=office.cipher.encrypt(RelatedPerson.name_cipher, person_id, NAME),
            created_at=now,
            **of_loan,
        )
        phone = RelatedPhone(
            id=(phone_id := new_id()),
            workspace_id=workspace.id,
            person_id=person.id,
            phone_cipher=office.cipher.encrypt(RelatedPhone.phone_cipher, phone_id, "+8613900139000"),
            kind="mobile",
        )
        recording = Recording(
            id=(recording_id := new_id()),
            call_id=call.id,
            link_cipher=office.cipher.encrypt(Recording.link_cipher, recording_id, "https://pbx.example.com/r/0"),
            added_by_id=slack.agent.id,
            at=now,
            ready_at=now,
            **of_loan,
        )
        session.add_all(
            [note, recording, asked, request, check, appointment, step, escalation, person, phone, payment, pause]
        )
        await session.flush()
        session.add(item)
    filed = await store_file(office, slack.agent, b"%PDF-1.7\n", name=NAME, item=item)
    waiting = await store_file(office, slack.agent, b"%PDF-1.7\n", name=NAME)
    transactions = Transactions(office, workspace, Directory(slack.client), lambda *_: None)
    return World(
        slack,
        outsider,
        outside_manager,
        loan,
        follow_up,
        call,
        check,
        note,
        person,
        phone,
        item,
        appointment,
        step,
        escalation,
        request,
        payment,
        pause,
        filed,
        recording,
        waiting,
        transactions,
        await _reported(slack, loan, "asks"),
        await _reported(slack, loan, "unmatched"),
    )


async def _reported(slack: Slack, loan: Loan, state: str) -> PhoneCall:
    """Store a conversation of the loan's agent that the phone system reported."""
    office, row_id, now = slack.office, new_id(), slack.office.clock.now()
    record = CallRecord(
        source="pbx", key=state, direction="out", number="+8613800135678", number_kind="e164", result="connected",
        started=now, ended=now, talk_seconds=60,
    )  # fmt: skip
    row = PhoneCall(
        id=row_id,
        workspace_id=slack.workspace.id,
        source="pbx",
        key=state,
        record_cipher=office.cipher.encrypt(PhoneCall.record_cipher, row_id, written(record)),
        state=state,
        why="agent_unknown" if state == "unmatched" else None,
        result="connected",
        agent_id=slack.agent.id,
        loan_id=loan.id,
        began_at=now,
        talk_seconds=60,
        received_at=now,
        changed_at=now,
    )
    async with office.database.transaction() as session:
        session.add(row)
    return row

"""The form that says on which loan, and by whom, a call of the phone system was made that fits nobody."""

from uuid import UUID

from desk.telephony import answering
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Private, Typed, View
from handlers.messages.phone_calls import assigned


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form. `p` in `private` names the call; the form carries its version."""
    row, number, agent = await answering.phone_call_to_assign(request.desk, UUID(private["p"]))
    private = {"v": row.version, **({"l": number} if number else {}), **private}
    typed = {"who": agent or request.desk.member.slack_user_id, **typed}
    form, _chosen = await start_form(request, private, typed, live=False)
    form.person("who", request.t("Who called"))
    return form.view(FORM.name, request.t(FORM.title), submit=request.t("Assign the call"))


async def submit(request: Request) -> Message:
    """Assign the call."""
    private = request.private
    result = await answering.assign_phone_call(
        request.desk, UUID(private["p"]), private["v"], loan=loan_of(request), agent_slack_id=request.one("who")
    )
    return assigned(request.t, result)


FORM = Form(
    name="assign_phone_call",
    right="assign_phone_call",
    title=_("Assign a call"),
    build=build,
    submit=submit,
    main="loan",
    fields={**LOAN_REFUSALS, "not_a_member_named": "who", "phone_call_agent": "who"},
    about="p",
)
"""The form that assigns the button's call."""

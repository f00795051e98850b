"""The form for moving a loan to another stage."""

from decimal import Decimal

from desk.core.permissions import allows
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from desk.loans import stages
from desk.loans.stages import Approval
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form, words
from handlers.forms.form import Form, field
from handlers.grammar.amounts import parse_amount
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Private, Typed, View
from handlers.messages.stages import stage_answer


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, its new stage and the reason. `l` in `private` names the loan."""
    t = request.t
    form, chosen = await start_form(request, private, typed)
    if chosen is not None:
        private = {**private, "shown": {chosen.number: chosen.stage, **private.get("shown", {})}}
        form = form.carrying(private)
    may_write_off = allows(request.desk.member, "write_off")
    offered = [each for each in VOCABULARY.stages if may_write_off or each.code != stages.WRITTEN_OFF]
    form.choice("stage", t("New stage"), words(t, offered), live=True)
    form.text("reason", t("Reason"), long=True, limit=NOTE_LIMIT, optional=True)
    if typed.get("stage") == stages.APPROVED:
        form.text("amount", t("Amount approved"), limit=40, optional=True, hint=t("If it isn't the loan's amount."))
        form.text("conditions", t("Conditions"), long=True, limit=NOTE_LIMIT, optional=True)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Move the loan to the stage, as the command does."""
    result = await stages.change_stage(
        request.desk,
        loan=loan_of(request),
        stage=request.one("stage"),
        reason=request.one("reason"),
        shown=request.private.get("shown", {}).get(request.one("loan")),
        approval=Approval(_amount(request), request.one("conditions")),
    )
    return stage_answer(request.t, result, request.zone)


def _amount(request: Request) -> Decimal | None:
    typed = request.one("amount").strip()
    with field("amount"):
        return parse_amount(typed).value if typed else None


FORM = Form(
    name="stage",
    right="change_stage",
    title=_("Change the stage"),
    build=build,
    submit=submit,
    main="stage",
    fields={**LOAN_REFUSALS, "note_too_long": "reason", "write_off_reason_missing": "reason", "stage_needs": "reason"},
)
"""`/loan-stage` with the mouse."""

"""The form for moving a loan to another stage."""

from desk.core.permissions import allows
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from desk.loans import stages
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form, words
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Private, Typed, View
from handlers.messages.loans import stage_answer


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, its new stage and the reason. `l` in `private` names the loan."""
    t = request.t
    form, _chosen = await start_form(request, private, typed, live=False)
    may_write_off = allows(request.desk.member, "write_off")
    offered = [each for each in VOCABULARY.stages if may_write_off or each.code != stages.WRITTEN_OFF]
    form.choice("stage", t("New stage"), words(t, offered))
    form.text("reason", t("Reason"), long=True, limit=NOTE_LIMIT, optional=True)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Move the loan to the stage, as the command does."""
    result = await stages.change_stage(
        request.desk, loan=loan_of(request), stage=request.one("stage"), reason=request.one("reason")
    )
    return stage_answer(request.t, result, request.zone)


FORM = Form(
    name="stage",
    right="change_stage",
    title=_("Change the stage"),
    build=build,
    submit=submit,
    main="stage",
    fields={**LOAN_REFUSALS, "note_too_long": "reason", "write_off_reason_missing": "reason"},
)
"""`/loan-stage` with the mouse."""

"""The form for correcting a logged call."""

from uuid import UUID

from desk.calls import corrections
from desk.calls.corrections import CallSaid
from desk.core.vocabulary import NOTE_LIMIT, VOCABULARY
from handlers.door.request import Request
from handlers.forms.call import LONGEST
from handlers.forms.fields import words
from handlers.forms.form import Form
from handlers.messages import calls as render
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write what the call says. `c` in `private` names the call; the form carries its version from when it was opened."""
    t = request.t
    call = await corrections.call_to_correct(request.desk, UUID(private["c"]))
    says = call.says
    minutes = "" if says.minutes is None else str(says.minutes)
    typed = {"outcome": says.outcome, "note": says.note, "minutes": minutes, **typed}
    form = FormWriter(t, {"v": call.version, **private}, typed)
    render.write_which(t, form, call, request.zone)
    form.choice("outcome", t("Outcome"), words(t, VOCABULARY.outcomes))
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    form.number("minutes", t("Length in minutes"), optional=True, low=0, high=LONGEST)
    form.small(t("What the call did to follow-ups stays as it is. What it said until now stays in the timeline."))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Correct the call."""
    minutes = request.one("minutes")
    says = CallSaid(request.one("outcome"), int(minutes) if minutes else None, request.one("note"))
    private = request.private
    result = await corrections.correct_call(request.desk, UUID(private["c"]), private["v"], says)
    return render.corrected(request.t, result, request.zone)


FORM = Form(
    name="correct_call",
    title=_("Correct a call"),
    build=build,
    submit=submit,
    main="outcome",
    fields={"note_too_long": "note"},
    about="c",
)
"""The form that corrects the button's call."""

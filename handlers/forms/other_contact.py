"""The form for a contact with the borrower, or another person around the loan, that was no call."""

from datetime import UTC, datetime

from desk.core.vocabulary import NOTE_LIMIT
from desk.follow_ups.other_contacts import CHANNELS, OtherContactEntry, enter_contact
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, parties, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import Option, Private, Typed, View
from handlers.messages.contact import other_channel, other_contact_saved

_IN, _SPOKE = "in", "spoke"


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, with whom the contact was, how, when, and who began. `l` in `private` names the loan."""
    t = request.t
    now = str(int(request.desk.now.timestamp()))
    form, chosen = await start_form(request, private, {"at": now, **typed})
    form.choice("party", t("With whom"), parties(t, chosen), optional=True, hint=t("Leave empty for the borrower."))
    form.choice("channel", t("How"), [Option(other_channel(t, each), each) for each in CHANNELS])
    form.moment("at", t("When"))
    ticks = [
        Option(t("They wrote or came by themselves"), _IN),
        Option(t("A visit: they were spoken to"), _SPOKE),
    ]
    form.ticks("facts", t("Also"), ticks, optional=True)
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    form.small(t("Contact rules that count all channels count it. The desk sends nothing."))
    form.small(t("Tell nothing about the loan to people who do not answer for the debt."))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Enter the contact."""
    facts = request.several("facts")
    entry = OtherContactEntry(
        channel=request.one("channel"),
        at=datetime.fromtimestamp(int(request.one("at")), UTC),
        party=request.one("party"),
        inbound=_IN in facts,
        spoke=_SPOKE in facts,
        note=request.one("note").strip(),
    )
    result = await enter_contact(request.desk, loan=loan_of(request), entry=entry)
    return other_contact_saved(request.t, result, request.zone)


FORM = Form(
    name="other_contact",
    right="enter_contact",
    title=_("Other contact"),
    build=build,
    submit=submit,
    main="channel",
    fields={
        **LOAN_REFUSALS,
        "contact_channel": "channel",
        "unknown_person": "party",
        "contact_in_future": "at",
        "contact_too_old": "at",
        "note_too_long": "note",
    },
)
"""A letter, text, e-mail or visit."""

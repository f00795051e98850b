"""The forms of `/loan`: open an inquiry, correct a loan's details, find a loan."""

from desk.core.errors import Invalid
from desk.core.values import NAME_LIMIT, NUMBER_LIMIT
from desk.core.vocabulary import NOTE_LIMIT
from desk.loans import cards, edits, inquiries
from desk.loans.borrowers import region_of
from desk.loans.edits import Field
from desk.loans.inquiries import KnownPhone
from desk.rules.contacts import read_phone
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_field, loan_of, start_form
from handlers.forms.form import Form, field
from handlers.grammar.zones import read_zone
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.cards import card
from handlers.messages.loans import corrected, inquiry_opened, known_phone


async def build_inquiry(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the borrower and a note."""
    t = request.t
    form = FormWriter(t, private, typed)
    form.text("name", t("Borrower's name"), limit=NAME_LIMIT)
    form.text("phone", t("Phone number"), limit=40, placeholder="138 0013 8000")
    form.text("note", t("Note"), optional=True, long=True, limit=NOTE_LIMIT)
    return form.view(INQUIRY.name, t(INQUIRY.title), submit=t("Open inquiry"))


async def submit_inquiry(request: Request) -> Message:
    """Open the inquiry, as the command does; ask first if the phone number is known."""
    with field("phone"):
        phone = read_phone(request.one("phone"), region_of(request.desk))
    answer = await inquiries.open_inquiry(request.desk, name=request.one("name"), phone=phone, note=request.one("note"))
    if isinstance(answer, KnownPhone):
        return known_phone(request.t, answer)
    return inquiry_opened(request.t, answer, request.zone)


INQUIRY = Form(
    name="inquiry",
    right="open_inquiry",
    title=_("New inquiry"),
    build=build_inquiry,
    submit=submit_inquiry,
    main="name",
    fields={"name_too_long": "name", "name_missing": "name", "note_too_long": "note"},
)
"""`/loan new` with the mouse."""


async def build_correction(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan and the corrected values. `l` in `private` names the loan; the phone number is never shown."""
    t = request.t
    form, chosen = await start_form(request, private, typed)
    if chosen is not None:
        await edits.require_may_edit(request.desk, loan_of(request, number=chosen.number))
    form.text("name", t("Borrower's name"), optional=True, limit=NAME_LIMIT, placeholder=chosen.name if chosen else "")
    form.text("phone", t("New phone number"), optional=True, limit=40, placeholder="138 0013 8000")
    form.text(
        "zone",
        t("Time zone of the borrower"),
        optional=True,
        limit=40,
        placeholder="America/New_York",
        hint=t("Contact rules then use this zone, not each in which the number may be. “none” clears it."),
    )
    form.text(
        "number", t("Loan number"), optional=True, limit=NUMBER_LIMIT, placeholder=chosen.number if chosen else ""
    )
    return form.view(CORRECTION.name, t(CORRECTION.title), submit=t("Save"))


async def submit_correction(request: Request) -> Message:
    """Correct what was filled in, as the command does."""
    changes: dict[Field, str] = {}
    if request.one("name"):
        changes["name"] = request.one("name")
    if request.one("phone"):
        with field("phone"):
            changes["phone"] = read_phone(request.one("phone"), region_of(request.desk))
    if request.one("zone"):
        with field("zone"):
            changes["zone"] = read_zone(request.one("zone"))
    if request.one("number"):
        changes["number"] = request.one("number")
    if not changes:
        raise Invalid("nothing_filled_in")
    return corrected(request.t, await edits.edit_loan(request.desk, loan=loan_of(request), changes=changes))


CORRECTION = Form(
    name="edit",
    right="edit_loan",
    title=_("Correct loan details"),
    build=build_correction,
    submit=submit_correction,
    main="name",
    fields={
        **LOAN_REFUSALS,
        "name_too_long": "name",
        "name_missing": "name",
        "number_taken": "number",
        "join_has_work": "number",
        "under_hold": "number",
        "number_separated": "number",
        "number_too_long": "number",
        "number_not_minted": "number",
    },
)
"""`/loan edit` with the mouse."""


async def build_search(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: a field that searches for loans."""
    form = FormWriter(request.t, private, typed)
    loan_field(request.t, form, None, live=False)
    return form.view(FIND.name, request.t(FIND.title), submit=request.t("Open card"))


async def submit_search(request: Request) -> Message:
    """Show the card."""
    return card(request.t, await cards.loan_card(request.desk, loan_of(request)), request.zone)


FIND = Form(
    name="find",
    right="see_loan",
    title=_("Find a loan"),
    build=build_search,
    submit=submit_search,
    main="loan",
    fields=LOAN_REFUSALS,
    keeps_drafts=False,
)
"""`/loan find` with the mouse."""

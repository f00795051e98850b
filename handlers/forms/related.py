"""The forms for a person around a loan: add one, and change one."""

from uuid import UUID

from desk.core.languages import LANGUAGES
from desk.core.values import NAME_LIMIT
from desk.core.vocabulary import VOCABULARY
from desk.loans import related
from desk.loans.borrowers import region_of
from desk.loans.related import PHONES, TEXT_LIMIT, PersonEntry, PhoneEntry
from desk.loans.related_views import RelatedView
from desk.rules.contacts import read_phone
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form, words
from handlers.forms.form import Form, field
from handlers.messages.block_kit.elements import phone_ending
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.related import saved

_LANGUAGE_LIMIT = 30


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan and the person. `l` in `private` names the loan, `r` the role."""
    t = request.t
    typed = {"role": str(private.get("r", "")), **typed}
    form, _chosen = await start_form(request, private, typed, live=False)
    _write(t, form, None)
    return form.view(FORM.name, t(FORM.title), submit=t("Add the person"))


async def submit(request: Request) -> Message:
    """Add the person."""
    result = await related.add_person(request.desk, loan=loan_of(request), entry=_entry(request, 0))
    return saved(request.t, result)


async def build_change(request: Request, private: Private, typed: Typed) -> View:
    """Write what is known of the person. `p` in `private` names them; the form keeps the version from when it was opened.
    Their numbers are not shown: what is typed replaces one."""
    t = request.t
    loan, person = await related.person_to_change(request.desk, UUID(private["p"]))
    present = {"role": person.role, "name": person.name, "relation": person.relation, "hours": person.hours}
    present["language"] = person.language
    for place, each in enumerate(person.phones, 1):
        present[f"kind{place}"] = each.kind
        present |= {"preferred": str(place)} if each.preferred else {}
    wrong = tuple(str(place) for place, each in enumerate(person.phones, 1) if each.wrong)
    if "v" in private:  # what is typed is all there is: the rest was emptied
        present, wrong = {}, ()
    form = FormWriter(
        t, {"v": person.version, "n": len(person.phones), **private}, {**present, "wrong": wrong, **typed}
    )
    form.line(Bold(loan.number), " · ", loan.name)
    _write(t, form, person)
    return form.view(CHANGE.name, t(CHANGE.title), submit=t("Save"))


async def submit_change(request: Request) -> Message:
    """Change the person."""
    private = request.private
    entry = _entry(request, int(private["n"]))
    return saved(request.t, await related.change_person(request.desk, UUID(private["p"]), private["v"], entry))


def _write(t: Translator, form: FormWriter, person: RelatedView | None) -> None:
    form.choice("role", t("Role"), words(t, VOCABULARY.related_roles))
    form.text("name", t("Name"), limit=NAME_LIMIT, hint=t("Of an employer, the company's name."))
    form.text("relation", t("Relation"), optional=True, limit=TEXT_LIMIT, placeholder=t("sister, colleague"))
    there = person.phones if person else ()
    for place in range(1, PHONES + 1):
        known = there[place - 1] if place <= len(there) else None
        ending = phone_ending(t, known.tail) if known else "138 0013 8000"
        form.text(f"phone{place}", t("Phone {n}", n=place), optional=True, limit=40, placeholder=ending)
        form.choice(
            f"kind{place}", t("Kind of phone {n}", n=place), words(t, VOCABULARY.choices["phone_kind"]), optional=True
        )
    numbers = [Option(t("Phone {n}", n=place), str(place)) for place in range(1, PHONES + 1)]
    form.choice("preferred", t("Preferred"), numbers, optional=True)
    form.ticks("wrong", t("Wrong numbers"), numbers, optional=True)
    if there:
        form.ticks("remove", t("Numbers to remove"), numbers[: len(there)], optional=True)
    form.text("hours", t("Best hours"), optional=True, limit=TEXT_LIMIT, placeholder=t("after 19:00"))
    form.text("language", t("Language"), optional=True, limit=_LANGUAGE_LIMIT, placeholder=LANGUAGES["zh"].name)


def _entry(request: Request, there: int) -> PersonEntry:
    """Return what the form says; the person has so many phones already."""
    phones: list[PhoneEntry] = []
    for place in range(1, PHONES + 1):
        typed = request.one(f"phone{place}").strip()
        with field(f"phone{place}"):
            number = read_phone(typed, region_of(request.desk)) if typed else None
        if number is not None or place <= there:
            phones.append(
                PhoneEntry(
                    kind=request.one(f"kind{place}") or related.phone_kind_of(request.one("role")),
                    phone=number,
                    preferred=request.one("preferred") == str(place),
                    wrong=str(place) in request.several("wrong"),
                    remove=str(place) in request.several("remove"),
                )
            )
    return PersonEntry(
        role=request.one("role"),
        name=request.one("name"),
        relation=request.one("relation"),
        hours=request.one("hours"),
        language=request.one("language").strip(),
        phones=tuple(phones),
    )


_FIELDS = {"person_name_missing": "name", "name_too_long": "name", "term_too_long": "relation"}

FORM = Form(
    name="person",
    right="edit_people",
    title=_("Person around a loan"),
    build=build,
    submit=submit,
    main="name",
    fields={**LOAN_REFUSALS, **_FIELDS},
)
"""Add a person: co-borrower, guarantor, spouse, employer, referee, emergency contact."""

CHANGE = Form(
    name="change_person",
    right="edit_people",
    title=_("Change a person"),
    build=build_change,
    submit=submit_change,
    main="name",
    fields=_FIELDS,
    about="p",
)
"""The form that changes the button's person."""

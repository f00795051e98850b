"""The people around a loan: on its card, in answers, and a number of theirs. Only the reader sees them."""

from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.loans.related import PersonSaved, RevealedPhone
from desk.loans.related_views import RelatedList, RelatedView
from handlers.messages.block_kit.elements import form_button, phone, phone_ending, undo_button, write_more
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.contact import write_held
from handlers.messages.dialling import call_buttons_of_person
from handlers.messages.related_names import role

_SHOWN = 10
"""How many people a tab lists with their buttons."""


def person_line(t: Translator, person: RelatedView) -> list[Inline]:
    """Return a person in one line, with masked phones."""
    line: list[Inline] = [role(t, person.role), " ", Bold(person.name)]
    if person.relation:
        line.append(f" ({person.relation})" if t.language == "en" else f"（{person.relation}）")
    for each in person.phones:
        kind = VOCABULARY.choice("phone_kind", each.kind).word(t.language)
        words = [kind, phone_ending(t, each.tail)]
        words += [t("preferred")] if each.preferred else []
        line.append(" · " + " ".join(words))
        line += [" ", Bold(t("wrong number"))] if each.wrong else []
    if person.hours:
        line += [" · ", t("best: {hours}", hours=person.hours)]
    if person.language:
        line += [" · ", person.language]
    return line


def write_people(t: Translator, writer: Writer, people: tuple[RelatedView, ...]) -> None:
    """Write the people around a loan on its card."""
    if people:
        writer.line(Bold(t("People around the loan:")))
        writer.bullets(person_line(t, person) for person in people)


def write_people_with_buttons(t: Translator, writer: Writer, view: RelatedList) -> None:
    """Write the people around a loan, each with what the reader can do."""
    if not view.people:
        writer.line(t("Nobody is recorded around this loan yet."))
    for person in view.people[:_SHOWN]:
        writer.bullets([person_line(t, person)])
        writer.buttons(
            *(button for each in person.phones for button in call_buttons_of_person(t, view.dialling, each)),
            *(_change_buttons(t, person) if view.may_edit else ()),
        )
    write_more(t, writer, len(view.people) - _SHOWN)
    if view.may_edit:
        writer.buttons(form_button(t("Add a person"), "person", loan=view.loan.id))


def _change_buttons(t: Translator, person: RelatedView) -> list[Button]:
    carried = {"p": str(person.id)}
    return [
        Button(t("Change {name}", name=person.name), "form.open", {"form": "change_person", **carried}),
        Button(t("Remove {name}", name=person.name), "related.remove", {**carried, "v": person.version}),
    ]


def saved(t: Translator, result: PersonSaved) -> Message:
    """Render the answer to adding, changing or removing a person."""
    writer = Writer()
    who, loan = Bold(f"{role(t, result.person.role)} {result.person.name}"), Bold(result.loan.number)
    match result.act:
        case "added":
            writer.phrase(t, "{loan}: {who} added.", loan=loan, who=who)
        case "changed":
            writer.phrase(t, "{loan}: {who} changed.", loan=loan, who=who)
        case _:
            writer.phrase(t, "{loan}: {who} removed.", loan=loan, who=who)
    if result.act != "removed":
        writer.bullets([person_line(t, result.person)])
    return writer.buttons(undo_button(t, result.undo_id)).message()


def people(t: Translator, view: RelatedList) -> Message:
    """Render the people around a loan as a message."""
    writer = Writer().line(Bold(view.loan.number), " · ", Bold(view.name))
    write_people_with_buttons(t, writer, view)
    return writer.message()


def revealed(t: Translator, view: RevealedPhone, zone: ZoneInfo) -> Message:
    """Render a number of a person around a loan, or why it is held back."""
    writer = Writer()
    if view.held is not None:
        writer.line(Bold(view.loan.number), " · ", role(t, view.role), " ", view.name)
        return write_held(t, writer, view.held, zone, view.phone_id).message()
    number: Inline = Code(phone(t, view.phone)) if view.readable else view.phone
    writer.line(Bold(view.loan.number), " · ", role(t, view.role), " ", view.name, " · ", number)
    if view.is_wrong:
        writer.line(Bold(t("This number is marked as wrong.")))
    if not view.liable:
        writer.line(t("They are told nothing about the loan: not that there is one, no amount, no arrears."))
    writer.small(t("We logged that you viewed it."))
    return writer.message()

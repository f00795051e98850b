"""Fields that several forms share, and how their values are read."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from desk.calls.checking import ChecksToMake
from desk.calls.views import ChosenLoan, chosen_loan
from desk.core.errors import Invalid
from desk.core.languages import LANGUAGES
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import VOCABULARY, Word
from desk.documents.names import DocumentName
from desk.follow_ups.next_steps import NextOffer
from desk.loans.lists import find
from desk.loans.views import FollowUpView
from handlers.door.request import Request
from handlers.forms.form import field, fill_button
from handlers.grammar.documents import parse_names
from handlers.grammar.due import parse_due
from handlers.grammar.reader import parse_limit
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.message import Button
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import GENERATION, FormWriter, Option, Private, Typed
from handlers.messages.related_names import named_role

LOAN_REFUSALS: dict[str, str] = dict.fromkeys(("unknown_loan", "loan_ambiguous", "loan_missing"), "loan")
"""The field for each refusal about the loan."""

FOLLOW_UP_REFUSALS: dict[str, str] = dict.fromkeys(
    ("unknown_follow_up", "follow_up_closed", "others_may_act"), "follow_up"
)
"""The field for each refusal about the follow-up."""

CHANNEL_REFUSALS: dict[str, str] = dict.fromkeys(
    ("channel_shared_outside", "channel_archived", "channel_without_bot"), "channel"
)
"""The field for each refusal about the channel."""

DUE_REFUSALS = ("due_past", "due_after_work", "due_no_such_time", "due_barred", "no_working_day", "next_missing")
"""Refusals about a due time by use cases; those of the grammar carry their field."""

NO_CHOICE = "none"
"""The option for no language of one's own."""

_CHOSEN_FOR = "of"
"""In `private`: the loan in the form when it was last built."""

LOANS = "loan.search"
"""The source of suggestions for the loan field."""


async def suggest_loans(request: Request) -> Sequence[Option]:
    """Return the loans that match what was typed and that the reader may see; none for what is no search."""
    try:
        found = await find(request.desk, request.text)
    except Invalid:
        return ()
    return [loan_option(request.t, row.number, row.name, row.tail) for row in found.rows]


def loan_option(t: Translator, number: str, name: str, tail: str) -> Option:
    """Return a loan as an option. Only the member who fills in the form sees it, so it names the borrower in full."""
    return Option(f"{number} {name} · {t('phone ending {digits}', digits=tail)}", number)


def loan_field(
    t: Translator,
    form: FormWriter,
    chosen: ChosenLoan | ChecksToMake | None,
    *,
    live: bool = True,
    optional: bool = False,
) -> None:
    """Add a field that searches for a loan."""
    option = loan_option(t, chosen.number, chosen.name, chosen.tail) if chosen else None
    form.search(
        "loan",
        t("Loan"),
        LOANS,
        chosen=option,
        live=live,
        optional=optional,
        placeholder=t("Name, pinyin, loan number or last four digits of the phone"),
    )


async def start_form(
    request: Request, private: Private, typed: Typed, *, live: bool = True
) -> tuple[FormWriter, ChosenLoan | None]:
    """Return a form that begins with the loan field, and the chosen loan: at first the button's, `l` in `private`."""
    typed = {"loan": str(private.get("l", "")), **typed}
    chosen = await chosen_loan(request.desk, str(typed["loan"])) if typed["loan"] else None
    form = FormWriter(request.t, private, typed)
    loan_field(request.t, form, chosen, live=live)
    return form, chosen


def of_the_loan(private: Private, typed: Typed) -> tuple[Private, Typed]:
    """Return what a form about a loan and its follow-up carries, and its values: at first the button's, `l` and `n`.

    When another loan is chosen, the follow-up is removed, and a new generation of fields makes Slack forget it."""
    if _CHOSEN_FOR not in private:
        given = {name: str(private[key]) for name, key in (("loan", "l"), ("follow_up", "n")) if key in private}
        typed = {**given, **typed}
    number = str(typed.get("loan", ""))
    now = {**private, _CHOSEN_FOR: number}
    if "follow_up" in typed and number != private.get(_CHOSEN_FOR, number):
        typed = {name: value for name, value in typed.items() if name != "follow_up"}
        now[GENERATION] = int(private.get(GENERATION, 0)) + 1
    return now, typed


def language_field(form: FormWriter, label: str, no_choice: str) -> None:
    """Add a language field, with an option for no language of one's own."""
    form.choice(
        "language",
        label,
        [Option(no_choice, NO_CHOICE), *(Option(each.name, each.code) for each in LANGUAGES.values())],
    )


def chosen_language(request: Request) -> str:
    """Return the chosen language, or the empty text."""
    chosen = request.one("language")
    return chosen if chosen in LANGUAGES else ""


def loan_of(request: Request, *, number: str = "", follow_up: str = "") -> LoanRef:
    """Return a reference to the chosen loan, or the one of that number, and to its follow-up of that number."""
    number = number or request.one("loan")
    return LoanRef(whole=number, text=number, follow_up=int(follow_up) if follow_up else None)


def words(t: Translator, entries: Iterable[Word]) -> list[Option]:
    """Return entries of the vocabulary as options, in the reader's language."""
    return [Option(entry.word(t.language), entry.code) for entry in entries]


def people(t: Translator, chosen: ChosenLoan | None) -> list[Option]:
    """Return the people around the chosen loan as options."""
    return [Option(named_role(t, each), str(person_id)) for person_id, each in (chosen.people if chosen else ())]


def parties(t: Translator, chosen: ChosenLoan | None) -> list[Option]:
    """Return the people around the chosen loan, and the roles of others, as options."""
    return [*people(t, chosen), *words(t, VOCABULARY.related_roles)]


def purposes(t: Translator) -> list[Option]:
    """Return the purposes of follow-ups as options."""
    return words(t, VOCABULARY.purposes)


def follow_up_options(t: Translator, rows: Iterable[FollowUpView]) -> list[Option]:
    """Return open follow-ups of one loan as options, by their numbers."""
    return [
        Option(
            f"/{row.number} {elements.purpose(t, row.purpose)} · {elements.brief_when(t, row.due, ZoneInfo(row.zone))}",
            str(row.number),
        )
        for row in rows
    ]


def due_field(t: Translator, form: FormWriter, name: str, label: str, *, optional: bool = False) -> None:
    """Add a field for a due time, as people type it."""
    form.text(name, label, optional=optional, limit=100, placeholder=t("tomorrow 3pm · fri · 2 Dec 10:30 · in 3 days"))


def due_buttons(t: Translator, offers: Iterable[NextOffer], zone: ZoneInfo, name: str) -> list[Button]:
    """Return buttons that put a time into the field `name`."""
    return [
        fill_button(elements.brief_when(t, offer.due, zone), **{name: typed_due(offer.due, zone)}) for offer in offers
    ]


def typed_due(due: Due, zone: ZoneInfo) -> str:
    """Return a due time as a person would type it."""
    return due.on.isoformat() if due.at is None else f"{due.at.astimezone(zone):%Y-%m-%d %H:%M}"


def read_due(request: Request, name: str, *, limit: bool = False) -> Due | None:
    """Return the due time in a field, or None if it is empty. With `limit`, `by fri` and `周五前` are that day. Raises Invalid
    as the grammar does, for that field."""
    typed = request.one(name).strip()
    if not typed:
        return None
    with field(name):
        return (parse_limit if limit else parse_due)(typed, request.desk.now, request.zone)


def read_documents(request: Request, name: str) -> list[DocumentName]:
    """Return the documents that a field for those not on the list names: known ones all the same, others by their words."""
    found = parse_names(request.one(name), request.desk.now, request.zone)
    return [DocumentName(item.code, item.words) for item in found]


def day_of(request: Request, name: str) -> date:
    """Return the day in a field. Raises Invalid (`date_missing`) for one that is empty."""
    with field(name):
        try:
            return date.fromisoformat(request.one(name))
        except ValueError as error:
            raise Invalid("date_missing") from error

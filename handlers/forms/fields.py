"""Fields that several forms have, and how what stands in them is read."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from desk.calls.form_views import ChosenLoan
from desk.core.languages import LANGUAGES
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import VOCABULARY, Word
from desk.follow_ups.next_steps import NextOffer
from desk.loans.lists import find
from desk.loans.views import FollowUpView
from handlers.door.request import Request
from handlers.forms.form import field, fill_button
from handlers.grammar.due import parse_due
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.message import Button
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import GENERATION, FormWriter, Option, Private, Typed

LOAN_REFUSALS = {"unknown_loan": "loan", "loan_ambiguous": "loan", "loan_missing": "loan"}
"""What is refused because of the loan."""

DUE_REFUSALS = ("due_past", "due_after_work", "due_no_such_time", "no_working_day", "next_missing")
"""What is refused because of a due time by the use cases; what the grammar refuses carries its field."""

NO_CHOICE = "none"
"""The language that is no choice of one's own."""

_CHOSEN_FOR = "of"
"""In `private`: the loan that stood in the form when it was last written."""

LOANS = "loan.search"
"""Suggests loans for the words typed."""


async def suggest_loans(request: Request) -> Sequence[Option]:
    """The loans that fit what was typed and that the reader may see."""
    found = await find(request.desk, request.text)
    return [loan_option(request.t, row.number, row.name, row.tail) for row in found.rows]


def loan_option(t: Translator, number: str, name: str, tail: str) -> Option:
    """A loan to choose. Only whoever fills in the form sees it, so it names the borrower in full."""
    return Option(f"{number} {name} · {t('tail {digits}', digits=tail)}", number)


def loan_field(t: Translator, form: FormWriter, chosen: ChosenLoan | None, *, live: bool = True) -> None:
    """Which loan, found while typing."""
    option = loan_option(t, chosen.number, chosen.name, chosen.tail) if chosen else None
    form.search(
        "loan",
        t("Loan"),
        LOANS,
        chosen=option,
        live=live,
        placeholder=t("Name, pinyin, number, or the last four digits of the phone"),
    )


def of_the_loan(private: Private, typed: Typed) -> tuple[Private, Typed]:
    """What stands in a form about a loan and one of its follow-ups: at first those of the button, `l` and `n`. A follow-up
    goes when another loan is chosen, and Slack is made to forget it."""
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
    """Which language, with words for no choice of one's own."""
    form.choice(
        "language",
        label,
        [Option(no_choice, NO_CHOICE), *(Option(each.name, each.code) for each in LANGUAGES.values())],
    )


def chosen_language(request: Request) -> str:
    """The language that was chosen, or the empty text."""
    chosen = request.one("language")
    return chosen if chosen in LANGUAGES else ""


def loan_of(request: Request, *, number: str = "", follow_up: str = "") -> LoanRef:
    """The loan that was chosen, or has that number, and its follow-up of that number."""
    number = number or request.one("loan")
    return LoanRef(whole=number, text=number, follow_up=int(follow_up) if follow_up else None)


def words(t: Translator, entries: Iterable[Word]) -> list[Option]:
    """Entries of the vocabulary, in the reader's language."""
    return [Option(entry.word(t.language), entry.code) for entry in entries]


def purposes(t: Translator) -> list[Option]:
    """What a follow-up may be about."""
    return words(t, VOCABULARY.purposes)


def follow_up_options(t: Translator, rows: Iterable[FollowUpView]) -> list[Option]:
    """Open follow-ups of one loan, by their numbers."""
    return [
        Option(
            f"/{row.number} {elements.purpose(t, row.purpose)} · {elements.brief_when(t, row.due, ZoneInfo(row.zone))}",
            str(row.number),
        )
        for row in rows
    ]


def due_field(t: Translator, form: FormWriter, name: str, label: str, *, optional: bool = False) -> None:
    """A due time, as people type it."""
    form.text(name, label, optional=optional, limit=100, placeholder=t("tomorrow 3pm · fri · 2 Dec 10:30 · in 3 days"))


def due_buttons(t: Translator, offers: Iterable[NextOffer], zone: ZoneInfo, name: str) -> list[Button]:
    """Times that one press puts into the field `name`."""
    return [
        fill_button(elements.brief_when(t, offer.due, zone), **{name: typed_due(offer.due, zone)}) for offer in offers
    ]


def typed_due(due: Due, zone: ZoneInfo) -> str:
    """A due time as one would type it."""
    return due.on.isoformat() if due.at is None else f"{due.at.astimezone(zone):%Y-%m-%d %H:%M}"


def read_due(request: Request, name: str) -> Due | None:
    """The due time that stands in a field; None where it is empty. Raises Invalid as the grammar does, for that field."""
    typed = request.one(name).strip()
    if not typed:
        return None
    with field(name):
        return parse_due(typed, request.desk.now, request.zone)

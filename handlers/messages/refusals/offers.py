"""What the refusal of a line offers as buttons besides loans, follow-ups and members: the next word, and the form."""

from collections.abc import Mapping
from dataclasses import field
from uuid import UUID

from desk.core.dataclass import dataclass
from handlers.messages.block_kit.message import Button
from handlers.messages.block_kit.translator import Translator


@dataclass(frozen=True, slots=True)
class WordOffer:
    """A word that the line may go on with, and the `line` with it, as Slack would send it. `fill`: that word wants more, so
    the form opens with these fields filled in."""

    label: str
    line: str = field(repr=False)
    fill: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class FormOffer:
    """A form, for the loan and the follow-up that the line names. `typed` are the values that the line has for its fields."""

    name: str
    title: str
    loan_id: UUID | None = None
    follow_up: int | None = None
    typed: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class LineOffers:
    """The words and the form that a line is offered. A word is only taken while the loan has this version."""

    words: tuple[WordOffer, ...] = ()
    form: FormOffer | None = None
    loan_id: UUID | None = None
    loan_version: int = 0


def word_buttons(offers: LineOffers, line_id: UUID) -> list[Button]:
    """Return a button for each word."""
    return [_word_button(offers, word, at, line_id) for at, word in enumerate(offers.words)]


def form_buttons(t: Translator, offers: LineOffers, line_id: UUID) -> list[Button]:
    """Return the button that opens the form, if there is one."""
    if offers.form is None:
        return []
    return [Button(t(offers.form.title), "form.open", _form_value(offers.form, line_id))]


def _word_button(offers: LineOffers, word: WordOffer, at: int, line_id: UUID) -> Button:
    if word.fill and offers.form is not None:
        return Button(word.label, "form.open", {**_form_value(offers.form, line_id), "fill": dict(word.fill)})
    return Button(word.label, "line.complete", {"d": str(line_id), "c": at})


def _form_value(form: FormOffer, line_id: UUID) -> dict[str, object]:
    value: dict[str, object] = {"form": form.name, "d": str(line_id)}
    if form.loan_id is not None:
        value["i"] = str(form.loan_id)
    if form.follow_up is not None:
        value["n"] = form.follow_up
    return value

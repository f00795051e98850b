"""The vocabulary: purposes, outcomes, documents, stages, roles and the words of a loan's terms, read from `data/*.toml`.

The desk stores an entry's code, shows its word in the reader's language, and understands its synonyms. A lender adds
its own words there, not in code.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from tomllib import TOMLDecodeError, loads
from typing import Any, ClassVar, Literal, TypeVar, get_args

from pydantic import ConfigDict, ValidationError

from desk.core.data_files import validator
from desk.core.dataclass import dataclass
from desk.core.languages import LANGUAGES, language_of

NOTE_LIMIT = 3000
"""The longest note, in characters."""

PurposeKind = Literal["verification", "repayment", "service"]
Answers = Literal["any", "verification", "repayment", "check"]
CheckResult = Literal["confirmed", "failed"]
NextStep = Literal["planned", "asks", "must", "instalment", "offers_withdrawn"]
ChoiceField = Literal["rate_basis", "method", "day_count", "holiday_shift", "condition", "phone_kind", "appointment"]
"""A field of a loan, its vehicle or a phone whose values are listed in `choices.toml`."""


class VocabularyError(Exception):
    """A data file is invalid; the message names the file and the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An entry with a name in each language."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_min_length=1)

    code: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()
    never_before: tuple[str, ...] = ()
    """Words that change the meaning of the one before them: `paid half` does not mean `paid`."""

    def word(self, locale: str) -> str:
        """Return the word in the language of `locale` (`zh-CN`, `zh_Hans_CN`, `en-US` …), or else in its fallback."""
        language = language_of(locale)
        while language.fallback is not None:
            if word := getattr(self, language.code, ""):
                return word
            language = LANGUAGES[language.fallback]
        return self.en

    def terms(self) -> Iterator[str]:
        """Return the `term_key` of every term for this word, possibly with duplicates."""
        shown = [getattr(self, code, "") for code in LANGUAGES]
        return map(term_key, filter(None, (self.code, *shown, *self.synonyms)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose(Word):
    """What a follow-up is about."""

    kind: PurposeKind
    check: bool = False
    """Whether it is a check, which only an outcome with a result ends."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return what may be said of it in `answers` and `one_tap` of outcomes, the narrowest first."""
        return ("check", self.kind) if self.check else (self.kind,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Word):
    """The result of a call, and its effect on the follow-up that it answers."""

    ends: bool
    """Whether it closes the follow-up, which otherwise stays open with one attempt more. A check needs a `result` too."""
    answers: Answers = "any"
    """The kind of follow-up that it can answer."""
    result: CheckResult | None = None
    """How a check ended that it answers."""
    next: NextStep
    """If no next step was typed: the desk plans one, asks for it, or refuses the call; plans the next instalment's; or
    offers to end the loan as withdrawn."""
    next_purpose: str | None = None
    """The purpose of the next follow-up if none was typed and none was answered; with `promise` even if one was."""
    retry_working_minutes: int | None = None
    """With `planned`: after how much working time; None: the next working morning."""
    attempts_a_day: int | None = None
    """With `retry_working_minutes`: after this many attempts in a day, wait for the next working morning."""
    settles_instalment: bool = False
    """Whether it closes every open repayment follow-up of the oldest unpaid instalment."""
    takes_amount: bool = False
    """Whether an amount of money may be typed directly behind it."""
    marks_number_wrong: bool = False
    tells_manager: bool = False
    one_tap: tuple[PurposeKind | Literal["check"], ...] = ()
    """The kinds of follow-ups whose reminders have a button for it."""

    def can_answer(self, purpose: Purpose) -> bool:
        """Return whether a call with this outcome can answer a follow-up of that purpose."""
        return self.answers in ("any", *purpose.kinds)

    def closes(self, purpose: Purpose) -> bool:
        """Return whether a call with this outcome ends the follow-up of that purpose that it answers."""
        return self.ends and (self.result is not None or not purpose.check)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Word):
    """A document that the desk asks borrowers for."""

    takes_words: bool = False
    """Whether words after a colon name it: `other: divorce certificate`."""
    valid_days: int | None = None
    """How many days after it came it is valid, unless its own date is known."""
    kept_valid: bool = False
    """Whether a loan that is paid out needs a valid one, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Word):
    """A stage of a loan."""

    ended: bool = False
    """Whether entering it closes the open follow-ups and document requests."""
    purpose: str
    """The default purpose of a follow-up at this stage."""
    documents: tuple[str, ...] = ()
    """What a loan needs at this stage, in addition to the earlier stages."""

    @property
    def live(self) -> bool:
        return not self.ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Word):
    """A role of members, who may have several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Word):
    """A kind of loan that the lender sells."""

    checks: tuple[str, ...] = ()
    """The purposes of the checks that an application for it needs, besides the identity."""
    documents: tuple[str, ...] = ()
    """What an application for it needs, besides the documents of the stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedRole(Word):
    """What a person around a loan is to the borrower."""

    firm: bool = False
    """Whether it is a firm, whose phones are at work."""
    liable: bool = False
    """Whether they answer for the debt; others are told nothing about the loan."""
    borrows: bool = False
    """Whether they borrow too: any call may be had with them as with the borrower."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries, in the order of their files."""

    purposes: tuple[Purpose, ...]
    outcomes: tuple[Outcome, ...]
    documents: tuple[Document, ...]
    stages: tuple[Stage, ...]
    roles: tuple[Role, ...]
    products: tuple[Product, ...]
    related_roles: tuple[RelatedRole, ...]
    choices: Mapping[ChoiceField, tuple[Word, ...]]

    def purpose(self, code: str) -> Purpose:
        """Return the purpose with that code. Raises KeyError, as do the others."""
        return _of_code(self.purposes, code)

    def outcome(self, code: str) -> Outcome:
        return _of_code(self.outcomes, code)

    def one_tap_outcomes(self, kind: PurposeKind, *, check: bool = False) -> list[Outcome]:
        """Return the outcomes that a reminder of that kind, or of a check, has buttons for, first those that answer only it."""
        kinds = ("check", kind) if check else (kind,)
        return sorted((o for o in self.outcomes if {*kinds} & {*o.one_tap}), key=lambda o: o.answers not in kinds)

    def document(self, code: str) -> Document:
        return _of_code(self.documents, code)

    def stage(self, code: str) -> Stage:
        return _of_code(self.stages, code)

    def role(self, code: str) -> Role:
        return _of_code(self.roles, code)

    def product(self, code: str) -> Product:
        return _of_code(self.products, code)

    def related_role(self, code: str) -> RelatedRole:
        return _of_code(self.related_roles, code)

    def choice(self, field: ChoiceField, code: str) -> Word:
        return _of_code(self.choices[field], code)


W = TypeVar("W", bound=Word)


def term_key(text: str) -> str:
    """Return the form in which terms are compared: NFKC, case-folded, with one space for spaces, `-` or `_`."""
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def load_vocabulary(folder: Traversable) -> Vocabulary:
    """Read the vocabulary from the files in `folder`. Raises VocabularyError."""
    vocabulary = Vocabulary(
        purposes=_load(folder, "purposes.toml", Purpose),
        outcomes=_load(folder, "outcomes.toml", Outcome),
        documents=_load(folder, "documents.toml", Document),
        stages=_load(folder, "stages.toml", Stage),
        roles=_load(folder, "roles.toml", Role),
        products=_load(folder, "products.toml", Product),
        related_roles=_load(folder, "related_roles.toml", RelatedRole),
        choices=_load_choices(folder),
    )
    purposes = {purpose.code for purpose in vocabulary.purposes}
    documents = {document.code for document in vocabulary.documents}
    needed = [(stage.code, document) for stage in vocabulary.stages for document in stage.documents]
    _refuse_unknown("outcomes.toml", "purpose", ((o.code, o.next_purpose) for o in vocabulary.outcomes), purposes)
    _refuse_unknown("stages.toml", "purpose", ((s.code, s.purpose) for s in vocabulary.stages), purposes)
    _refuse_unknown("stages.toml", "document", needed, documents)
    checks = {purpose.code for purpose in vocabulary.purposes if purpose.check}
    asked = [(product.code, check) for product in vocabulary.products for check in product.checks]
    _refuse_unknown("products.toml", "check", asked, checks)
    papers = [(product.code, document) for product in vocabulary.products for document in product.documents]
    _refuse_unknown("products.toml", "document", papers, documents)
    for outcome in vocabulary.outcomes:
        if outcome.one_tap and outcome.next == "must":
            raise VocabularyError(f"outcomes.toml, [{outcome.code}]: a tap cannot give the day that `must` wants")
        for kind in outcome.one_tap:
            if outcome.answers not in ("any", kind, "verification" if kind == "check" else kind):
                raise VocabularyError(f"outcomes.toml, [{outcome.code}]: cannot answer {kind!r}, so no tap for it")
    return vocabulary


def term_for(words: Iterable[W], text: str) -> W | None:
    """Return the word of which `text` is a term; None: of none."""
    key = term_key(text)
    return next((word for word in words if key in word.terms()), None)


def _load_choices(folder: Traversable) -> dict[ChoiceField, tuple[Word, ...]]:
    name, fields = "choices.toml", get_args(ChoiceField)
    tables = _read(folder, name)
    if wrong := set(fields) ^ set(tables):
        raise VocabularyError(f"{name}: {min(wrong)!r} is missing or no field")
    return {field: _words(f"{name}, [{field}]", tables[field], Word) for field in fields}


def _load(folder: Traversable, name: str, kind: type[W]) -> tuple[W, ...]:
    return _words(name, _read(folder, name), kind)


def _read(folder: Traversable, name: str) -> dict[str, Any]:
    try:
        return loads(folder.joinpath(name).read_text("utf-8"))
    except (OSError, TOMLDecodeError, UnicodeDecodeError) as error:
        raise VocabularyError(f"{name}: {error}") from error


def _words(name: str, tables: dict[str, Any], kind: type[W]) -> tuple[W, ...]:
    words: list[W] = []
    for code, entry in tables.items():
        try:
            words.append(validator(kind).validate_python({"code": code, **entry}))
        except (ValidationError, TypeError) as error:
            raise VocabularyError(f"{name}, [{code}]: {error}") from error
    _refuse_collisions(name, words)
    return tuple(words)


def _refuse_collisions(name: str, words: Iterable[Word]) -> None:
    owners: dict[str, str] = {}
    for word in words:
        keys = list(map(term_key, word.synonyms))
        for synonym, key in zip(word.synonyms, keys, strict=True):
            if keys.count(key) > 1:
                raise VocabularyError(f"{name}, [{word.code}]: {synonym!r} appears twice")
        for term in word.terms():
            if owners.setdefault(term, word.code) != word.code:
                raise VocabularyError(f"{name}, [{word.code}]: {term!r} already means {owners[term]}")


def _refuse_unknown(name: str, kind: str, references: Iterable[tuple[str, str | None]], known: set[str]) -> None:
    for code, reference in references:
        if reference is not None and reference not in known:
            raise VocabularyError(f"{name}, [{code}]: there is no {kind} {reference!r}")


def _of_code(words: Iterable[W], code: str) -> W:
    for word in words:
        if word.code == code:
            return word
    raise KeyError(code)


VOCABULARY = load_vocabulary(resources.files("desk") / "data")
"""The vocabulary of this desk."""

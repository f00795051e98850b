"""What a refused line is offered: the loans that two of its words name, the words that it may go on with, and the form."""

import re
from collections.abc import Iterable, Mapping

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.permissions import allows
from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from desk.documents.listing import documents_open_to
from desk.loans import lookup
from desk.loans.borrowers import region_of
from desk.loans.lists import search_words
from desk.loans.lookup import LoanMatch
from desk.loans.stages import WRITTEN_OFF
from handlers.door.allowed_times import with_allowed_time
from handlers.door.declarations import Command
from handlers.door.joined_words import with_split_line
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.grammar.terms import OUTCOMES, STAGES
from handlers.grammar.text import Line
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.writer import escaped
from handlers.messages.documents import document
from handlers.messages.refusals.offers import FormOffer, LineOffers, WordOffer

_WORDS = 4
"""The most words that are tried as a borrower's name or phone number."""

_NAME_WORD = re.compile(r"[^\s,，、;；:：@<>]+")
_BETWEEN_WORDS = re.compile(r"[\s,，]+")


async def with_offers(request: Request, command: Command, text: str, error: DeskError) -> DeskError:
    """Return the refusal of a command's line, as Slack sent it, with what it can be offered."""
    line = Line.read(text)
    if error.code == "due_barred":
        return await with_allowed_time(request, command, text, error)
    if (several := await _named_by_words(request, line, error)) is not None:
        return several
    if "ref" not in error.params:
        return await with_split_line(request, command, line, error) or error
    ref: LoanRef | None = error.params["ref"]
    named = None
    if ref is not None:
        try:
            named = await lookup.resolve(request.desk, ref)
        except DeskError as unknown:
            split = await with_split_line(request, command, line, unknown)
            return split or (error if error.params.get("given") else unknown)
    asks = error.params.get("act") or error.params.get("asks", error.params.get("part"))
    form = command.completes.get(str(asks))
    if form is not None and not form.is_for(request.desk.member):
        form = None
    words = await _words(request, line, error, named, form) if named else ()
    offered = _form_offer(form, named, error.params.get("fill", {})) if form else None
    if words or offered:
        loan = named.loan if named else None
        error.params["offers"] = LineOffers(words, offered, loan.id if loan else None, loan.version if loan else 0)
    return error


async def _named_by_words(request: Request, line: Line, error: DeskError) -> DeskError | None:
    """Return the refusal that lists the loans of a name of several words, or of a phone number with blanks, of which the line's
    grammar read the first."""
    ref: LoanRef | None = error.params.get("ref")
    given = error.params.get("given") if error.code in ("loan_ambiguous", "unknown_loan") else ref and ref.whole
    if not given or (error.code not in ("loan_ambiguous", "unknown_loan") and not error.params.get("given")):
        return None
    start = line.raw.find(str(given))
    words = _words_from(line.raw, start) if start >= 0 else []
    for count in range(len(words), 1, -1):
        name = line.raw[start : words[count - 1].end()]
        asked = search_words(name, region_of(request.desk))
        found = await lookup.choices_of_words(request.desk, name, asked)
        if found is not None:
            return found
    return None


def _words_from(raw: str, start: int) -> list[re.Match[str]]:
    """Return the first words of what may be a name (`O'Neil, Pat`) or a phone number."""
    words: list[re.Match[str]] = []
    at = start
    while len(words) < _WORDS and (word := _NAME_WORD.match(raw, at)):
        words.append(word)
        between = _BETWEEN_WORDS.match(raw, word.end())
        if between is None:
            break
        at = between.end()
    return words


def _form_offer(form: Form, named: LoanMatch | None, typed: Mapping[str, str]) -> FormOffer:
    follow_up = named.follow_up.number if named and named.follow_up else None
    return FormOffer(form.name, form.title, named.loan.id if named else None, follow_up, dict(typed))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word by its `form` in the line, its label, and the fields of the form that it fills in because it wants more."""

    form: str
    label: str
    fill: Mapping[str, str]


async def _words(
    request: Request, line: Line, error: DeskError, named: LoanMatch, form: Form | None
) -> tuple[WordOffer, ...]:
    lines: Mapping[str, str] = error.params.get("lines", {})
    match error.params.get("part"):
        case "outcome":
            words = _outcomes(request, lines)
        case "stage":
            words = _stages(request, named, lines)
        case "document" if error.params.get("act"):
            words = await _documents(request, named, str(error.params["act"]))
            given = str(error.params["given"])
            before, _, after = line.raw.rpartition(given) if given else (f"{line.raw.rstrip()} ", "", "")
            lines = {word.form: f"{before}{word.form}{after}" for word in words}
        case _:
            words = []
    return tuple(WordOffer(w.label, escaped(lines[w.form]), w.fill) for w in words if form or not w.fill)


def _outcomes(request: Request, forms: Iterable[str]) -> list[_Word]:
    found = [(form, match.word) for form in forms if (match := OUTCOMES.longest(form, 0)) is not None]
    return [
        _Word(form, elements.outcome(request.t, word.code), {"outcome": word.code} if word.next == "must" else {})
        for form, word in found
    ]


def _stages(request: Request, named: LoanMatch, forms: Iterable[str]) -> list[_Word]:
    """A write-off and a withdrawal are asked about in the form, which has room for the reason."""
    may_write_off = allows(request.desk.member, "write_off")
    found = [(form, match.word.code) for form in forms if (match := STAGES.longest(form, 0)) is not None]
    return [
        _Word(form, elements.stage(request.t, code), {"stage": code} if code in _WITH_REASON else {})
        for form, code in found
        if code != named.loan.stage and (may_write_off or code != WRITTEN_OFF)
    ]


_WITH_REASON = frozenset({WRITTEN_OFF, "withdrawn"})


async def _documents(request: Request, named: LoanMatch, act: str) -> list[_Word]:
    t = request.t
    found = await documents_open_to(request.desk, named.loan, act)
    return [
        _Word(_document_form(t.language, item.code, item.words), document(t, item.code, item.words), {})
        for item in found
    ]


def _document_form(language: str, code: str, words: str) -> str:
    word = VOCABULARY.document(code).word(language)
    return f"{word}: {words}" if words else word

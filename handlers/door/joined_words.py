"""A borrower's name and the rest of a line that were typed without a blank between them (`李雷未接`): offered with it."""

from dataclasses import field

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.values import LoanRef
from desk.loans import lookup
from handlers.door.declarations import Command, Parse
from handlers.door.lines import MENDED_LENGTH
from handlers.door.request import Request
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import is_chinese
from handlers.grammar.text import Line
from handlers.messages.block_kit.writer import escaped
from handlers.messages.refusals.offers import LineOffers, WordOffer

_SHORTEST, _LONGEST = 2, 20
"""How many characters of a word are tried as a name, at least and at most: a surname alone names nobody."""


@dataclass(frozen=True, slots=True)
class _Split:
    """A line with a blank in one of its words, which begins with `name`."""

    name: str = field(repr=False)
    line: str = field(repr=False)


async def with_split_line(request: Request, command: Command, line: Line, unknown: DeskError) -> DeskError | None:
    """Return the refusal of an unknown loan with the line as it would be understood, or None if there is not just one such line.

    The beginning of the word is then a borrower's name that finds exactly one loan, and the rest reads as the rest of the line.
    """
    given = str(unknown.params.get("given", ""))
    if command.parse is None or unknown.code != "unknown_loan" or len(line.raw) > MENDED_LENGTH:
        return None
    found = {
        loans[0].id: (split, loans[0])
        for split in _splits(request, command.parse, line.raw, given)
        if len(loans := await lookup.find_visible(request.desk, [split.name], limit=2, in_full=True)) == 1
    }
    if len(found) != 1:
        return None
    ((split, loan),) = found.values()
    word = WordOffer(split.line, escaped(split.line))
    unknown.params["mended"] = (split.line,)
    unknown.params["offers"] = LineOffers((word,), None, loan.id, loan.version)
    return unknown


def _splits(request: Request, parse: Parse, raw: str, given: str) -> list[_Split]:
    start = raw.find(given)
    if start < 0:
        return []
    splits: list[_Split] = []
    for length in range(_SHORTEST, min(len(given), _LONGEST + 1)):
        name, rest = given[:length], given[length:]
        if not name.isalpha() or not is_chinese(rest[0]):
            continue
        split = _Split(name, f"{raw[: start + length]} {raw[start + length :]}")
        if _reads(request, parse, split):
            splits.append(split)
    return splits


def _reads(request: Request, parse: Parse, split: _Split) -> bool:
    try:
        parsed = parse(Line.plain(split.line), request.desk.now, request.zone)
    except Invalid:
        return False
    loan: LoanRef | None = None if isinstance(parsed, HelpRequest) else getattr(parsed, "loan", None)
    return loan is not None and loan.whole == split.name

"""How one stage of a loan follows another."""

from collections.abc import Sequence
from typing import Literal

from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY
from desk.rules.moves import MOVES

TransitionKind = Literal["forward", "skips", "back", "reopened", "unusual"]

_PATH = ("inquiry", "application", "approved", "signed", "disbursed", "closed")
"""The usual path of a loan."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of stage. `skipped` are the stages in between on the usual path."""

    kind: TransitionKind
    skipped: tuple[str, ...] = ()


def classify_transition(from_stage: str, to_stage: str) -> Transition:
    """Return the kind of a change of stage.

    No change is forbidden, because the desk records what happened elsewhere and people must be able to correct a
    mistake; one that the table of moves does not have is asked about (`is_unusual`).
    """
    if VOCABULARY.stage(to_stage).ended:
        return Transition("forward" if from_stage in MOVES[to_stage].from_ else "unusual")
    if VOCABULARY.stage(from_stage).ended:
        return Transition("reopened")
    start, end = _PATH.index(from_stage), _PATH.index(to_stage)
    if end < start:
        return Transition("back")
    skipped = _PATH[start + 1 : end]
    return Transition("skips" if skipped else "forward", skipped)


def is_unusual(from_stage: str, to_stage: str) -> bool:
    """Return whether the table of moves does not have that change of stage: it is asked about before it is made."""
    return from_stage not in MOVES[to_stage].from_


_PRODUCT_IS_KNOWN = "application"
"""The stage that needs the documents of the product."""


ImportedStage = Literal["same", "take", "back", "keep"]
"""What an import does with the file's stage: nothing, takes it, takes it although it is an earlier one, or keeps the desk's."""

_RANK = {stage: rank for rank, stage in enumerate(_PATH)} | {"written_off": _PATH.index("disbursed")}
_TYPED_END = {"declined": _RANK["application"], "withdrawn": _RANK["signed"]}
"""How far a loan had come at least when a member ended it, if no file has said."""


def weigh_imported_stage(present: str, new: str, *, last: str | None, typed: bool) -> ImportedStage:
    """Return what an import does with a loan's stage.

    `last` is the stage that the last file brought (None: not known); `typed`: a member set the present one. What nobody
    typed follows the file. What a member typed stays while the file repeats itself; otherwise a later stage arrives, or
    the end of the loan, and an earlier one does not.
    """
    if new == present:
        return "same"
    if not typed:
        earlier = new in _RANK and present in _RANK and _RANK[new] < _RANK[present]
        return "back" if earlier else "take"
    if new == last:
        return "keep"
    if new not in _PATH:
        return "take"
    reached = _RANK.get(present)
    if reached is None:
        reached = _RANK.get(last or "", _TYPED_END.get(present, 0))
    return "take" if _RANK[new] > reached else "keep"


def needed_at(stage: str, product: str | None = None) -> tuple[str, ...]:
    """Return the documents that a live loan for that product needs by that stage, those of earlier stages first."""
    return () if VOCABULARY.stage(stage).ended else _documents_of(_PATH[: _PATH.index(stage) + 1], product)


def needed_before(stage: str, product: str | None = None) -> tuple[str, ...]:
    """Return the documents of the stages before one on the usual path, which a loan for that product needs when it gets there."""
    return _documents_of(_PATH[: _PATH.index(stage)] if stage in _PATH else (), product)


def _documents_of(stages: Sequence[str], product: str | None) -> tuple[str, ...]:
    own = VOCABULARY.product(product).documents if product is not None else ()
    found = [
        document
        for stage in stages
        for document in (*VOCABULARY.stage(stage).documents, *(own if stage == _PRODUCT_IS_KNOWN else ()))
    ]
    return tuple(dict.fromkeys(found))


PAID_OUT = "disbursed"
"""The stage of a loan that is paid out."""

BEFORE_PAYOUT = _PATH[: _PATH.index(PAID_OUT)]
"""The live stages of a loan that is not paid out yet."""


def next_of(stage: str) -> str | None:
    """Return the stage that usually follows; None: the loan has ended."""
    at = _PATH.index(stage) if stage in _PATH else len(_PATH)
    return _PATH[at + 1] if at + 1 < len(_PATH) else None


def needed_valid(stage: str, product: str | None = None) -> tuple[str, ...]:
    """Return the documents of which a loan at that stage needs one that has not expired: after the payout the few that must stay
    valid, before it all that it needs."""
    needed = needed_at(stage, product)
    return needed if stage in BEFORE_PAYOUT else tuple(code for code in needed if VOCABULARY.document(code).kept_valid)

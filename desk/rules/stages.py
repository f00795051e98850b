"""How one stage of a loan follows another."""

from dataclasses import dataclass
from typing import Literal

from desk.core.vocabulary import VOCABULARY

Way = Literal["forward", "skips", "back", "reopened", "unusual"]

_PATH = ("inquiry", "application", "approved", "signed", "disbursed", "closed")
"""The way of a loan that goes well."""

_ENDS_FROM = {
    "closed": frozenset({"disbursed", "written_off"}),
    "written_off": frozenset({"disbursed", "closed"}),
    "declined": frozenset({"inquiry", "application", "approved", "withdrawn"}),
    "withdrawn": frozenset({"inquiry", "application", "approved", "signed", "declined"}),
}
"""From where each end is usually reached: money that was paid out cannot be withdrawn from, nor written off before."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How a loan comes from one stage to another. `skipped` are the stages between them on the usual way."""

    way: Way
    skipped: tuple[str, ...] = ()


def passage(from_stage: str, to_stage: str) -> Passage:
    """What to say of a change of stage.

    None is forbidden, because the desk records what happened elsewhere and people must be able to correct a slip; all
    but the usual step are remarked on.
    """
    if VOCABULARY.stage(to_stage).ended:
        return Passage("forward" if from_stage in _ENDS_FROM[to_stage] else "unusual")
    if VOCABULARY.stage(from_stage).ended:
        return Passage("reopened")
    start, end = _PATH.index(from_stage), _PATH.index(to_stage)
    if end < start:
        return Passage("back")
    skipped = _PATH[start + 1 : end]
    return Passage("skips" if skipped else "forward", skipped)


def needed_at(stage: str) -> tuple[str, ...]:
    """The documents that a live loan needs by that stage, those of the earlier stages first."""
    if VOCABULARY.stage(stage).ended:
        return ()
    passed = _PATH[: _PATH.index(stage) + 1]
    return tuple(document for each in passed for document in VOCABULARY.stage(each).documents)

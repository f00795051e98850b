"""How one stage of a loan follows another."""

from dataclasses import dataclass
from typing import Literal

from desk.core.vocabulary import VOCABULARY

TransitionKind = Literal["forward", "skips", "back", "reopened", "unusual"]

_PATH = ("inquiry", "application", "approved", "signed", "disbursed", "closed")
"""The usual path of a loan."""

_ENDS_FROM = {
    "closed": frozenset({"disbursed", "written_off"}),
    "written_off": frozenset({"disbursed", "closed"}),
    "declined": frozenset({"inquiry", "application", "approved", "withdrawn"}),
    "withdrawn": frozenset({"inquiry", "application", "approved", "signed", "declined"}),
}
"""The stages that usually precede each end: a disbursed loan cannot be withdrawn, and only a disbursed one is written off."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of stage. `skipped` are the stages in between on the usual path."""

    kind: TransitionKind
    skipped: tuple[str, ...] = ()


def classify_transition(from_stage: str, to_stage: str) -> Transition:
    """Return the kind of a change of stage.

    No change is forbidden, because the desk records what happened elsewhere and people must be able to correct a
    mistake; every change except the usual step is pointed out.
    """
    if VOCABULARY.stage(to_stage).ended:
        return Transition("forward" if from_stage in _ENDS_FROM[to_stage] else "unusual")
    if VOCABULARY.stage(from_stage).ended:
        return Transition("reopened")
    start, end = _PATH.index(from_stage), _PATH.index(to_stage)
    if end < start:
        return Transition("back")
    skipped = _PATH[start + 1 : end]
    return Transition("skips" if skipped else "forward", skipped)


def needed_at(stage: str) -> tuple[str, ...]:
    """Return the documents that a live loan needs by that stage, those of earlier stages first."""
    if VOCABULARY.stage(stage).ended:
        return ()
    reached = _PATH[: _PATH.index(stage) + 1]
    return tuple(document for each in reached for document in VOCABULARY.stage(each).documents)

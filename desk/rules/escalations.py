"""Why a loan is escalated, what rules raise it, and when the second level hears: read from `data/escalations.toml`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.languages import language_of
from desk.core.playbooks import shipped_playbooks
from desk.core.vocabulary import VOCABULARY

EscalationEvent = Literal["late", "snoozed", "refused", "check_failed", "check_passed_over", "owner_left"]
"""What the desk escalates: nobody acted on a call, it was snoozed too often, a borrower refused, a check failed; the lender's
data moved a loan on although a check had failed, or opened one again whose owner has left."""


_ENDED = frozenset(stage.code for stage in VOCABULARY.stages if stage.ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationKind:
    """A reason for escalating a loan. `playbook` is the code of a situation, or empty; the file explains the other fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    playbook: str = ""
    second_level_hours: Annotated[int, Field(ge=1, le=80)]
    attempts: Annotated[int, Field(ge=2, le=100)] | None = None
    broken_promises: Annotated[int, Field(ge=1, le=20)] | None = None
    missed_steps: bool = False
    event: EscalationEvent | None = None
    holds_calls: bool = False
    ends_with: tuple[str, ...] = ()
    words: tuple[Annotated[str, Field(min_length=2)], ...] = ()

    def word(self, locale: str) -> str:
        """Return the reason in the language of `locale`."""
        return self.zh if language_of(locale).code == "zh" else self.en

    @property
    def second_level_after(self) -> timedelta:
        """Return how much working time passes until the second level hears."""
        return timedelta(hours=self.second_level_hours)


def load_escalations(source: Traversable) -> Mapping[str, EscalationKind]:
    """Read the kinds by code, in the order of the file. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    kinds: dict[str, EscalationKind] = {}
    for code, entry in file.tables.items():
        kind = file.read(EscalationKind, entry, code)
        if kind.playbook and kind.playbook not in shipped_playbooks().situations:
            raise file.error(f"playbook: {kind.playbook!r} is no situation of playbooks.toml", code, field="playbook")
        if _rules_of(kind) > 1:
            raise file.error("it has two rules", code, field="event" if kind.event else "broken_promises")
        if kind.ends_with and not _rules_of(kind):
            raise file.error("ends_with: no rule raises it", code, field="ends_with")
        for stage in kind.ends_with:
            if stage not in _ENDED:
                raise file.error(f"ends_with: {stage!r} is no stage that ends a loan", code, field="ends_with")
        if kind.event and any(other.event == kind.event for other in kinds.values()):
            raise file.error(f"event: {kind.event} raises another entry already", code, field="event")
        kinds[code] = kind
    if not kinds:
        raise file.error("it has no entry")
    if missing := set(get_args(EscalationEvent)) - {kind.event for kind in kinds.values()}:
        raise file.error(f"no entry is raised by the event {min(missing)}")
    return kinds


def _rules_of(kind: EscalationKind) -> int:
    """Return how many rules raise a kind."""
    return sum(rule is not None for rule in (kind.attempts, kind.broken_promises, kind.event)) + kind.missed_steps


@cache
def escalation_kinds() -> Mapping[str, EscalationKind]:
    """Return the kinds of this release by code. Raises DataFileError."""
    return load_escalations(resources.files("desk") / "data" / "escalations.toml")


def chosen_kinds() -> Mapping[str, EscalationKind]:
    """Return the kinds that a member may choose, by code: an event raises the others by itself."""
    return {code: kind for code, kind in escalation_kinds().items() if kind.event is None}


def ended_by(stage: str) -> frozenset[str]:
    """Return the kinds that are settled, where a rule raised them, by the end of a loan with that stage."""
    return frozenset(code for code, kind in escalation_kinds().items() if stage in kind.ends_with)


def raised_by_event(event: EscalationEvent) -> str:
    """Return the kind that an event raises."""
    return next(code for code, kind in escalation_kinds().items() if kind.event == event)


def heard_in(note: str) -> str | None:
    """Return the code of the first kind whose words the note has, or None; of English words only whole ones count."""
    text = note.casefold()
    return next((code for code, word in _words() if word in text and _is_whole(word, text)), None)


@cache
def _words() -> tuple[tuple[str, str], ...]:
    """Return the words, case-folded, each with the code of its kind before it."""
    return tuple((code, word.casefold()) for code, kind in escalation_kinds().items() for word in kind.words)


def _is_whole(word: str, text: str) -> bool:
    """Return whether a word that the text has is somewhere no part of another English word."""
    return not word.isascii() or re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None


def raised_by_attempts(attempts: int) -> str | None:
    """Return the kind that this number of fruitless calls about one follow-up raises, or None."""
    limits = ((code, kind.attempts) for code, kind in escalation_kinds().items())
    return next((code for code, limit in limits if limit is not None and attempts >= limit), None)


def raised_by_broken_promises(broken: int) -> str | None:
    """Return the kind that this number of a loan's broken promises raises, or None."""
    limits = ((code, kind.broken_promises) for code, kind in escalation_kinds().items())
    return next((code for code, limit in limits if limit is not None and broken >= limit), None)


def raised_by_missed_steps() -> str | None:
    """Return the kind that a step beyond calls raises whose day is over, or None."""
    return next((code for code, kind in escalation_kinds().items() if kind.missed_steps), None)


def trigger_of_step(step_id: UUID) -> str:
    """Return how the cause begins for which a rule escalates that step; its day follows."""
    return f"{raised_by_missed_steps()}:{step_id}:"


def step_of_trigger(trigger: str | None) -> UUID | None:
    """Return the step that a rule escalated for that cause, or None if it escalated none."""
    kind, _, cause = (trigger or "").partition(":")
    return UUID(cause.partition(":")[0]) if kind and kind == raised_by_missed_steps() else None


def trigger_of_passed_over_check(loan_id: UUID, stage: str) -> str:
    """Return the cause for which a rule escalates that the lender's data moved a loan to a stage although a check had failed."""
    return f"{raised_by_event('check_passed_over')}:{loan_id}:{stage}"


def stage_of_trigger(trigger: str | None) -> str | None:
    """Return the stage to which the lender's data moved a loan past a failed check, if a rule escalated it for that cause."""
    kind, _, cause = (trigger or "").partition(":")
    return cause.rpartition(":")[2] if kind == raised_by_event("check_passed_over") else None


@cache
def holding_calls() -> tuple[str, ...]:
    """Return the kinds that hold back the calls about arrears until they are resolved."""
    return tuple(code for code, kind in escalation_kinds().items() if kind.holds_calls)

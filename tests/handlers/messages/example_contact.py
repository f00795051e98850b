"""Example values of what is shown of contact rules."""

from collections.abc import Callable
from datetime import date, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.follow_ups.contact_choices import NOTHING, Chosen
from desk.follow_ups.contact_views import ConsentView, ContactView, StateView
from desk.rules.contact_packs import PACKS, RULES, Cap
from desk.rules.contact_rules import Answer, Broken, Tally
from desk.rules.retention import KINDS, Period, period_of
from tests.handlers.messages.choices import Choices

_ID = UUID(int=0x01A20C7F_0000_7000_8000_000000000001)


def contact_values(choices: Choices) -> dict[Any, Callable[[], Any]]:
    """Return how the values of these types are made."""
    return {
        ContactView: lambda: contact_view(choices),
        Chosen: lambda: Chosen(("CN", "AU")) if choices.includes("packs") else NOTHING,
        StateView: lambda: StateView(
            _ID,
            1,
            choices.one_of(("do_not_call", "hardship")),
            choices.moment(),
            date(2026, 12, 30) if choices.includes("until_on") else None,
            choices.includes("other_person"),
        ),
        ConsentView: lambda: ConsentView(
            id=_ID,
            version=1,
            kind=choices.one_of(("hours", "calls")),
            form="recorded",
            given_at=choices.moment(),
            starts_on=date(2026, 11, 26) if choices.includes("starts_on") else None,
            ends_on=date(2026, 11, 26) if choices.includes("starts_on") else None,
            starts=time(8) if choices.includes("starts") else None,
            ends=time(23) if choices.includes("starts") else None,
        ),
        Period: lambda: period_of(
            KINDS[choices.one_of(("inquiry", "words", "audit"))], None, [PACKS["CN"]], date(2026, 11, 25)
        ),
        Broken: lambda: Broken(PACKS["CN"], RULES["CN-C1"][1], "deny"),
    }


def contact_view(choices: Choices) -> ContactView:
    """Return a borrower whom China's rules and a state bar, or one who may be called."""
    pack, cap = RULES["CN-C1"]
    assert isinstance(cap, Cap)
    tallies = (Tally(cap, choices.amount()),)
    if not choices.includes("broken"):
        return ContactView(_ID, Answer(None, tallies=tallies), None, (), (pack,))
    _, hours = RULES["CN-H1"]
    answer = Answer("deny", (Broken(pack, cap, "deny"), Broken(pack, hours, "deny")), choices.moment(), tallies)
    states = (("do_not_call", None), ("breathing_space", date(2026, 12, 30)))
    return ContactView(_ID, answer, choices.moment(), states, tuple(PACKS.values())[:2], (ZoneInfo("Asia/Shanghai"),))

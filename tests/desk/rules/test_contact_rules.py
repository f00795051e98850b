"""When a borrower may be called by the packs of rules: the twenty cases that the packs were written from."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk.rules.contact_facts import Circumstances, Consent, Contact, Flag, Proposed
from desk.rules.contact_packs import PACKS, Bar, Role
from desk.rules.contact_rules import Answer, bind, evaluate

SHANGHAI, NEW_YORK, LOS_ANGELES = map(ZoneInfo, ("Asia/Shanghai", "America/New_York", "America/Los_Angeles"))
SYDNEY, KOLKATA, ATHENS, LONDON = map(ZoneInfo, ("Australia/Sydney", "Asia/Kolkata", "Europe/Athens", "Europe/London"))

NOTHING = Circumstances()
BORROWER, CONTACT, DEBT, NUMBER = "borrower-1", "contact-1", "debt-a", "number-a"


def at(zone: ZoneInfo, day: int, clock: str, month: int = 11) -> datetime:
    return datetime.combine(date(2026, month, day), time.fromisoformat(clock), zone).astimezone(UTC)


def call(instant: datetime, outcome: str = "no_answer", **kept: Any) -> Contact:
    """A call to the borrower's mobile about the debt, with what its outcome says."""
    spoke = outcome == "reached"
    given: dict[str, Any] = {
        "person": BORROWER,
        "debts": frozenset({DEBT}),
        "number": NUMBER,
        "place": "cell",
        "spoke": spoke,
        "made": spoke,
    }
    return Contact(at=instant, **{**given, **kept})


def ask(
    pack: str, instant: datetime, zones: tuple[ZoneInfo, ...], known: Circumstances, role: Role = "own", **to: Any
) -> Answer:
    given: dict[str, Any] = {"person": BORROWER, "debt": DEBT, "number": NUMBER, "place": "cell"}
    proposed = Proposed(at=instant, **{**given, **to})
    return evaluate(bind([PACKS[pack]], role=role, zones=zones), proposed, known)


def china(day: int, clock: str, known: Circumstances = NOTHING, **to: Any) -> Answer:
    return ask("CN", at(SHANGHAI, day, clock), (SHANGHAI,), known, **to)


def in_china(*calls: tuple[int, str, str]) -> Circumstances:
    return Circumstances(history=tuple(call(at(SHANGHAI, day, clock), outcome) for day, clock, outcome in calls))


def test_the_end_of_a_window_is_no_longer_allowed() -> None:
    assert china(16, "21:59").effect is None
    late = china(16, "22:00")
    assert (late.effect, late.next_at) == ("deny", at(SHANGHAI, 17, "08:00"))
    assert [each.rule.id for each in late.broken] == ["CN-H1"]


def test_agreed_hours_lift_a_window() -> None:
    agreed = Consent(kind="hours", form="recorded", given_at=at(SHANGHAI, 10, "10:00"), start=time(8), end=time(23))
    assert china(16, "22:30", Circumstances(consents=(agreed,))).effect is None
    assert china(16, "23:00", Circumstances(consents=(agreed,))).effect == "deny"


def test_a_withdrawn_consent_lifts_nothing() -> None:
    agreed = Consent(
        kind="hours", given_at=at(SHANGHAI, 10, "10:00"), end=time(23), withdrawn_at=at(SHANGHAI, 16, "12:00")
    )
    assert china(16, "22:30", Circumstances(consents=(agreed,))).effect == "deny"


def test_three_conversations_a_day_with_one_person() -> None:
    answer = china(17, "17:00", in_china((17, "09:10", "reached"), (17, "11:00", "reached"), (17, "15:30", "reached")))
    assert (answer.effect, answer.next_at) == ("deny", at(SHANGHAI, 18, "08:00"))
    assert [(each.rule.id, each.used, each.rule.max) for each in answer.tallies] == [("CN-C1", 3, 3), ("CN-C2", 0, 6)]


def test_six_unanswered_tries_at_a_number_warn_and_another_number_is_free() -> None:
    known = in_china(*((16, f"{hour:02}:00", "no_answer") for hour in (9, 10, 11, 12, 13, 14)))
    answer = china(16, "16:00", known)
    assert (answer.effect, answer.next_at) == ("warn", at(SHANGHAI, 17, "08:00"))
    assert china(16, "16:00", known, number="number-b").effect is None


def test_a_contact_is_called_only_when_the_borrower_is_out_of_reach() -> None:
    reached = in_china((16, "10:00", "reached"))
    answer = china(17, "10:00", reached, person=CONTACT, who="contact", number="number-c")
    assert (answer.effect, answer.next_at) == ("deny", None)
    tried = in_china((15, "10:00", "no_answer"), (16, "10:00", "no_answer"), (17, "09:00", "no_answer"))
    answer = china(17, "10:00", tried, person=CONTACT, who="contact", number="number-c")
    assert (answer.effect, answer.purposes) == (None, ("relay",))


def test_a_contact_who_asked_to_stop_is_not_called() -> None:
    tried = in_china((15, "10:00", "no_answer"), (16, "10:00", "no_answer"), (17, "09:00", "no_answer"))
    stop = Flag(code="do_not_call", since=at(SHANGHAI, 16, "12:00"), person=CONTACT)
    known = Circumstances(history=tried.history, flags=(stop,))
    answer = china(17, "10:00", known, person=CONTACT, who="contact", number="number-c")
    assert (answer.effect, answer.next_at) == ("deny", None)
    assert [each.rule.id for each in answer.broken] == ["CN-B1"]
    assert answer.fixed
    assert china(17, "10:00", known).effect is None


def test_a_call_must_be_allowed_in_every_likely_zone() -> None:
    answer = ask("US-REGF", at(NEW_YORK, 18, "10:30"), (NEW_YORK, LOS_ANGELES), Circumstances(), "outside")
    assert (answer.effect, answer.next_at) == ("deny", at(NEW_YORK, 18, "11:00"))


SEVEN = tuple(call(at(NEW_YORK, day, clock)) for day, clock in zip(
    (12, 13, 14, 16, 17, 18, 18), ("10:00", "10:00", "10:00", "10:00", "10:00", "10:00", "11:00"), strict=True
))  # fmt: skip


def test_seven_calls_in_seven_days() -> None:
    answer = ask("US-REGF", at(NEW_YORK, 18, "17:00"), (NEW_YORK,), Circumstances(history=SEVEN), "outside")
    assert (answer.effect, answer.next_at) == ("deny", at(NEW_YORK, 19, "08:00"))


def test_the_rule_on_outside_collectors_is_advice_for_the_lender() -> None:
    answer = ask("US-REGF", at(NEW_YORK, 18, "17:00"), (NEW_YORK,), Circumstances(history=SEVEN), "own")
    assert answer.effect == "warn"


RANG_IN = call(at(NEW_YORK, 13, "15:00"), "reached", inbound=True)


def test_a_conversation_that_the_borrower_began_starts_the_pause_of_its_debt() -> None:
    known = Circumstances(history=(RANG_IN,))
    answer = ask("US-REGF", at(NEW_YORK, 19, "10:00"), (NEW_YORK,), known, "outside")
    assert (answer.effect, answer.next_at) == ("deny", at(NEW_YORK, 20, "08:00"))
    assert ask("US-REGF", at(NEW_YORK, 19, "10:00"), (NEW_YORK,), known, "outside", debt="debt-b").effect is None


def test_a_call_that_the_borrower_asked_for_lifts_the_pause_for_seven_days() -> None:
    asked = Consent(kind="calls", given_at=at(NEW_YORK, 13, "15:00"))
    known = Circumstances(history=(RANG_IN,), consents=(asked,))
    assert ask("US-REGF", at(NEW_YORK, 17, "10:00"), (NEW_YORK,), known, "outside").effect is None


def test_two_calls_in_seven_days_that_could_have_left_a_message_in_massachusetts() -> None:
    history = (call(at(NEW_YORK, 9, "10:00"), "voicemail", made=True), call(at(NEW_YORK, 12, "10:00")))
    answer = ask("US-MA", at(NEW_YORK, 14, "10:00"), (NEW_YORK,), Circumstances(history=history))
    assert (answer.effect, answer.next_at) == ("deny", at(NEW_YORK, 16, "08:00"))
    unheard = (history[0], call(at(NEW_YORK, 12, "10:00"), reachable=False))
    assert ask("US-MA", at(NEW_YORK, 14, "10:00"), (NEW_YORK,), Circumstances(history=unheard)).effect is None


def test_every_channel_counts_in_new_york_city_once_in_collection() -> None:
    history = tuple(
        call(at(NEW_YORK, day, "10:00"), channel=channel)
        for day, channel in ((16, "phone"), (17, "text"), (18, "email"))
    )
    overdue = Circumstances(history=history, overdue_since=date(2026, 10, 1))
    answer = ask("US-NY-NYC", at(NEW_YORK, 20, "11:00"), (NEW_YORK,), overdue)
    assert (answer.effect, answer.next_at) == ("deny", at(NEW_YORK, 23, "08:00"))
    assert ask("US-NY-NYC", at(NEW_YORK, 20, "11:00"), (NEW_YORK,), Circumstances(history=history)).effect is None


def test_weekends_begin_later_and_holidays_are_free_in_australia() -> None:
    answer = ask("AU", at(SYDNEY, 22, "08:30"), (SYDNEY,), Circumstances())
    assert (answer.effect, answer.next_at) == ("deny", at(SYDNEY, 22, "09:00"))
    christmas = Circumstances(holidays=frozenset({date(2026, 12, 25), date(2026, 12, 26)}))
    answer = ask("AU", at(SYDNEY, 25, "10:00", 12), (SYDNEY,), christmas)
    assert (answer.effect, answer.next_at) == ("deny", at(SYDNEY, 27, "09:00", 12))


def test_attempts_are_no_contacts_in_australia() -> None:
    tries = tuple(call(at(SYDNEY, 16 + n // 2, f"{9 + n:02}:00")) for n in range(9))
    talks = tuple(call(at(SYDNEY, day, "12:30"), "reached") for day in (17, 18))
    assert ask("AU", at(SYDNEY, 20, "10:00"), (SYDNEY,), Circumstances(history=tries + talks)).effect is None


def test_the_evening_ends_at_seven_in_india() -> None:
    answer = ask("IN", at(KOLKATA, 18, "19:00"), (KOLKATA,), Circumstances())
    assert (answer.effect, answer.next_at) == ("deny", at(KOLKATA, 19, "08:00"))


def test_once_in_two_days_and_ten_days_overdue_in_greece() -> None:
    known = Circumstances(history=(call(at(ATHENS, 16, "10:00")),), overdue_since=date(2026, 11, 2))
    answer = ask("EU-GR", at(ATHENS, 17, "12:00"), (ATHENS,), known, "outside")
    assert (answer.effect, answer.next_at) == ("deny", at(ATHENS, 18, "09:00"))
    early = Circumstances(overdue_since=date(2026, 11, 2))
    answer = ask("EU-GR", at(ATHENS, 10, "12:00"), (ATHENS,), early, "outside")
    assert [each.rule.id for each in answer.broken] == ["GR-G2"]
    assert answer.next_at == at(ATHENS, 12, "09:00")


def test_relief_by_law_bars_until_its_last_day_and_no_manager_overrides_it() -> None:
    relief = Flag(code="breathing_space", since=at(LONDON, 1, "09:00"), until_on=date(2026, 12, 30), person=BORROWER)
    answer = ask("UK", at(LONDON, 18, "10:00"), (LONDON,), Circumstances(flags=(relief,)))
    assert (answer.effect, answer.next_at, answer.fixed) == ("deny", at(LONDON, 31, "08:00", 12), True)


def test_a_relief_that_is_over_fixes_no_bar_that_another_state_keeps() -> None:
    bar = replace(
        next(rule for rule in PACKS["UK"].rules if isinstance(rule, Bar)), flags=("breathing_space", "hardship")
    )
    since = at(LONDON, 1, "09:00")
    over = Flag(code="breathing_space", since=since, until_on=date(2026, 11, 17), person=BORROWER)
    known = Circumstances(flags=(over, Flag(code="hardship", since=since, person=BORROWER)))
    proposed = Proposed(at=at(LONDON, 18, "10:00"), person=BORROWER, debt=DEBT, number=NUMBER)
    answer = evaluate(bind([replace(PACKS["UK"], rules=(bar,))], zones=(LONDON,)), proposed, known)
    assert [each.states for each in answer.broken] == [("hardship",)]
    assert (answer.effect, answer.fixed) == ("deny", False)


def test_recorded_voices_to_a_home_are_counted_for_the_caller() -> None:
    history = tuple(
        call(at(NEW_YORK, day, "10:00"), place="home", dial="prerecorded", debts=frozenset({f"debt-{day}"}))
        for day in (2, 4, 6)
    )
    known = Circumstances(history=history)
    to: dict[str, Any] = {"place": "home", "dial": "prerecorded"}
    answer = ask("US-TCPA", at(NEW_YORK, 20, "10:00"), (NEW_YORK,), known, **to)
    assert answer.effect == "deny"
    assert answer.next_at == at(NEW_YORK, 2, "00:00", 12)
    assert ask("US-TCPA", at(NEW_YORK, 20, "10:00"), (NEW_YORK,), known, place="home").effect is None


def test_an_effect_is_raised_and_never_lowered() -> None:
    known = in_china(*((16, f"{hour:02}:00", "no_answer") for hour in (9, 10, 11, 12, 13, 14)))
    proposed = Proposed(at=at(SHANGHAI, 16, "22:00"), person=BORROWER, debt=DEBT, number=NUMBER)
    raised = bind([PACKS["CN"]], raised={"CN-C2": "deny", "CN-H1": "warn"}, zones=(SHANGHAI,))
    assert {each.rule.id: each.effect for each in evaluate(raised, proposed, known).broken} == {
        "CN-H1": "deny",
        "CN-C2": "deny",
    }


def test_an_unknown_zone_means_every_likely_one() -> None:
    # 08:00 in New York is 02:00 in Honolulu; 21:00 in New York ends the day before Honolulu's does.
    answer = ask("US-REGF", at(NEW_YORK, 18, "08:00"), (), Circumstances(), "outside")
    assert answer.effect == "deny"
    assert answer.next_at == datetime(2026, 11, 18, 8, tzinfo=ZoneInfo("Pacific/Honolulu"))


@pytest.mark.parametrize("clock", ["00:30", "12:00"])
def test_a_rule_holds_only_from_its_first_day(clock: str) -> None:
    before = datetime(2026, 8, 31, 12, tzinfo=NEW_YORK)
    history = tuple(call(before - timedelta(hours=n)) for n in range(3))
    known = Circumstances(history=history, overdue_since=date(2026, 7, 1))
    assert ask("US-NY-NYC", before, (NEW_YORK,), known).effect is None
    after = datetime.combine(date(2026, 9, 1), time.fromisoformat(clock), NEW_YORK)
    assert "NYC-C1" in {each.rule.id for each in ask("US-NY-NYC", after, (NEW_YORK,), known).broken}

"""The contact rules agree with a model that is slow and obviously right: it looks at every quarter of an hour, zone by zone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.rules.contact_facts import BORROWER, Circumstances, Consent, Contact, Flag, Proposed
from desk.rules.contact_packs import Bar, Cap, Gap, Lift, Pack, Rule, Window
from desk.rules.contact_rules import bind, evaluate

QUARTER = timedelta(minutes=15)
DAYS = 9
"""How far the model looks for the next allowed instant. Spans are shorter."""

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
    "Asia/Beirut",
)
CLOCKS = st.sampled_from([time(0), time(1, 30), time(2, 30), time(8), time(9), time(19), time(21), time(22)])
STARTS = st.sampled_from(
    [
        datetime(2026, 3, 7, 21, tzinfo=UTC),  # clocks go forward in the United States on the 8th
        datetime(2026, 3, 28, 15, tzinfo=UTC),  # in Europe and Beirut on the 29th
        datetime(2026, 10, 3, 3, tzinfo=UTC),  # on Lord Howe, by half an hour
        datetime(2026, 10, 31, 20, tzinfo=UTC),  # back in the United States on 1 November
        datetime(2026, 11, 18, 10, tzinfo=UTC),
    ]
)
SAID: dict[str, Any] = {"id": "X", "zh": "规", "en": "rule", "source": "-", "mark": "M", "force": "house"}


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = sorted([draw(CLOCKS), draw(CLOCKS)])
    said: dict[str, Any] = {
        **SAID,
        "days": draw(st.sampled_from(["daily", "mon-fri", "sat,sun"])),
        "holidays": draw(st.sampled_from(["none", "as_sunday", "same"])),
        "lift": draw(st.sampled_from([(), (Lift(consent="hours"),)])),
    }
    if start == end:
        return Window(**said, start=time(8), end=time(0))
    return Window(**said, start=start, end=end)


COUNTS = st.sampled_from(["call", "connected_call", "unconnected", "conversation", "conversation_any", "contact_made"])
PER = st.sampled_from(["person", "debt", "person_debt", "number", "caller"])
LIFTS = st.sampled_from([(), (Lift(consent="calls", max_age_days=3),)])
CAPS = st.builds(
    lambda count, per, most, n, unit, lift: Cap(**SAID, count=count, per=per, max=most, n=n, unit=unit, lift=lift),
    COUNTS,
    PER,
    st.integers(1, 4),
    st.integers(1, 5),
    st.sampled_from(["calendar_day", "rolling_days", "week"]),
    LIFTS,
)
GAPS = st.builds(
    lambda after, per, days, lift: Gap(**SAID, after=after, per=per, days=days, lift=lift),
    st.sampled_from(["call", "conversation", "conversation_any"]),
    PER,
    st.integers(1, 5),
    LIFTS,
)
BARS = st.builds(lambda code: Bar(**SAID, flags=(code,)), st.sampled_from(["do_not_call", "breathing_space"]))
RULES = st.lists(st.one_of(windows(), windows(), CAPS, GAPS, BARS), min_size=1, max_size=4)


@st.composite
def circumstances(draw: st.DrawFn, now: datetime) -> Circumstances:
    moments = st.integers(0, 6 * 96).map(lambda back: now - back * QUARTER)
    contacts = st.builds(
        Contact,
        at=moments,
        person=st.sampled_from(["p", "q"]),
        debts=st.sampled_from([frozenset("d"), frozenset("e"), frozenset("de")]),
        number=st.sampled_from(["n", "m"]),
        inbound=st.booleans(),
        spoke=st.booleans(),
        connected=st.booleans(),
        made=st.booleans(),
    )
    today = now.date()
    consents = st.builds(
        Consent,
        kind=st.sampled_from(["hours", "calls"]),
        given_at=moments,
        starts_on=st.sampled_from([None, today, today + timedelta(days=2)]),
        ends_on=st.sampled_from([None, today + timedelta(days=3)]),
        start=st.sampled_from([None, time(2, 30), time(6)]),
        end=st.sampled_from([None, time(23)]),
    )
    flags = st.builds(
        Flag,
        code=st.sampled_from(["do_not_call", "breathing_space"]),
        since=moments,
        until_on=st.sampled_from([None, today + timedelta(days=1), today + timedelta(days=4)]),
        person=st.sampled_from(["p", "q", BORROWER]),
    )
    return Circumstances(
        history=tuple(draw(st.lists(contacts, max_size=8))),
        consents=tuple(draw(st.lists(consents, max_size=2))),
        flags=tuple(draw(st.lists(flags, max_size=1))),
        holidays=frozenset(draw(st.sets(st.sampled_from([today, today + timedelta(days=1)]), max_size=2))),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_answer_is_the_models(data: st.DataObject) -> None:
    now = data.draw(STARTS) + data.draw(st.integers(0, 3 * 96)) * QUARTER
    zones = tuple(map(ZoneInfo, data.draw(st.sets(st.sampled_from(ZONES), min_size=1, max_size=2))))
    rules, known = data.draw(RULES), data.draw(circumstances(now))
    pack = Pack(
        code="X",
        zh="包",
        en="pack",
        version="1",
        read_on=date(2026, 1, 1),
        place="X",
        zones=("UTC",),
        rules=tuple(rules),
    )
    proposed = Proposed(at=now, person="p", debt="d", number="n")
    answer = evaluate(bind([pack], zones=zones), proposed, known)
    assert (answer.effect is None) == allowed(rules, proposed, known, zones)
    if answer.effect is None:
        return
    expected = next(
        (
            now + step * QUARTER
            for step in range(1, DAYS * 96)
            if allowed(rules, replace(proposed, at=now + step * QUARTER), known, zones)
        ),
        None,
    )
    if expected is None:
        assert answer.next_at is None or answer.next_at >= now + DAYS * timedelta(days=1) - QUARTER
    else:
        assert answer.next_at == expected


def allowed(rules: Sequence[Rule], proposed: Proposed, known: Circumstances, zones: tuple[ZoneInfo, ...]) -> bool:
    """Return whether every rule holds in every zone."""
    return all(_keeps(rule, proposed, known, zone) for rule in rules for zone in zones)


def _keeps(rule: Rule, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> bool:
    here = proposed.at.astimezone(zone)
    if any(_agreed(lift, each, proposed.at, zone) for lift in rule.lift for each in known.consents):
        return True
    if isinstance(rule, Window):
        assert isinstance(known.holidays, frozenset)
        off = here.date() in known.holidays
        name = "sun" if off and rule.holidays == "as_sunday" else here.strftime("%a").lower()
        named = {"daily": "mon tue wed thu fri sat sun", "mon-fri": "mon tue wed thu fri", "sat,sun": "sat sun"}
        if name not in named[rule.days].split():
            return True
        if off and rule.holidays == "none":
            return False
        assert rule.start is not None
        assert rule.end is not None
        minutes, start = here.hour * 60 + here.minute, rule.start.hour * 60 + rule.start.minute
        end = rule.end.hour * 60 + rule.end.minute or 24 * 60
        return start <= minutes < end
    if isinstance(rule, Bar):
        return not any(
            each.code == rule.flags[0]
            and (each.person == "p" or (each.code == "breathing_space" and each.person == BORROWER))
            and each.since <= proposed.at
            and (each.until_on is None or here.date() <= each.until_on)
            for each in known.flags
        )
    assert isinstance(rule, Cap | Gap)
    kind = rule.count if isinstance(rule, Cap) else rule.after
    relevant = [each for each in known.history if _is_counted(kind, each) and _is_same(rule.per, each)]
    if isinstance(rule, Gap):
        days = [(here.date() - each.at.astimezone(zone).date()).days for each in relevant]
        return all(day >= rule.days for day in days)
    free = [
        each for each in relevant if any(_agreed(lift, c, each.at, zone) for lift in rule.lift for c in known.consents)
    ]
    counted = [each for each in relevant if each not in free]
    span = {here.date() - timedelta(days=back) for back in range(rule.n)}
    if rule.unit == "week":
        span = {here.date() - timedelta(days=back) for back in range(here.weekday() + 1)}
    return sum(each.at.astimezone(zone).date() in span for each in counted) < rule.max


def _agreed(lift: Lift, consent: Consent, at: datetime, zone: ZoneInfo) -> bool:
    here, given = at.astimezone(zone), consent.given_at.astimezone(zone)
    return (
        lift.consent == consent.kind
        and consent.given_at <= at
        and (lift.max_age_days is None or (here.date() - given.date()).days <= lift.max_age_days)
        and (consent.starts_on is None or here.date() >= consent.starts_on)
        and (consent.ends_on is None or here.date() <= consent.ends_on)
        and (consent.start is None or here.time() >= consent.start)
        and (consent.end is None or here.time() < consent.end)
    )


def _is_counted(kind: str, each: Contact) -> bool:
    return {
        "call": not each.inbound,
        "connected_call": not each.inbound and each.connected,
        "unconnected": not each.inbound and not each.spoke,
        "conversation": not each.inbound and each.spoke,
        "conversation_any": each.spoke,
        "contact_made": not each.inbound and (each.spoke or each.made),
    }[kind]


def _is_same(per: str, each: Contact) -> bool:
    return {
        "person": each.person == "p",
        "debt": "d" in each.debts,
        "person_debt": each.person == "p" and "d" in each.debts,
        "number": each.number == "n",
        "caller": True,
    }[per]

"""Whether a borrower, or another person, may be contacted at an instant by the rules that bind, and when next.

Pure: everything that is known is passed in. Each rule must hold in every zone in which the borrower may be. Windows are
half-open: their end is no longer allowed. Days are those of the zone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.rules.contact_facts import BORROWER, Circumstances, Consent, Contact, Flag, Proposed
from desk.rules.contact_packs import (
    STATES,
    Audience,
    Bar,
    Cap,
    Duty,
    Effect,
    Gap,
    Keep,
    Lift,
    Pack,
    Role,
    Rule,
    Window,
)
from desk.rules.hours import MIDNIGHT, parse_days
from desk.rules.working_time import instant_of

_LOOK_AHEAD = timedelta(days=500)
"""How far the next allowed instant is looked for: a bit more than the longest state or span."""

_MINUTE = timedelta(minutes=1)
_FORMS = ("oral", "written", "recorded")
"""Forms of consent, the weakest first."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule that binds, with its effect here and the zones in which it must hold."""

    pack: Pack
    rule: Rule
    effect: Effect
    zones: tuple[ZoneInfo, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that speaks against a contact. `states` are the recorded ones because of which a bar does."""

    pack: Pack
    rule: Rule
    effect: Effect
    states: tuple[str, ...] = ()

    @property
    def fixed(self) -> bool:
        """Return whether no manager may override it: the borrower, a lawyer, a court or a law of relief set it."""
        return self.effect == "deny" and any(STATES[code].fixed for code in self.states)


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of a cap is used."""

    rule: Cap
    used: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a contact may be made. `effect` None: it may. `next_at`: the earliest instant at which no rule speaks against it,
    None if a state must change first. `purposes` are what a contact with a third person is for; its debt is never told."""

    effect: Effect | None
    broken: tuple[Broken, ...] = ()
    next_at: datetime | None = None
    tallies: tuple[Tally, ...] = ()
    duties: tuple[Duty, ...] = ()
    purposes: tuple[str, ...] = ()

    @property
    def fixed(self) -> bool:
        """Return whether no manager may override it."""
        return any(each.fixed for each in self.broken)


def bind(
    packs: Iterable[Pack],
    *,
    role: Role = "own",
    raised: Mapping[str, Effect] | None = None,
    zones: tuple[ZoneInfo, ...] = (),
) -> tuple[Bound, ...]:
    """Return the rules of packs that bind a role, each in the known zones, or in all likely ones of its pack if none is known.

    `raised` are effects by rule that are stricter here; one that is weaker changes nothing.
    """
    found: list[Bound] = []
    for pack in packs:
        advises = pack.role not in (None, role)
        if advises and not pack.advice:
            continue
        for rule in pack.rules:
            shipped: Effect = "warn" if advises else rule.effect
            effect: Effect = "deny" if "deny" in (shipped, (raised or {}).get(rule.id)) else "warn"
            found.append(Bound(pack, rule, effect, zones or pack.likely_zones))
    return tuple(found)


def evaluate(bound: Iterable[Bound], proposed: Proposed, known: Circumstances) -> Answer:
    """Return whether the contact may be made at its instant, and when next if not."""
    applying = [each for each in bound if _applies(each, proposed, known)]
    limits = [each for each in applying if not isinstance(each.rule, Duty | Keep)]
    broken = tuple(
        Broken(each.pack, each.rule, each.effect, _states(each.rule, proposed, known, zone))
        for each in limits
        if (zone := _failing_zone(each, proposed, known)) is not None
    )
    effect: Effect | None = None
    if broken:
        effect = "deny" if any(each.effect == "deny" for each in broken) else "warn"
    return Answer(
        effect=effect,
        broken=tuple(sorted(broken, key=lambda each: (each.effect != "deny", not each.fixed))),
        next_at=_next_allowed(limits, proposed, known) if broken else None,
        tallies=tuple(_tally(each, proposed, known) for each in limits if isinstance(each.rule, Cap)),
        duties=tuple(each.rule for each in applying if isinstance(each.rule, Duty)),
        purposes=tuple(dict.fromkeys(each.rule.purpose for each in limits if isinstance(each.rule, Audience))),
    )


def _applies(bound: Bound, proposed: Proposed, known: Circumstances) -> bool:
    if bound.pack.stage == "in_collection" and known.overdue_since is None:
        return False
    rule = bound.rule
    return (
        (not rule.channels or proposed.channel in rule.channels)
        and (not rule.dial or proposed.dial in rule.dial)
        and (not rule.audience or proposed.who in rule.audience)
        and (not rule.places or proposed.place is None or proposed.place in rule.places)
    )


def _failing_zone(bound: Bound, proposed: Proposed, known: Circumstances) -> ZoneInfo | None:
    """Return the first zone in which the rule speaks against the contact."""
    return next((zone for zone in bound.zones if not _holds(bound, proposed, known, zone)), None)


def _holds(bound: Bound, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> bool:
    rule, local = bound.rule, proposed.at.astimezone(zone)
    if not _in_force(bound, local.date()):
        return True
    match rule:
        case Window():
            holds = _is_open(rule, local, bound.pack.country, known)
        case Cap():
            holds = _used(rule, proposed, known, zone) < rule.max
        case Gap():
            holds = _is_past(rule, proposed, known, zone)
        case Bar():
            holds = not _active(rule, proposed, known, local.date())
        case Audience():
            holds = _is_needed(rule, proposed, known, local.date())
        case _:
            holds = True
    return holds or _is_lifted(rule, proposed.at, known, zone)


def _in_force(bound: Bound, day: date) -> bool:
    return all(
        (each.from_on is None or each.from_on <= day) and (each.until_on is None or day <= each.until_on)
        for each in (bound.pack, bound.rule)
    )


@lru_cache(maxsize=64)
def _weekdays(days: str) -> frozenset[int]:
    return parse_days(days)


def _is_open(rule: Window, local: datetime, country: str | None, known: Circumstances) -> bool:
    holiday = rule.holidays != "same" and known.is_holiday(local.date(), country)
    weekday = 6 if holiday and rule.holidays == "as_sunday" else local.weekday()
    if weekday not in _weekdays(rule.days):
        return True
    if rule.start is None or rule.end is None or (holiday and rule.holidays == "none"):
        return False
    return rule.start <= local.time() and (rule.end == MIDNIGHT or local.time() < rule.end)


def _is_lifted(rule: Rule, at: datetime, known: Circumstances, zone: ZoneInfo) -> bool:
    return any(_lifts(lift, consent, at, zone) for lift in rule.lift for consent in known.consents)


def _lifts(lift: Lift, consent: Consent, at: datetime, zone: ZoneInfo) -> bool:
    if consent.kind != lift.consent or _FORMS.index(consent.form) < _FORMS.index(lift.form):
        return False
    if at < consent.given_at or (consent.withdrawn_at is not None and at >= consent.withdrawn_at):
        return False
    local = at.astimezone(zone)
    day, clock = local.date(), local.time()
    age = (day - consent.given_at.astimezone(zone).date()).days
    if lift.max_age_days is not None and age > lift.max_age_days:
        return False
    if (consent.starts_on and day < consent.starts_on) or (consent.ends_on and day > consent.ends_on):
        return False
    begun = consent.start is None or consent.start <= clock
    return begun and (consent.end in (None, MIDNIGHT) or clock < consent.end)


def _counts(kind: str, contact: Contact) -> bool:
    """Return whether a contact is one of what a cap or gap counts."""
    phoned = contact.channel == "phone" and not contact.inbound
    match kind:
        case "call":
            return phoned
        case "connected_call":
            return phoned and contact.connected
        case "reachable_call_or_text":
            return (phoned and contact.reachable) or (contact.channel == "text" and not contact.inbound)
        case "unconnected":
            return phoned and not (contact.spoke or contact.answered)
        case "conversation":
            return phoned and contact.spoke
        case "conversation_any":
            return contact.spoke
        case "contact_made":
            return not contact.inbound and (contact.spoke or contact.made)
        case _:
            return not contact.inbound


def _matches(rule: Cap | Gap, kind: str, contact: Contact, proposed: Proposed) -> bool:
    if contact.at > proposed.at or not _counts(kind, contact):
        return False
    if (
        (rule.channels and contact.channel not in rule.channels)
        or (rule.dial and contact.dial not in rule.dial)
        or (rule.audience and contact.who not in rule.audience)
        or (rule.places and contact.place is not None and contact.place not in rule.places)
    ):
        return False
    same_person, same_debt = contact.person == proposed.person, proposed.debt in contact.debts
    match rule.per:
        case "person":
            return same_person
        case "debt":
            return same_debt
        case "person_debt":
            return same_person and same_debt
        case "number":
            return contact.number == proposed.number
        case "caller":
            return True


def _used(rule: Cap, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> int:
    """Count what the cap counts in its span. What a consent allowed does not count."""
    today = proposed.at.astimezone(zone).date()
    first = today - timedelta(days=today.weekday() if rule.unit == "week" else rule.n - 1)
    return sum(
        first <= each.at.astimezone(zone).date() <= today
        and _matches(rule, rule.count, each, proposed)
        and not _is_lifted(rule, each.at, known, zone)
        for each in known.history
    )


def _is_past(rule: Gap, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> bool:
    today = proposed.at.astimezone(zone).date()
    if rule.after == "overdue_since":
        return known.overdue_since is None or (today - known.overdue_since).days >= rule.days
    events = (each.at for each in known.history if _matches(rule, rule.after, each, proposed))
    last = max(events, default=None)
    return last is None or (today - last.astimezone(zone).date()).days >= rule.days


def _active(rule: Bar, proposed: Proposed, known: Circumstances, day: date) -> list[Flag]:
    """Return the recorded states because of which a bar speaks against the contact on that day."""
    return [
        flag
        for flag in known.flags
        if flag.code in rule.flags
        and _concerns(flag, proposed)
        and flag.since <= proposed.at
        and (flag.until_on is None or day <= flag.until_on)
    ]


def _concerns(flag: Flag, proposed: Proposed) -> bool:
    """Return whether a state bears on a contact: relief of the borrower by law, by a court or through a lawyer on any about the
    debt, that of another person on those with them alone."""
    state = STATES[flag.code]
    if state.of == "number":
        return flag.number == proposed.number
    if state.of == "debt" or flag.person == proposed.person:
        return True
    return state.set_by in ("lawyer", "court", "law") and _is_borrowers(flag)


def _is_borrowers(flag: Flag) -> bool:
    return flag.person in ("", BORROWER)


def _states(rule: Rule, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> tuple[str, ...]:
    if not isinstance(rule, Bar):
        return ()
    active = _active(rule, proposed, known, proposed.at.astimezone(zone).date())
    return tuple(dict.fromkeys(flag.code for flag in active))


def _is_needed(rule: Audience, proposed: Proposed, known: Circumstances, day: date) -> bool:
    """Return whether there is a reason to turn to another person than the borrower."""
    states = {
        flag.code
        for flag in known.flags
        if _is_borrowers(flag) and flag.since <= proposed.at and (flag.until_on is None or day <= flag.until_on)
    }
    if not set(rule.needs).isdisjoint(known.facts | states):
        return True
    if "unreachable" not in rule.needs:
        return False
    tries = sorted(
        (each for each in known.history if each.who == BORROWER and each.channel == "phone" and each.at <= proposed.at),
        key=lambda each: each.at,
    )[-rule.tries :]
    return len(tries) == rule.tries and not any(each.spoke or each.inbound for each in tries)


def _tally(bound: Bound, proposed: Proposed, known: Circumstances) -> Tally:
    assert isinstance(bound.rule, Cap)
    return Tally(bound.rule, max(_used(bound.rule, proposed, known, zone) for zone in bound.zones))


def _next_allowed(bound: Iterable[Bound], proposed: Proposed, known: Circumstances) -> datetime | None:
    """Return the earliest instant after the proposed one at which no rule speaks against the contact, if there is one."""
    rules, at = tuple(bound), proposed.at.astimezone(UTC)
    last = at + _LOOK_AHEAD
    while at <= last:
        then, wait = replace(proposed, at=at), at
        for each in rules:
            zone = _failing_zone(each, then, known)
            if zone is None:
                continue
            later = _may_change_at(each, then, known, zone)
            if later is None:
                return None
            wait = max(wait, later)
        if wait == at:
            return at
        at = wait
    return None


def _may_change_at(bound: Bound, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> datetime | None:
    """Return the first instant behind the proposed one at which the rule may hold in that zone; None: time alone changes nothing.

    Never later than when it does hold, so that no allowed minute is passed over.
    """
    at, rule = proposed.at, bound.rule
    today = at.astimezone(zone).date()
    tomorrow = instant_of(today + timedelta(days=1), MIDNIGHT, zone)
    found: list[datetime] = []
    match rule:
        case Bar():
            flags = _active(rule, proposed, known, today)
            ends = [flag.until_on for flag in flags if flag.until_on is not None]
            if flags and len(ends) == len(flags):
                found.append(instant_of(max(ends) + timedelta(days=1), MIDNIGHT, zone))
        case Window():
            found.append(tomorrow)
            if rule.start is not None:
                found += _both(today, rule.start, zone)
        case Audience():
            pass
        case _:
            found.append(tomorrow)
    if rule.until_on is not None or bound.pack.until_on is not None:
        found.append(tomorrow)
    found += chain.from_iterable(_beginnings(rule, consent, today, zone) for consent in known.consents)
    later = [each for each in found if each > at]
    return _whole_minute(min(later), at) if later else None


def _beginnings(rule: Rule, consent: Consent, today: date, zone: ZoneInfo) -> list[datetime]:
    """Return when a consent that may lift the rule begins to hold: once, and on its days."""
    if all(lift.consent != consent.kind for lift in rule.lift):
        return []
    found = [consent.given_at]
    for day in (today, today + timedelta(days=1), consent.starts_on):
        if day is not None:
            found += _both(day, consent.start or MIDNIGHT, zone)
    return found


def _both(day: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """Return the instants at which the zone shows that time: one, or two where the clocks go back; the first after a gap."""
    again = datetime.combine(day, clock, zone).replace(fold=1).astimezone(UTC)
    first = instant_of(day, clock, zone)
    return [first, again] if again > first else [first]


def _whole_minute(instant: datetime, at: datetime) -> datetime:
    """Return the minute of an instant, rounded up, always behind `at`."""
    minute = instant.astimezone(UTC).replace(second=0, microsecond=0)
    if minute < instant:
        minute += _MINUTE
    return max(minute, at + _MINUTE)

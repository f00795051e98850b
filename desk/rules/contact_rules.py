"""Whether a borrower, or another person, may be contacted at an instant by the rules that bind, and when next.

Pure: everything that is known is passed in. Each rule must hold in every zone in which the borrower may be. Windows are
half-open: their end is no longer allowed. Days are those of the zone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.rules.contact_conditions import Bound, active_flags, applies_to, failing_zone, states_behind, used_up
from desk.rules.contact_facts import Circumstances, Consent, Proposed
from desk.rules.contact_packs import STATES, Audience, Bar, Cap, Duty, Effect, Keep, Pack, Role, Rule, Window
from desk.rules.hours import MIDNIGHT
from desk.rules.working_time import instant_of

_LOOK_AHEAD = timedelta(days=500)
"""How far the next allowed instant is looked for: a bit more than the longest state or span."""

_MINUTE = timedelta(minutes=1)


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
    applying = [each for each in bound if applies_to(each, proposed, known)]
    limits = [each for each in applying if not isinstance(each.rule, Duty | Keep)]
    broken = tuple(
        Broken(each.pack, each.rule, each.effect, states_behind(each.rule, proposed, known, zone))
        for each in limits
        if (zone := failing_zone(each, proposed, known)) is not None
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


def _tally(bound: Bound, proposed: Proposed, known: Circumstances) -> Tally:
    assert isinstance(bound.rule, Cap)
    return Tally(bound.rule, max(used_up(bound.rule, proposed, known, zone) for zone in bound.zones))


def _next_allowed(bound: Iterable[Bound], proposed: Proposed, known: Circumstances) -> datetime | None:
    """Return the earliest instant after the proposed one at which no rule speaks against the contact, if there is one."""
    rules, at = tuple(bound), proposed.at.astimezone(UTC)
    last = at + _LOOK_AHEAD
    while at <= last:
        then, wait = replace(proposed, at=at), at
        for each in rules:
            zone = failing_zone(each, then, known)
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
            flags = active_flags(rule, proposed, known, today)
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

"""Whether one rule that binds allows a contact, at its instant and in a zone."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.rules.contact_facts import BORROWER, Circumstances, Consent, Contact, Flag, Proposed
from desk.rules.contact_packs import STATES, Audience, Bar, Cap, Effect, Gap, Lift, Pack, Rule, Window
from desk.rules.hours import MIDNIGHT, parse_days

_FORMS = ("oral", "written", "recorded")
"""Forms of consent, the weakest first."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule that binds, with its effect here and the zones in which it must hold."""

    pack: Pack
    rule: Rule
    effect: Effect
    zones: tuple[ZoneInfo, ...]


def applies_to(bound: Bound, proposed: Proposed, known: Circumstances) -> bool:
    """Return whether a rule is about such a contact, whatever it says of it."""
    if bound.pack.stage == "in_collection" and known.overdue_since is None:
        return False
    rule = bound.rule
    return (
        (not rule.channels or proposed.channel in rule.channels)
        and (not rule.dial or proposed.dial in rule.dial)
        and (not rule.audience or proposed.who in rule.audience)
        and (not rule.places or proposed.place is None or proposed.place in rule.places)
    )


def failing_zone(bound: Bound, proposed: Proposed, known: Circumstances) -> ZoneInfo | None:
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
            holds = used_up(rule, proposed, known, zone) < rule.max
        case Gap():
            holds = _is_past(rule, proposed, known, zone)
        case Bar():
            holds = not active_flags(rule, proposed, known, local.date())
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


def used_up(rule: Cap, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> int:
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


def active_flags(rule: Bar, proposed: Proposed, known: Circumstances, day: date) -> list[Flag]:
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


def states_behind(rule: Rule, proposed: Proposed, known: Circumstances, zone: ZoneInfo) -> tuple[str, ...]:
    """Return the codes of the recorded states because of which a bar speaks against the contact."""
    if not isinstance(rule, Bar):
        return ()
    active = active_flags(rule, proposed, known, proposed.at.astimezone(zone).date())
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

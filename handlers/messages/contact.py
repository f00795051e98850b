"""When a borrower may be called: the line of a card, the page with rules and sources, and the answers to what is entered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.follow_ups.allowing_times import TimeAllowed
from desk.follow_ups.contact_choosing import ChoiceChanged
from desk.follow_ups.contact_gate import Held
from desk.follow_ups.contact_states import ConsentChanged, StateChanged
from desk.follow_ups.contact_views import ContactPage, ContactView
from desk.follow_ups.other_contacts import OtherContactSaved
from desk.loans.events import Event
from desk.rules.contact_packs import PACKS, RULES, STATES, Cap, Rule
from desk.rules.contact_rules import Broken, Tally
from handlers.messages.block_kit.elements import form_button, undo_button
from handlers.messages.block_kit.message import Bold, Button, Inline, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.related_names import named_role

_FORCES = {
    "law": _("law"),
    "presumption": _("presumption of law"),
    "standard": _("recommended standard"),
    "guidance": _("guidance"),
    "code": _("code of a trade body"),
    "house": _("house rule"),
}

_MARKS = {
    "R": _("read in a copy of the source"),
    "S": _("seen in a secondary source"),
    "M": _("from memory, unverified"),
}

_DECIDED = {
    "moved": _("call moved to {time}: {rules}"),
    "explained": _("called with a reason, although: {rules}"),
    "overridden": _("call allowed by a manager, although: {rules}"),
    "broken": _("a call or other contact broke a rule: {rules}"),
}

_TODAY = {
    "call": _("{used} of {most} calls today"),
    "connected_call": _("{used} of {most} calls today"),
    "reachable_call_or_text": _("{used} of {most} calls and messages today"),
    "unconnected": _("{used} of {most} unanswered tries today"),
    "conversation": _("{used} of {most} conversations today"),
    "conversation_any": _("{used} of {most} conversations today"),
    "contact_made": _("{used} of {most} contacts today"),
    "any_contact_or_attempt": _("{used} of {most} contacts and tries today"),
}

_IN_DAYS = {
    "call": _("{used} of {most} calls in {days} days"),
    "connected_call": _("{used} of {most} calls in {days} days"),
    "reachable_call_or_text": _("{used} of {most} calls and messages in {days} days"),
    "unconnected": _("{used} of {most} unanswered tries in {days} days"),
    "conversation": _("{used} of {most} conversations in {days} days"),
    "conversation_any": _("{used} of {most} conversations in {days} days"),
    "contact_made": _("{used} of {most} contacts in {days} days"),
    "any_contact_or_attempt": _("{used} of {most} contacts and tries in {days} days"),
}


def contact_button(t: Translator, loan_id: UUID) -> Button:
    """Return the button that shows when the borrower may be called, and by which rules."""
    return Button(t("Contact rules"), "contact.show", {"l": str(loan_id)})


def write_contact(t: Translator, writer: Writer, view: ContactView | None, zone: ZoneInfo) -> None:
    """Write whether the borrower may be called now, how much of each count is used, and when next; and what states there are."""
    if view is None:
        return
    for code, until in view.states:
        state = STATES[code]
        word = Bold(state.word(t.language))
        if until is not None:
            writer.phrase(
                t, "{state} until {date}: {says}.", state=word, date=t.date(until), says=state.says(t.language)
            )
        else:
            writer.phrase(t, "{state}: {says}.", state=word, says=state.says(t.language))
    line: list[Inline] = [Bold(verdict(t, view))]
    if (refusing := next(iter(view.answer.broken), None)) is not None and not refusing.states:
        line += [" · ", refusing.rule.text(t.language)]
    line += [part for tally in _shown(view) for part in (" · ", tally_words(t, tally))]
    if view.next_window is not None:
        line += [" · ", t("next window {time}", time=t.minute(view.next_window, zone))]
    writer.line(line)


def states_words(t: Translator, codes: Sequence[str]) -> list[Inline]:
    """Return what is recorded of a borrower, as a list shows it behind the name: ` · do not call`."""
    return [piece for code in codes for piece in (" · ", Bold(STATES[code].word(t.language)))]


def named_with_states(t: Translator, name: str, codes: Sequence[str]) -> str:
    """Return a name with what is recorded of the borrower, as a cell of a table."""
    return " · ".join((name, *(STATES[code].word(t.language) for code in codes)))


def write_held(t: Translator, writer: Writer, held: Held, zone: ZoneInfo, phone_id: UUID | None = None) -> Writer:
    """Write why a number is not shown now, and what the reader can do about it."""
    view = held.contact
    line: list[Inline] = [Bold(verdict(t, view))]
    if view.next_window is not None:
        line += [" · ", t("next window {time}", time=t.minute(view.next_window, zone))]
    writer.line(line)
    writer.bullets(broken_line(t, each) for each in view.answer.broken)
    value = {"form": "contact_reason", "loan": str(view.loan_id)}
    value |= {"person": str(held.person_id)} if held.person_id else {}
    value |= {"phone": str(phone_id)} if phone_id else {}
    match held.may:
        case "explain":
            writer.line(t("Give the reason for the call, and the number is shown."))
            writer.buttons(Button(t("Give a reason"), "form.open", value))
        case "override":
            writer.line(t("As a manager you can allow this call, with a reason."))
            writer.buttons(Button(t("Call all the same"), "form.open", value))
        case _:
            if view.answer.fixed:
                writer.line(t("No manager can override this; it ends when the state ends."))
            else:
                writer.line(t("A manager can allow it: ask yours to press Call on this card."))
    return writer.buttons(contact_button(t, view.loan_id))


def write_broken(t: Translator, writer: Writer, broken: Sequence[Broken]) -> None:
    """Write which rules a logged call broke."""
    if broken:
        writer.line(Bold(t("This call broke a contact rule. It is logged all the same, and so is that:")))
        writer.bullets(broken_line(t, each) for each in broken)


def verdict(t: Translator, view: ContactView) -> str:
    """Return whether the borrower may be called now."""
    if view.answer.effect is None:
        return t("May be called now")
    return t("Not to be called now") if view.answer.effect == "deny" else t("Better not called now")


def tally_words(t: Translator, tally: Tally) -> str:
    """Return how much of a count is used."""
    rule = tally.rule
    if rule.unit == "week":
        return t(_IN_DAYS[rule.count], used=tally.used, most=rule.max, days=7)
    if rule.n == 1:
        return t(_TODAY[rule.count], used=tally.used, most=rule.max)
    return t(_IN_DAYS[rule.count], used=tally.used, most=rule.max, days=rule.n)


def _shown(view: ContactView) -> list[Tally]:
    """Return the counts to show in a line: the first, and others of which something is used."""
    return [tally for at, tally in enumerate(view.answer.tallies) if at == 0 or tally.used]


def rule_line(t: Translator, rule: Rule, pack_word: str, effect: str) -> list[Inline]:
    """Return a rule as a row: what it says, its effect, its force, its source and how well that was read."""
    line: list[Inline] = [Bold(rule.text(t.language)), " · ", t("refuses") if effect == "deny" else t("warns")]
    line += [" · ", t(_FORCES[rule.force])]
    if rule.source != "-":
        line += [" · ", rule.source]
    if rule.mark != "-":
        line += [" · ", t(_MARKS[rule.mark[0]])]
    return [*line, " · ", t("{pack}, rule {rule}", pack=pack_word, rule=rule.id)]


def broken_line(t: Translator, broken: Broken) -> list[Inline]:
    """Return a rule that speaks against a call as a row."""
    return rule_line(t, broken.rule, broken.pack.word(t.language), broken.effect)


def contact_page(t: Translator, page: ContactPage, zone: ZoneInfo) -> Message:
    """Render when the borrower may be called, the rules with their sources, the recorded states and consents."""
    writer = Writer().line(Bold(page.number), " · ", page.name)
    view, loan_id = page.view, page.loan_id
    if view is None:
        writer.line(
            t("No contact rules are chosen and no states are recorded: only the workspace's contact hours count.")
        )
    else:
        write_contact(t, writer, view, zone)
        if view.answer.broken:
            writer.line(Bold(t("What speaks against a call now:")))
            writer.bullets(broken_line(t, each) for each in view.answer.broken)
        _write_packs(t, writer, page, view)
    _write_entered(t, writer, page, zone)
    buttons: list[Button] = []
    if page.may_enter_contact:
        buttons.append(form_button(t("Other contact"), "other_contact", loan=loan_id))
    if page.may_enter:
        buttons += [
            form_button(t("Enter a state"), "contact_state", loan=loan_id),
            form_button(t("Enter a consent"), "contact_consent", loan=loan_id),
        ]
    if page.may_allow and view is not None:
        buttons.append(form_button(t("Allow a time"), "allow_time", loan=loan_id))
    if page.may_choose:
        buttons.append(Button(t("Rules of this loan"), "form.open", {"form": "contact_rules", "loan": str(loan_id)}))
    return writer.buttons(*buttons).message()


def _write_packs(t: Translator, writer: Writer, page: ContactPage, view: ContactView) -> None:
    if not view.packs:
        return
    names = ", ".join(pack.word(t.language) for pack in view.packs)
    writer.line(t("Chosen: {packs}.", packs=names))
    if page.role == "outside":
        writer.line(t("You call as an outside collector."))
    for duty in view.answer.duties:
        writer.bullets([[duty.text(t.language), " · ", duty.source]])
    writer.bullets(
        rule_line(t, rule, pack.word(t.language), rule.effect)
        for pack in view.packs
        for rule in pack.rules
        if isinstance(rule, Cap)
    )


def _write_entered(t: Translator, writer: Writer, page: ContactPage, zone: ZoneInfo) -> None:
    for state in page.states:
        line: list[Inline] = [Bold(STATES[state.code].word(t.language)), " · ", t.minute(state.at, zone)]
        if state.until_on is not None:
            line += [" · ", t("until {date}", date=t.date(state.until_on))]
        if state.other_person:
            line += [" · ", t("of another person")]
        writer.bullets([line])
        may_end = page.may_enter and (page.may_restrict or not STATES[state.code].by_request)
        if may_end and state.id not in page.out_of_sight:
            value = {"s": str(state.id), "v": state.version}
            writer.buttons(Button(t("End it"), "contact.end_state", value))
    for consent in page.consents:
        writer.bullets([[Bold(consent_words(t, consent.kind)), " · ", t.minute(consent.given_at, zone)]])
        if consent.starts is not None and consent.ends is not None:
            hours = f"{consent.starts:%H:%M}–{consent.ends:%H:%M}"
            days = t.date(consent.starts_on) if consent.starts_on and consent.starts_on == consent.ends_on else ""
            writer.line(t("Agreed hours: {hours}", hours=" ".join(filter(None, (days, hours)))))
        if page.may_enter and consent.id not in page.out_of_sight:
            writer.buttons(Button(t("Withdrawn"), "contact.withdraw", {"k": str(consent.id), "v": consent.version}))


def consent_words(t: Translator, kind: str) -> str:
    """Return what the borrower agreed to."""
    words = {
        "hours": t("agreed to calls at these hours"),
        "calls": t("asked to be called"),
        "robots": t("agreed to recorded voices"),
    }
    return words[kind]


def contact_rules_chosen(t: Translator, result: ChoiceChanged) -> Message:
    """Render which contact rules bind from now on."""
    names = ", ".join(PACKS[code].word(t.language) for code in result.chosen.packs) or t("none")
    writer = Writer()
    if result.name:
        writer.phrase(t, "Contact rules of {name}: {packs}.", name=Bold(result.name), packs=names)
    else:
        writer.phrase(t, "Contact rules of the workspace: {packs}.", packs=names)
    if result.chosen.packs:
        writer.line(t("Calls by rule move to times that they allow; cards and reminders show them."))
        writer.small(t("This is no legal advice: have your compliance officer confirm each pack."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def state_changed(t: Translator, result: StateChanged, zone: ZoneInfo) -> Message:
    """Render a state that was entered or ended."""
    writer, state = Writer(), STATES[result.state.code]
    word = Bold(state.word(t.language))
    loan = Bold(result.loan.number)
    if result.ended:
        writer.phrase(t, "{loan}: {state} has ended.", loan=loan, state=word)
    elif result.state.until_on is not None:
        writer.phrase(
            t, "{loan}: {state} is recorded, until {date}.", loan=loan, state=word, date=t.date(result.state.until_on)
        )
    else:
        writer.phrase(t, "{loan}: {state} is recorded.", loan=loan, state=word)
    if state.fixed and not result.ended:
        writer.line(t("No manager can override it; it ends when you end it here, or on its last day."))
    write_contact(t, writer, result.contact, zone)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def consent_changed(t: Translator, result: ConsentChanged, zone: ZoneInfo) -> Message:
    """Render a consent that was entered or withdrawn."""
    writer, words = Writer(), Bold(consent_words(t, result.consent.kind))
    if result.withdrawn:
        writer.phrase(t, "{loan}: withdrawn: {consent}.", loan=Bold(result.loan.number), consent=words)
    else:
        writer.phrase(t, "{loan}: the borrower {consent}.", loan=Bold(result.loan.number), consent=words)
    write_contact(t, writer, result.contact, zone)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def other_channel(t: Translator, channel: str) -> str:
    """Return how a borrower was contacted, if not by a call."""
    words = {"letter": t("letter"), "text": t("text message"), "email": t("e-mail"), "visit": t("visit")}
    return words[channel]


def other_contact_saved(t: Translator, result: OtherContactSaved, zone: ZoneInfo) -> Message:
    """Render a contact that was no call and was entered, and whether the borrower may be called now."""
    writer, channel = Writer(), Bold(other_channel(t, result.channel))
    who = Bold(named_role(t, result.party) if result.party else t("the borrower"))
    values = {"loan": Bold(result.loan.number), "channel": channel, "who": who, "time": t.minute(result.at, zone)}
    if result.inbound:
        writer.phrase(t, "{loan}: {channel} of {who} of {time} is entered.", **values)
    else:
        writer.phrase(t, "{loan}: {channel} to {who} of {time} is entered.", **values)
    if result.told_nothing:
        writer.line(t("They are told nothing about the loan: not that there is one, no amount, no arrears."))
    if result.broken:
        writer.line(Bold(t("This contact broke a contact rule. It is entered all the same, and so is that:")))
        writer.bullets(broken_line(t, each) for each in result.broken)
    write_contact(t, writer, result.contact, zone)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def time_allowed(t: Translator, result: TimeAllowed, zone: ZoneInfo) -> Message:
    """Render a time for which a call was allowed against contact rules."""
    writer = Writer()
    values = {"loan": Bold(result.loan.number), "time": Bold(t.minute(result.at, zone))}
    writer.phrase(t, "{loan}: a call at {time} is allowed, although:", **values)
    writer.bullets(broken_line(t, each) for each in result.broken)
    writer.line(t("Plan it for that time, or call within the hour that begins then."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def contact_event(t: Translator, event: Event, zone: ZoneInfo) -> list[Inline]:
    """Return an event about contact in a loan's history."""
    match event.state:
        case "entered" if event.until is not None:
            word = Bold(STATES[event.code].word(t.language))
            return phrase(t, "recorded: {state}, until {date}", state=word, date=t.date(event.until))
        case "entered":
            return phrase(t, "recorded: {state}", state=Bold(STATES[event.code].word(t.language)))
        case "ended":
            return phrase(t, "ended: {state}", state=Bold(STATES[event.code].word(t.language)))
        case "consent":
            return phrase(t, "the borrower {consent}", consent=Bold(consent_words(t, event.code)))
        case "withdrawn":
            return phrase(t, "withdrawn: {consent}", consent=Bold(consent_words(t, event.code)))
        case "overridden" if event.when is not None:
            values = {"rules": rules_words(t, event.code), "time": _at(t, event.when, zone)}
            return phrase(t, "call at {time} allowed by a manager, although: {rules}", **values)
        case "outbound":
            return phrase(t, "{channel} to {who}", channel=Bold(other_channel(t, event.code)), who=_party(t, event))
        case "inbound":
            return phrase(t, "{channel} of {who}", channel=Bold(other_channel(t, event.code)), who=_party(t, event))
        case _:
            return phrase(t, _DECIDED[event.state], rules=rules_words(t, event.code), time=_at(t, event.when, zone))


def _party(t: Translator, event: Event) -> str:
    return named_role(t, event.party) if event.party else t("the borrower")


def rules_words(t: Translator, rules: str) -> str:
    """Return rules, whose ids are joined by blanks, in the reader's words."""
    return t(", ").join(_rule_words(t, code) for code in rules.split())


def _rule_words(t: Translator, code: str) -> str:
    if code in RULES:
        return RULES[code][1].text(t.language)
    state = STATES.get(code.removeprefix("HOUSE-"))
    return state.says(t.language) if state else t("the workspace's contact hours")


def _at(t: Translator, at: datetime | None, zone: ZoneInfo) -> str:
    return t.minute(at, zone) if at else ""

"""What people read of calls that the phone system reported: the question how a conversation ended, and calls that fit nobody."""

from zoneinfo import ZoneInfo

from desk.loans.views import LoanView
from desk.telephony.answering import LISTED, PhoneCallAssigned, PhoneQuestion, UnmatchedCall, UnmatchedCalls
from desk.telephony.missed import MissedCall
from desk.telephony.ringing import RingAsked, RingFailed
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.elements import form_button, pages
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.dialling import call_buttons
from handlers.messages.file_lines import length
from handlers.messages.related_names import role

WHY = {
    "number_unknown": _("no borrower and nobody around a loan has this number"),
    "several_borrowers": _("several people have this number"),
    "agent_unknown": _("no member has this extension or e-mail address"),
    "agent_makes_no_calls": _("this member logs no calls"),
    "agent_sees_no_loan": _("this member can't see the loan"),
    "result_unknown": _("the phone system didn't say how it ended"),
    "number_short": _("set aside: the number is too short"),
    "number_withheld": _("set aside: the number is withheld"),
    "number_masked": _("set aside: the number is masked"),
    "number_invalid": _("set aside: that is no phone number"),
    "negative_length": _("set aside: its length is below zero"),
    "no_time": _("set aside: it has no time"),
    "from_the_future": _("set aside: its time lies ahead"),
    "long_ago": _("set aside: its time lies before 2000"),
    "too_long": _("set aside: it is longer than a day"),
    "ends_before_start": _("set aside: it ends before it begins"),
}
"""Why a call fits nobody, by the code."""


def question(t: Translator, view: PhoneQuestion) -> Message:
    """Render the question how a conversation ended, in a channel; once it is answered, the outcome."""
    writer = Writer()
    writer.line(_spoke(t, view))
    writer.line(elements.masked_loan(t, view.loan), " · ", elements.stage(t, view.loan.stage))
    if view.over:
        said = elements.outcome(t, view.logged) if view.logged else t("Nothing has to be said about it any more.")
        return writer.line(Bold(said)).buttons(_card(t, view.loan)).message()
    writer.line(Bold(t("How did it end?")))
    value = {"p": str(view.id), "v": view.version}
    writer.buttons(
        *(
            Button(
                elements.outcome(t, each),
                "phone.log",
                {**value, "o": each},
                style="primary" if position == 0 else None,
            )
            for position, each in enumerate(view.outcomes)
        )
    )
    return writer.buttons(form_button(t("Log a call"), "call", loan=view.loan.id), _card(t, view.loan)).message()


def _spoke(t: Translator, view: PhoneQuestion) -> list[Inline]:
    values = _people(t, view) | {"length": Bold(length(t, view.seconds))}
    match view.over, bool(view.party):
        case True, True:
            return phrase(t, "Spoke {length} with the {role} of {name}.", **values)
        case True, False:
            return phrase(t, "Spoke {length} with {name}.", **values)
        case False, True:
            return phrase(t, "{who}: you spoke {length} with the {role} of {name}.", **values)
        case _:
            return phrase(t, "{who}: you spoke {length} with {name}.", **values)


def _people(t: Translator, view: PhoneQuestion | MissedCall) -> dict[str, Inline]:
    """Return whom a sentence about a call names: the borrower, or a person of that role; the reader while they have to act."""
    values: dict[str, Inline] = {"name": Bold(view.masked)}
    if view.party:
        values["role"] = role(t, view.party)
    if not view.over:
        values["who"] = Mention(view.reader)
    return values


def _card(t: Translator, loan: LoanView) -> Button:
    return Button(t("Open card"), "loan.card", {"l": str(loan.id)})


def missed(t: Translator, view: MissedCall, zone: ZoneInfo) -> Message:
    """Render a missed call, in a channel."""
    writer = Writer()
    values = _people(t, view) | {"time": t.minute(view.at, zone)}
    match view.over, bool(view.party):
        case True, True:
            writer.phrase(t, "The {role} of {name} called ({time}); there was a call since.", **values)
        case True, False:
            writer.phrase(t, "{name} called ({time}); there was a call since.", **values)
        case False, True:
            writer.phrase(
                t, "{who}: the {role} of {name} called ({time}) and reached nobody. Please call back.", **values
            )
        case _:
            writer.phrase(t, "{who}: {name} called ({time}) and reached nobody. Please call back.", **values)
    writer.line(elements.masked_loan(t, view.loan), " · ", elements.stage(t, view.loan.stage))
    if view.over:
        return writer.buttons(_card(t, view.loan)).message()
    numbers = call_buttons(t, view.dialling, view.loan.id)
    if view.party:  # whose number is theirs, the list of people says
        numbers = [Button(t("People"), "related.list", {"l": str(view.loan.id)})]
    return writer.buttons(
        *numbers, form_button(t("Log a call"), "call", loan=view.loan.id), _card(t, view.loan)
    ).message()


FAILURES = {
    "refused": _("the phone system refused it"),
    "unreachable": _("the phone system can't be reached"),
    "late": _("it took too long"),
    "gone": _("the number was removed meanwhile"),
    "lost": _("the phone system didn't answer: your phone may still ring"),
}
"""Why a ring failed, by the code."""


def ringing(t: Translator, result: RingAsked) -> Message:
    """Render the answer to a ring: the member's phone rings first."""
    writer = Writer().line(elements.named_loan(t, result.loan))
    return writer.phrase(
        t, "Your phone {extension} rings. Pick up, and they are called.", extension=Bold(result.extension)
    ).message()


def ring_failed(t: Translator, view: RingFailed) -> Message:
    """Render the message to a member for whom the phone system did not ring, in a channel."""
    writer = Writer().phrase(
        t, "{who}: your call was not made: {why}.", who=Mention(view.reader), why=t(FAILURES[view.why])
    )
    writer.line(elements.masked_loan(t, view.loan))
    value, show = {"l": str(view.loan.id)}, "loan.show_number"
    if view.phone_id is not None:
        value, show = {"p": str(view.phone_id)}, "related.show_number"
    return writer.buttons(Button(t("Call"), "phone.call", value), Button(t("Show number"), show, value)).message()


def unchanged(t: Translator) -> Message:
    """Render the answer where the call says already what was pressed."""
    return Writer().line(t("The call says that already.")).message()


def unmatched(t: Translator, view: UnmatchedCalls, zone: ZoneInfo) -> Message:
    """Render the calls that fit nobody, each with the form that assigns it."""
    writer = Writer().line(Bold(t("Calls that fit nobody")))
    if not view.rows:
        writer.line(t("Each call of the phone system found its borrower and its agent."))
    for number, row in enumerate(view.rows, view.offset + 1):
        writer.bullets([[f"{number}. ", *_line(t, row, zone)]])
        if row.may_assign:
            value = {"form": "assign_phone_call", "p": str(row.id)}
            writer.buttons(Button(t("Assign {n}", n=number), "form.open", value))
    found = pages(t, "phone.unmatched", {}, offset=view.offset, shown=len(view.rows), more=view.more, page=LISTED)
    return writer.buttons(*found).message()


def _line(t: Translator, row: UnmatchedCall, zone: ZoneInfo) -> list[Inline]:
    way = t("incoming") if row.inbound else t("outgoing")
    words: list[Inline] = [t.minute(row.at, zone), f" · {way}"]
    if row.tail:
        words.append(f" · {elements.phone_ending(t, row.tail)}")
    if row.seconds:
        words.append(f" · {length(t, row.seconds)}")
    if row.loan:
        words += [" · ", Bold(row.loan)]
    if row.agent:
        words += [" · ", Mention(row.agent)]
    return [*words, f" · {row.source} · ", t(WHY[row.why]) if row.why in WHY else row.why]


def assigned(t: Translator, result: PhoneCallAssigned) -> Message:
    """Render the answer to a call that was assigned."""
    writer = Writer().line(elements.named_loan(t, result.loan))
    if result.outcome is not None:
        words = phrase(
            t,
            "Logged as a call of {who}: {outcome}.",
            who=Mention(result.who),
            outcome=Bold(elements.outcome(t, result.outcome)),
        )
        return writer.line(words).message()
    return writer.phrase(t, "{who} is asked how it ended.", who=Mention(result.who)).message()

"""What lists and Next call say of a borrower in arrears."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from desk.follow_ups.listed_loans import ArrearsView, ListedLoan
from desk.follow_ups.reservations import Taken
from desk.rules.arrears import Bucket
from desk.rules.queues import QueueKind
from handlers.messages.block_kit import tables
from handlers.messages.block_kit.message import Bold, Button, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.contact import named_with_states
from handlers.messages.escalations import escalation_kind
from handlers.messages.repayment import promise_state


def write_buckets(t: Translator, writer: Writer, buckets: Sequence[tuple[Bucket, int]]) -> None:
    """Write how many borrowers are in each bucket."""
    if buckets:
        writer.line(" · ".join(f"{bucket.word(t.language)} {count}" for bucket, count in buckets))


def next_call_button(t: Translator, kind: QueueKind, label: str | None = None) -> Button:
    """Return the button that takes the first of a queue."""
    return Button(label or t("Next call"), "queue.next", {"q": kind})


def taken_words(t: Translator, taken: Taken) -> list[Inline]:
    """Return who is about to call a borrower, and until when nobody else is."""
    until = t.clock_time(taken.until, ZoneInfo(taken.zone))
    return phrase(t, "taken by {who} until {time}", who=Mention(taken.who), time=until)


def arrears_facts(t: Translator, view: ArrearsView) -> list[list[Inline]]:
    """Return what is known of a borrower's arrears, each fact as a piece of a line; what counts for their place is bold."""
    days = t.n("{bucket}, {n} day", "{bucket}, {n} days", view.days, bucket=view.bucket.word(t.language))
    facts: list[list[Inline]] = [[Bold(days)]]
    if view.escalated is not None:
        facts.append([Bold(t("escalated: {reason}", reason=escalation_kind(t, view.escalated)))])
    if view.past_due:
        facts.append([t.money(view.past_due, view.currency)])
    if view.promise is not None:
        promise = _promise(t, view)
        facts.append([Bold(promise) if "promise" in view.reasons else promise])
    spoken = _spoken(t, view)
    facts.append([Bold(spoken) if "not_spoken" in view.reasons else spoken])
    if view.taken is not None:
        facts.append(taken_words(t, view.taken))
    return facts


def arrears_table(
    t: Translator, rows: Sequence[ListedLoan], next_call: Callable[[Translator, ListedLoan], str]
) -> tuple[list[str], list[list[tables.Cell]]]:
    """Return the header and the rows of the table of borrowers in arrears."""
    header = [
        t("Loan"),
        t("Borrower"),
        t("Phone ending"),
        t("Unpaid since"),
        t("Bucket"),
        t("Days"),
        t("Past due"),
        t("Promise"),
        t("Last spoken"),
        t("Next follow-up"),
        t("By"),
        t("Owner"),
    ]
    return header, [
        [
            row.number,
            named_with_states(t, row.name, row.states),
            row.tail,
            t.short_date(row.since),
            *_cells(t, row.arrears),
            next_call(t, row),
            row.next_name,
            row.owner_name,
        ]
        for row in rows
    ]


def _cells(t: Translator, view: ArrearsView | None) -> list[tables.Cell]:
    if view is None:
        return ["", "", "", "", ""]
    bucket = view.bucket.word(t.language)
    if view.escalated is not None:
        bucket += " · " + t("escalated: {reason}", reason=escalation_kind(t, view.escalated))
    return [
        bucket,
        view.days,
        t.money(view.past_due, view.currency) if view.past_due else "",
        _promise(t, view) if view.promise else "",
        t.short_date(view.spoken_on) if view.spoken_on else "",
    ]


def _promise(t: Translator, view: ArrearsView) -> str:
    promise = view.promise
    if promise is None:
        return ""
    state, day = promise_state(t, promise.state), t.short_date(promise.due_on)
    if promise.amount is None:
        return t("{state} ({day})", state=state, day=day)
    return t("{state} ({amount}, {day})", state=state, amount=t.money(promise.amount, view.currency), day=day)


def _spoken(t: Translator, view: ArrearsView) -> str:
    if view.spoken_on is None:
        return t("never spoken to")
    return t("last spoken to {day}", day=t.short_date(view.spoken_on))

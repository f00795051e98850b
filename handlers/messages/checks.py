"""What checks found: in short on a card, in full one tap away, and the answers to making and deciding about one."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.calls.checking import CheckDecided, FindingsSaved, LoanChecks
from desk.follow_ups.checks import CheckView, ItemView
from desk.loans.cards import CheckMark
from desk.rules.checks import CHECKS, Item
from desk.rules.moves import Need
from handlers.messages.block_kit import elements
from handlers.messages.block_kit.elements import undo_button, write_plan
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.documents import document

_SHORT = {
    "identity": _("identity"),
    "income": _("income"),
    "employer": _("employer"),
    "vehicle": _("vehicle"),
}
"""A check in a word; another one has the word of its purpose."""

_SIGNS = {"confirmed": "✓", "failed": "✗", "open": "…"}

STATES = {"confirmed": _("confirmed"), "failed": _("failed"), "open": _("not finished")}
ANSWERS = {"matches": _("matches"), "differs": _("differs"), "not_asked": _("not asked")}
DECISIONS = {"go_on": _("the loan goes on"), "again": _("check it again")}

_LISTED = 8
"""How many checks a list shows."""


def short_name(t: Translator, purpose: str) -> str:
    """Return a check in a word."""
    return t(_SHORT[purpose]) if purpose in _SHORT else elements.purpose(t, purpose)


def marks(t: Translator, checks: Sequence[CheckMark]) -> str:
    """Return the checks of a loan in one line: `identity ✓ income ✓ employer ✗`."""
    return " ".join(f"{short_name(t, each.purpose)} {_SIGNS[each.state]}" for each in checks)


def item_of(purpose: str, code: str) -> Item:
    """Return the item of a check by its code."""
    return next(item for item in CHECKS[purpose] if item.code == code)


def checks_button(t: Translator, loan_id: object) -> Button:
    """Return the button that shows a loan's checks with who made them and when."""
    return Button(t("Checks"), "loan.checks", {"l": str(loan_id)})


def listed(t: Translator, found: LoanChecks, zone: ZoneInfo) -> Message:
    """Render the checks of a loan, the latest first: the result, who and when, what was compared, and what was decided."""
    writer = Writer()
    writer.line(Bold(found.loan.number), " · ", found.name)
    if not found.checks:
        writer.line(t("No check has been made yet."))
    for check in found.checks[:_LISTED]:
        _write_check(t, writer, check, zone)
    elements.write_more(t, writer, len(found.checks) - _LISTED)
    if found.may_decide:
        writer.buttons(*(decide_button(t, check.id, check.purpose) for check in found.checks[:_LISTED] if check.held))
    return writer.message()


def decide_button(t: Translator, check_id: UUID, purpose: str) -> Button:
    """Return the button that opens the form of the decision about a failed check."""
    label = t("Decide: {what}", what=elements.purpose(t, purpose))
    return Button(label, "form.open", {"form": "decide_check", "k": str(check_id)})


def _write_check(t: Translator, writer: Writer, check: CheckView, zone: ZoneInfo) -> None:
    state = f"{_SIGNS[check.state]} {t(STATES[check.state])}"
    what = Bold(elements.purpose(t, check.purpose))
    writer.line(what, " ", state, " · ", Mention(check.who), " · ", t.minute(check.at, zone))
    writer.bullets(_item(t, check.purpose, item) for item in check.items if item.answer or item.note)
    writer.quote(check.why)
    if check.decision is not None and check.decided_at is not None and check.decided_by is not None:
        writer.phrase(
            t,
            "Decided: {decision} · {who}, {at}",
            decision=Bold(t(DECISIONS[check.decision])),
            who=Mention(check.decided_by),
            at=t.minute(check.decided_at, zone),
        ).quote(check.reason)
    elif check.held:
        writer.line(t("The next stage waits until a manager decides."))


def _item(t: Translator, purpose: str, item: ItemView) -> list[Inline]:
    words: list[Inline] = [item_of(purpose, item.code).word(t.language)]
    if item.answer is not None:
        answer = t(ANSWERS[item.answer])
        words += [t(": "), Bold(answer) if item.answer == "differs" else answer]
    return [*words, " · ", item.note] if item.note else words


def saved(t: Translator, result: FindingsSaved) -> Message:
    """Render what was saved of a check that stays open."""
    writer = Writer()
    check = result.check
    writer.line(Bold(result.loan.number), " · ", result.name)
    writer.phrase(
        t,
        "{what} ({name}): {done} of {n} items answered, and still open.",
        what=Bold(elements.purpose(t, check.purpose)),
        name=Code(elements.follow_up_name(check)),
        done=result.answered,
        n=result.items,
    )
    again = elements.form_button(t("Go on with the check"), "check", loan=result.loan.id, follow_up=check.number)
    return writer.buttons(again, undo_button(t, result.undo_id)).message()


def decided(t: Translator, result: CheckDecided, zone: ZoneInfo) -> Message:
    """Render a manager's decision, and the check that is made again."""
    writer = Writer()
    writer.line(Bold(result.loan.number), " · ", result.name)
    _write_check(t, writer, result.check, zone)
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def differing(t: Translator, codes: Sequence[str]) -> str:
    """Return the items that differ, of codes like `identity.name`."""
    pairs = (code.split(".", 1) for code in codes)
    return t(", ").join(item_of(purpose, code).word(t.language) for purpose, code in pairs)


def source(t: Translator, item: Item) -> str:
    """Return what the answer on an item must match."""
    return t("Must match: {source}", source=item.source(t.language))


def lacks(t: Translator, need: Need) -> str:
    """Return what a loan lacks for a stage, as one line."""
    documents = [document(t, code) for code in need.codes] if need.kind == "documents" else []
    names = t(", ").join(documents or [short_name(t, code) for code in need.codes])
    match need.kind:
        case "documents":
            return t("documents not accepted yet: {names}", names=names)
        case "checks":
            return t("checks not confirmed yet: {names}", names=names)
        case "no_failed_check":
            return t("failed, and no manager has decided: {names}", names=names)
        case "amount":
            return t("the amount isn't known")
        case "due_day":
            return t("the first due day isn't known")

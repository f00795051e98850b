"""What the erasure of a person deletes, and what stays and why."""

from desk.loans.keeping import Kept
from desk.rights.erasure import Erasure, Subject
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def write_erasure(t: Translator, writer: Writer, view: Erasure) -> None:
    """Write what would be deleted, and what stays: why, by which source, until when."""
    going = [each for each in view.subjects if not each.reasons]
    if not view.subjects:
        writer.line(t("Nothing of this person is on file. Only the texts of the request are emptied."))
    if going:
        writer.line(Bold(t("Deleted for good:")))
        writer.bullets([[_going(t, view, each)] for each in going])
    _write_staying(t, writer, view)
    if going and view.of == "borrower":
        writer.small(
            t("With calls, notes, files and search entries. For loans of others that name them, enter a request each.")
        )


def erased(t: Translator, view: Erasure) -> Message:
    """Render what was deleted, and what the person is to be told of what stays."""
    gone = [each for each in view.subjects if not each.reasons]
    writer = Writer().line(Bold(t("The request is closed, and its texts are emptied.")))
    if gone:
        writer.line(t("Deleted for good:"), " ", Bold(", ".join(_going(t, view, each) for each in gone)))
    _write_staying(t, writer, view)
    if len(gone) < len(view.subjects):
        writer.line(t("Tell the person what stays, why, and where they can complain."))
    return writer.small(t("This cannot be undone.")).message()


def record_deleted(t: Translator) -> Message:
    """Render a message that was posted about what is deleted now."""
    return Writer().line(t("This was about a record that is deleted.")).message()


def _write_staying(t: Translator, writer: Writer, view: Erasure) -> None:
    staying = [each for each in view.subjects if each.reasons]
    if not staying:
        return
    writer.line(Bold(t("Stays:")))
    for each in staying:
        writer.bullets([[Bold(each.number), " · ", _reason(t, reason)] for reason in each.reasons])
    if restricted := [each.number for each in staying if each.restricts]:
        numbers = ", ".join(restricted)
        writer.line(t("{loans}: kept and not used. Nobody is to be called about it.", loans=numbers))


def _going(t: Translator, view: Erasure, subject: Subject) -> str:
    if view.of == "person":
        return t("a person around {loan}; the notes on it stay", loan=subject.number)
    return subject.number


def _reason(t: Translator, kept: Kept) -> str:
    until = t.date(kept.until) if kept.until is not None else ""
    match kept.why:
        case "hold":
            return t("a legal hold until {date}", date=until) if until else t("a legal hold")
        case "dispute":
            return t("a dispute is open")
        case "escalation":
            return t("an escalation is not resolved")
        case "planned":
            return t("a call is planned")
        case "live":
            return t("the loan has not ended: the contract needs it")
        case _:
            return t("until {date}: {source}", date=until, source=kept.says)

"""Refusals of a submitted form: they speak of its fields, where those of a line speak of what is typed.

Keyed by the codes of `desk.core.errors`; a code that is missing here has the same words in a form as in a line.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from desk.core.vocabulary import VOCABULARY
from handlers.messages.block_kit.elements import outcome, purpose, stage
from handlers.messages.block_kit.message import Bold, Code, Inline
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import phrase
from handlers.messages.checks import lacks
from handlers.messages.documents import document, state

FORM_TEXTS: dict[str, str] = {
    "not_a_member": _("You're not a member of this desk yet. Ask an admin to add you."),
    "not_a_member_named": _(
        "{slack_id} is not a member of this desk. Choose another person, or ask an admin to add them."
    ),
    "unknown_member": _("Nobody at this desk is called “{given}”. Choose a person."),
    "member_ambiguous": _("“{given}” could be one of these. Choose the one you mean:"),
    "person_missing": _("Who? Choose a person."),
    "who_behind_due": _("Choose the person in their own field: “{given}” is in the field for the time."),
    "only_role": _("{who} has no other role. Give them one first, or remove them."),
    "roles_leave_loans": _("{who} has loans or follow-ups, and without this role takes no calls. Reassign them first."),
    "loan_missing": _("Which loan? Choose it in the field “Loan”."),
    "unknown_loan": _("There is no loan “{given}” that you can see. Search by name, number or phone number."),
    "loan_ambiguous": _("“{given}” matches more than one loan. Choose one:"),
    "unknown_follow_up": _("{loan} has no follow-up {given}. Choose one that is open."),
    "which_follow_up": _("Which follow-up of {loan}? Choose it:"),
    "press_unknown": _("This form is from an older version. Close it and open it again."),
    "note_missing": _("What's the note?"),
    "draft_gone": _("This has expired or was already used. Close the form and open it again."),
    "incomplete": _("Something is missing here."),
    "outcome_missing": _("How did the call end? Choose the outcome."),
    "outcome_unclear": _(
        "“{given}” could mean the opposite of its first word. Choose the outcome, and put the rest into the note."
    ),
    "share_known": _(
        "It's already known what this payment on {loan} covers, or the call was corrected. Check its card."
    ),
    "due_or_amount": _("“{given}”: is the number a time, or the amount? Put the amount into its own field."),
    "next_due_missing": _("When is the next follow-up? Fill in its time."),
    "follow_up_is_there": _("“{given}” already exists. To move it, use “Move a follow-up”."),
    "document_unknown": _("I don't know a document called “{given}”. Put it into the field for other documents."),
    "document_words_missing": _("Name the other document in its field."),
    "document_words_needed": _("Several other documents are open on {loan}. Name the one you mean."),
    "reason_missing": _("Why? Fill in the reason, so that the borrower can be told."),
    "by_missing": _("“{given}” isn't a time. Put it into the note."),
    "name_missing": _("What is the borrower's name?"),
    "channel_misplaced": _("“{given}”: choose the channel in its own field."),
    "planned_since": _("Something else has been planned on {loan} since. Check its card."),
    "offer_past": _("{given} has passed. Choose another time."),
    "schedule_missing": _("{loan} has no repayment schedule from which payments are counted. Enter one first."),
    "all_paid": _("All instalments of {loan} are paid already. Check its card."),
    "undo_leaves_loans": _("{who} has loans or follow-ups now. Reassign them first."),
    "undo_too_late": _("That was more than {minutes} minutes ago and can't be undone. Correct it instead."),
}
"""The text per code, with the error's params as placeholders, as in `texts`."""

Paragraphs = list[list[Inline]]


def _next_missing(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    missing = phrase(
        t,
        "{outcome}: for which day? Fill it in here, so that we check then whether it was paid."
        if VOCABULARY.outcome(error.params["outcome"]).next_purpose == "promise"
        else "{outcome}: when? Fill it in here.",
        outcome=Bold(outcome(t, error.params["outcome"])),
    )
    return [missing]


ANSWERS_OTHER = {
    "verification": _("{outcome} only answers verification follow-ups, and this one is about {purpose}."),
    "repayment": _("{outcome} only answers repayment follow-ups, and this one is about {purpose}."),
    "check": _("{outcome} only answers checks (identity, income, employer, vehicle), and this one is about {purpose}."),
}
"""Why an outcome does not fit a follow-up, by the kind that it answers."""


def _outcome_answers_other(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    reason = phrase(
        t,
        ANSWERS_OTHER[error.params["answers"]],
        outcome=Bold(outcome(t, error.params["outcome"])),
        purpose=Bold(purpose(t, error.params["purpose"])),
    )
    return [reason, [t("Choose another outcome, or another follow-up.")]]


def _no_check_open(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    return [phrase(t, "No check is open on {loan}, so none can fail.", loan=Bold(error.params["loan"]))]


def _check_not_named(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    which = t(", ").join(purpose(t, code) for _name, code in error.params["checks"])
    text = _("Which check of {loan} failed? Choose it: {checks}")
    return [phrase(t, text, loan=Bold(error.params["loan"]), checks=Bold(which))]


def _check_why_missing(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    text = _("What did not match in the {purpose} of {loan}, and why? Write it here.")
    return [phrase(t, text, purpose=Bold(purpose(t, error.params["purpose"])), loan=Bold(error.params["loan"]))]


def _number_and_purpose_differ(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    words = {name: Bold(purpose(t, error.params[name])) for name in ("its", "purpose")}
    text = _("{name} is about {its}, not {purpose}. Leave the purpose empty, or choose another follow-up.")
    return [phrase(t, text, name=Code(error.params["given"]), **words)]


def _document_impossible(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    return [
        phrase(
            t,
            "{document} on {loan} is {state}, so that step isn't possible.",
            document=Bold(document(t, error.params["document"])),
            loan=Bold(error.params["loan"]),
            state=Bold(state(t, error.params["state"])),
        )
    ]


def _document_not_requested(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    named = {"document": Bold(document(t, error.params["document"])), "loan": Bold(error.params["loan"])}
    return [phrase(t, "{document} hasn't been requested for {loan}.", **named)]


def _stage_needs(t: Translator, error: DeskError, _zone: ZoneInfo) -> Paragraphs:
    named = {"loan": Bold(error.params["loan"]), "stage": Bold(stage(t, error.params["stage"]))}
    needs: Paragraphs = [["• ", lacks(t, need)] for need in error.params["needs"]]
    way = t("A manager can move it all the same, with a reason.")
    if error.params["manager"]:
        way = t("You can move it all the same: fill in the reason.")
    return [phrase(t, "{loan} can't move to {stage} yet:", **named), *needs, [way]]


FORM_EXPLANATIONS: dict[str, Callable[[Translator, DeskError, ZoneInfo], Paragraphs]] = {
    "next_missing": _next_missing,
    "outcome_answers_other": _outcome_answers_other,
    "no_check_open": _no_check_open,
    "check_not_named": _check_not_named,
    "check_why_missing": _check_why_missing,
    "stage_needs": _stage_needs,
    "number_and_purpose_differ": _number_and_purpose_differ,
    "document_impossible": _document_impossible,
    "document_not_requested": _document_not_requested,
}
"""The refusals whose words depend on the params, as in `refusals`."""

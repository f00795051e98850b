"""Refusals about documents and stages that need words of the vocabulary."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from handlers.messages.block_kit.elements import stage, stamp
from handlers.messages.block_kit.message import Bold, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import phrase
from handlers.messages.documents import document, state

Explanation = Callable[[Translator, DeskError, ZoneInfo], list[list[Inline]]]


def _stage_already(t: Translator, error: DeskError, zone: ZoneInfo) -> list[list[Inline]]:
    return [
        phrase(
            t,
            "{loan} is already at {stage}, since {time}.",
            loan=Bold(error.params["loan"]),
            stage=Bold(stage(t, error.params["stage"])),
            time=stamp(t, error.params["at"], zone),
        )
    ]


def _document_impossible(t: Translator, error: DeskError, _zone: ZoneInfo) -> list[list[Inline]]:
    """Explain by the state of the document, with lines that would work."""
    given = error.params
    name = document(t, given["document"])
    paragraphs = [
        phrase(
            t,
            "{document} on {loan} is {state}, so that step isn't possible.",
            document=Bold(name),
            loan=Bold(given["loan"]),
            state=Bold(state(t, given["state"])),
        )
    ]
    lines = {
        "got": t("/loan-docs {loan} got {document}", loan=given["loan"], document=name),
        "accept": t("/loan-docs {loan} accept {document}", loan=given["loan"], document=name),
        "cancel": t("/loan-docs {loan} cancel {document}", loan=given["loan"], document=name),
        "reject": t("/loan-docs {loan} reject {document}: reason", loan=given["loan"], document=name),
    }
    possible = [lines[act] for act in given["possible"]]
    possible = possible or [t("/loan-docs {loan} {document}", loan=given["loan"], document=name)]
    return [*paragraphs, [t("Possible now:")], *(["• ", Code(line)] for line in possible)]


def _document_not_requested(t: Translator, error: DeskError, _zone: ZoneInfo) -> list[list[Inline]]:
    name, loan = document(t, error.params["document"]), error.params["loan"]
    paragraphs = [phrase(t, "{document} hasn't been requested for {loan}.", document=Bold(name), loan=Bold(loan))]
    if error.params["documents"]:
        paragraphs.append(phrase(t, "Open: {documents}", documents=Bold(_names(t, error.params["documents"]))))
    line = t("/loan-docs {loan} {document}", loan=loan, document=name)
    return [*paragraphs, phrase(t, "To request it: {line}", line=Code(line))]


def _document_changed(t: Translator, error: DeskError, zone: ZoneInfo) -> list[list[Inline]]:
    who = error.params["who"]
    return [
        phrase(
            t,
            "{document} is now {state}: {who}, {time}.",
            document=Bold(document(t, error.params["document"])),
            state=Bold(state(t, error.params["state"])),
            who=Mention(who) if who else t("the desk"),
            time=stamp(t, error.params["at"], zone),
        )
    ]


def _names(t: Translator, codes: Sequence[str]) -> str:
    return t(", ").join(document(t, code) for code in codes)


LOAN_EXPLANATIONS: dict[str, Explanation] = {
    "stage_already": _stage_already,
    "document_impossible": _document_impossible,
    "document_not_requested": _document_not_requested,
    "document_changed": _document_changed,
}

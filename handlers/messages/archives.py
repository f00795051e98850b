"""What became of an archive that a member asked for: a case file, or an export of one person's data."""

from desk.cases.exports import CaseView
from desk.core.dataclass import dataclass
from desk.files.upkeep import UNFILED_FOR
from handlers.messages.block_kit.message import Bold, Code, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.file_lines import size
from handlers.messages.made_files import file_buttons


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences about one kind of archive, not translated yet: `ready` has `{loan}` and `{size}`, `kept` has `{n}` days, and
    those about one that is no longer kept, not for the reader, or not made have `{loan}`. `open` is the text of the button."""

    ready: str
    kept: str
    open: str
    over: str
    forbidden: str
    failed: str


_CASE = _Words(
    ready=_("The case file of {loan} is ready: {size}."),
    kept=_(
        "It is kept for {n} days, and opens with a link that works once. “loandesk case verify” proves that it is unaltered."
    ),
    open=_("Open the case file"),
    over=_("The case file of {loan} is no longer kept. Ask for a new one with /loan-case."),
    forbidden=_("There is no case file of {loan} for you: the loan has changed hands, or your role has changed."),
    failed=_(
        "The case file of {loan} could not be made. Ask for it again with /loan-case; if that fails too, an admin finds the "
        "reason in the log."
    ),
)

_EXPORT = _Words(
    ready=_("The export for the request on {loan} is ready: {size}."),
    kept=_(
        "It is kept for {n} days, and opens with a link that works once. Read it before you hand it over: notes may tell of "
        "people whom the desk does not know."
    ),
    open=_("Open the export"),
    over=_("The export for the request on {loan} is no longer kept. Make a new one at the request."),
    forbidden=_("There is no export for the request on {loan} for you: your role has changed."),
    failed=_(
        "The export for the request on {loan} could not be made. Ask for it again; if that fails too, an admin finds the reason "
        "in the log."
    ),
)


def case_ready(t: Translator, view: CaseView, *, may_be_sent: bool) -> Message:
    """Render what became of a case file, for who asked for it; `may_be_sent`: also as a file in Slack."""
    return _ready(t, view, _CASE, may_be_sent=may_be_sent)


def export_ready(t: Translator, view: CaseView) -> Message:
    """Render what became of an export, for who asked for it."""
    return _ready(t, view, _EXPORT, may_be_sent=False)


def _ready(t: Translator, view: CaseView, words: _Words, *, may_be_sent: bool) -> Message:
    """Render what became of an archive, for who asked for it."""
    writer, loan = Writer(), Bold(view.number)
    if view.is_built and view.file_id is not None:
        writer.phrase(t, words.ready, loan=loan, size=size(view.size))
        writer.phrase(t, "SHA-256 of the archive: {sum}", sum=Code(view.sha256))
        writer.small(t(words.kept, n=UNFILED_FOR.days))
        return writer.buttons(*file_buttons(t, t(words.open), view.file_id, may_be_sent=may_be_sent)).message()
    if view.is_built:
        writer.phrase(t, words.over, loan=loan)
        writer.phrase(t, "SHA-256 of the archive: {sum}", sum=Code(view.sha256))
    else:
        writer.phrase(t, words.forbidden if view.why == "forbidden" else words.failed, loan=loan)
    return writer.message()

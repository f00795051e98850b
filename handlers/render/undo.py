"""What was taken back."""

from desk.undo import TakenBack
from handlers.i18n import Translator
from handlers.render.acts import act
from handlers.render.message import Message
from handlers.render.writer import Bold, Writer, phrase


def taken_back(t: Translator, undone: TakenBack) -> Message:
    """Takes the place of the answer whose button was pressed."""
    writer = Writer()
    words = act(t, undone.act)
    if undone.loan_number is not None:
        loan = Bold(undone.loan_number)
        writer.line(phrase(t, "Taken back on {loan}: {act}. All is as it was before.", loan=loan, act=words))
    elif not undone.left:
        writer.line(phrase(t, "Taken back: {act}. All is as it was before.", act=words))
    else:
        writer.line(phrase(t, "Taken back: {act}.", act=words))
        writer.line(t("What somebody has touched since stays as it is now: {loans}.", loans=t(", ").join(undone.left)))
    return writer.message()

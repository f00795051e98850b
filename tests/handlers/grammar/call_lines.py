"""Lines of `/loan-call`, parsed."""

from hypothesis import strategies as st

from handlers.grammar.call import CallRequest, parse
from handlers.grammar.text import Line
from tests.handlers.grammar.lines import understood
from tests.handlers.grammar.phrases import shown


def call(text: str) -> CallRequest:
    """Return the request of a line that must be understood."""
    return understood(parse, text)


def plan(text: str) -> tuple[str, str | None, str] | None:
    """Return the due time, purpose and note of the next step, or None."""
    step = call(text).next
    return (shown(step.due), step.purpose, step.note) if step else None


def _has_no_opener(text: str) -> bool:
    matched = Line.plain(text).norm
    return not any(opener in matched for opener in ("next", "下次", ">"))


# A letter at each end, because blanks at the ends are trimmed.
notes = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map("a{}z".format).filter(_has_no_opener)

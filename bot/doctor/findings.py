"""What a check of `loandesk doctor` found."""

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check of `subject`. When not `ok`, `words` say what to do; `is_warning`, what would be better."""

    subject: str
    ok: bool
    words: str
    is_warning: bool = False


def ok(subject: str, words: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(subject, True, words)


def warn(subject: str, words: str) -> Finding:
    """Return a finding with which the desk works, and which is a risk."""
    return Finding(subject, True, words, is_warning=True)


def fix(subject: str, words: str) -> Finding:
    """Return a finding that needs action."""
    return Finding(subject, False, words)


def error_name(error: BaseException) -> str:
    """Return the kind of an error in words; of an error of the database, the driver's."""
    return type(getattr(error, "orig", None) or error).__name__

"""The buckets of days past due as a manager types them, a line each: `31 M2`, `30–59`, `90+`."""

import re
import unicodedata

from desk.core.errors import Invalid
from desk.core.values import NamedBucket

_LINE = re.compile(r"(\d{1,4})\s*[,，:：、;；]?\s*(.*)", re.DOTALL)
_RANGE = re.compile(r"\s*([-–—~～至到]\s*\d{1,4}|\+|以上)\s*(?=$|\s)")


def parse_buckets(text: str) -> list[NamedBucket]:
    """Return the buckets that the lines name: the first day of each, then its name; a range alone is its own name.

    Raises Invalid (`bucket_line`) for a line that is none.
    """
    found: list[NamedBucket] = []
    for number, line in enumerate(text.splitlines(), 1):
        typed = unicodedata.normalize("NFKC", line).strip()
        if not typed:
            continue
        match = _LINE.fullmatch(typed)
        if match is None:
            raise Invalid("bucket_line", line=number, given=line.strip())
        first, name = match[1], match[2].strip()
        span = _RANGE.match(typed[len(first) :])
        if span is not None:
            name = typed[len(first) + span.end() :].strip() or typed.replace(" ", "").replace("-", "–")
        found.append(NamedBucket(number, int(first), name))
    return found

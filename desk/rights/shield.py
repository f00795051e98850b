"""What hides others in the data of one person: the names and phones that the desk knows of them, wherever they were typed."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from desk.core.dataclass import dataclass
from desk.rules.contacts import without_extension
from desk.rules.masking import masked_name, phone_tail

_LAST_DIGITS = 8
"""How many of its last digits make a phone known, however it was written."""

_BETWEEN = r"[\s().\-]{0,2}"
_SLACK_ID = re.compile(r"\b[UW][A-Z0-9]{3,}\b")


@dataclass(frozen=True, slots=True)
class Shield:
    """Hides what the patterns find, and members of the workspace, whom Slack ids name."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    members: Collection[str]

    def text(self, text: str) -> str:
        """Return a text in which each of them is masked, and no member is named by their Slack id."""
        for pattern, instead in self.patterns:
            text = pattern.sub(instead, text)
        return _SLACK_ID.sub(lambda found: "…" if found[0] in self.members else found[0], text)

    def value(self, value: Any) -> Any:
        """Return a value of JSON whose texts are masked."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {name: self.value(each) for name, each in cast("Mapping[str, Any]", value).items()}
            case list() | tuple():
                return [self.value(each) for each in cast("Iterable[Any]", value)]
            case _:
                return value


def shield(
    names: Iterable[str],
    phones: Iterable[str],
    *,
    own_names: Iterable[str] = (),
    own_phones: Iterable[str] = (),
    members: Collection[str] = (),
) -> Shield:
    """Return what hides these people (phones in E.164) and members (Slack ids). What is also the person's own is not hidden."""
    own, digits = {each.strip() for each in own_names}, {_last(each) for each in own_phones}
    found: list[tuple[re.Pattern[str], str]] = []
    for name in sorted(
        {each.strip() for each in names if len(each.strip()) > 1} - own, key=lambda each: (-len(each), each)
    ):
        words = r"\s*".join(map(re.escape, name.split()))
        begin, end = (r"(?<!\w)" if name[0].isascii() else ""), (r"(?!\w)" if name[-1].isascii() else "")
        found.append((re.compile(begin + words + end, re.IGNORECASE), _replacement(masked_name(name))))
    for phone in sorted({each for each in phones if each}):
        last = _last(phone)
        if len(last) < 5 or last in digits:
            continue
        pattern = r"(?<!\d)\+?(?:\d[\s().\-]{0,2}){0,7}" + _BETWEEN.join(last) + r"(?!\d)"
        found.append((re.compile(pattern), _replacement(f"*{phone_tail(last)}")))
    return Shield(tuple(found), members)


def _last(phone: str) -> str:
    return "".join(each for each in without_extension(phone) if each.isdecimal())[-_LAST_DIGITS:]


def _replacement(text: str) -> str:
    return text.replace("\\", r"\\")

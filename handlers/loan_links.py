"""Links to loans in the lender's own system: which loan a link leads to, and what is shown below it in a conversation."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from desk.loans.lookup import visible_by_numbers
from handlers.door.request import Request
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.cards import linked_loan

_NUMBER = "{number}"


class LoanLinks:
    """A lender's links by their pattern, such as `https://loans.example.com/l/{number}`.

    Raises ValueError, with what is wrong, for an invalid pattern.
    """

    def __init__(self, pattern: str) -> None:
        parts = urlsplit(pattern)
        if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
            raise ValueError("it must begin with https:// and the name of a host")
        if pattern.count(_NUMBER) != 1:
            raise ValueError(f"{_NUMBER} must appear in it once, in place of the loan's number")
        self.domain = parts.hostname
        before, _, behind = pattern[len(parts.scheme) + len("://") + len(parts.netloc) :].partition(_NUMBER)
        self._rest = re.compile(rf"{re.escape(before)}([^/?#&]+){re.escape(behind)}(?:[/?#&].*)?")

    def number_in(self, url: str) -> str | None:
        """Return the number of the loan that the link leads to, or None for any other link."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname != self.domain:
            return None
        found = self._rest.fullmatch(url.partition("://")[2][len(parts.netloc) :])
        return unquote(found[1]) if found else None


async def shown_links(request: Request, numbers: Sequence[str]) -> Mapping[str, Message]:
    """Return what everyone in the conversation reads below links to these loans, by number, in the channels' language."""
    t = Translator(request.desk.workspace.locale)
    return {asked: linked_loan(t, loan) for asked, loan in (await visible_by_numbers(request.desk, numbers)).items()}

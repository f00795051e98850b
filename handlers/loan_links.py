"""Links to loans in the lender's own system: which loan a link leads to, what is shown below it in a conversation, and the side
pane of the member who opens it there."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.loans.lookup import visible_by_numbers
from desk.loans.panes import loan_pane
from desk.messages.notices import accepts_entities
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Request, ShowPane
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.cards import linked_loan
from handlers.messages.work_objects import loan_entity, pane

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
        self.domain, self._pattern = parts.hostname, pattern
        before, _, behind = pattern[len(parts.scheme) + len("://") + len(parts.netloc) :].partition(_NUMBER)
        self._rest = re.compile(rf"{re.escape(before)}([^/?#&]+){re.escape(behind)}(?:[/?#&].*)?")

    def number_in(self, url: str) -> str | None:
        """Return the number of the loan that the link leads to, or None for any other link."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname != self.domain:
            return None
        found = self._rest.fullmatch(url.partition("://")[2][len(parts.netloc) :])
        return unquote(found[1]) if found else None

    def address_of(self, number: str) -> str:
        """Return the link to the loan of that number."""
        return self._pattern.replace(_NUMBER, quote(number, safe=""))


@dataclass(frozen=True, slots=True)
class ShownLinks:
    """What everyone in the conversation sees below links to loans, by the link: as plain blocks, and as Work Objects where the
    workspace shows those."""

    plain: Mapping[str, Message] = field(default_factory=dict[str, Message])
    entities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


async def shown_links(request: Request, links: LoanLinks, numbers: Mapping[str, str]) -> ShownLinks:
    """Return what is shown below these links (`numbers` by link) to loans that the member may see, in the channels' language."""
    t = Translator(request.desk.workspace.locale)
    found = await visible_by_numbers(request.desk, numbers.values())
    loans = {url: found[number] for url, number in numbers.items() if number in found}
    plain = {url: linked_loan(t, loan) for url, loan in loans.items()}
    if not loans or not await accepts_entities(request.desk):
        return ShownLinks(plain)
    return ShownLinks(
        plain, {url: loan_entity(t, loan, links.address_of(loan.number), url) for url, loan in loans.items()}
    )


async def show_pane(request: Request) -> ShowPane:
    """Show the side pane of a link that was opened to its reader."""
    try:
        loan_id = UUID(request.value["l"])
    except ValueError:
        raise NotFound("unknown_loan_pressed") from None
    return ShowPane(pane(request.t, await loan_pane(request.desk, loan_id), request.value["url"]))


PANES = ButtonFamily("pane", {"opened": show_pane})

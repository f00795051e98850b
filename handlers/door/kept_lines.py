"""Lines of commands that a button sends: kept as drafts, because a button may carry no personal data."""

from typing import Any
from uuid import UUID

from desk.core import drafts
from desk.core.transaction import Desk
from handlers.messages.refusals.offers import LineOffers


async def keep_line(desk: Desk, command: str, text: str, *, given: str = "", offers: LineOffers | None = None) -> UUID:
    """Keep a line, as Slack sent it, for an hour, and return the id for its buttons. `given` is the word in it that a choice
    replaces; `offers` is what else it may be completed with."""
    body: dict[str, Any] = {"command": command, "text": text, "given": given}
    if offers is not None:
        body["lines"] = [word.line for word in offers.words]
        body["typed"] = dict(offers.form.typed) if offers.form else {}
        body["loan"], body["version"] = str(offers.loan_id), offers.loan_version
    return await drafts.save_for_confirmation(desk, body)

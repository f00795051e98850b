"""Links by which compliance opens the proof of a month, which is made when the link is opened."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, cast, get_args

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.languages import LANGUAGES
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.files.page_links import OpenedLink, PageLink, make_link
from desk.messages.monthly_proof import read_month, require_begun

PROOF = "proof"
"""The kind of these pages."""

Ending = Literal["pdf", "csv"]


@dataclass(frozen=True, slots=True)
class ProofWanted:
    """Which proof: of a month, by its first day, in a language, as a kind of file."""

    month: date
    language: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class ProofOffer:
    """A fresh link to a proof for the acting member alone. `month` is written like `2026-11`."""

    month: str
    link: PageLink

    @property
    def until(self) -> datetime:
        """Return until when it can be used."""
        return self.link.until


async def offer_proof(desk: Desk, month: str, language: str, ending: str) -> ProofOffer:
    """Make a link to the proof of a month.

    Raises NotAllowed (`role_missing`), Invalid (`bad_month`, `month_ahead`, `bad_proof`), and as `make_link` does.
    """
    require_role(desk, "export_proof")
    about = {"month": month, "language": language, "ending": ending}
    wanted = _wanted(about)
    require_begun(desk, wanted.month)
    link = await make_link(desk, PROOF, about)
    desk.audit("proof_link", month=month)
    return ProofOffer(month, link)


async def open_proof(desk: Desk, opened: OpenedLink) -> ProofWanted | None:
    """Return which proof a link was opened for; None if its member may no longer have it. That is recorded too."""
    wanted = _wanted(opened.about)
    try:
        require_role(desk, "export_proof")
    except DeskError:
        desk.audit("proof_refused", member=str(opened.member.id), month=opened.about["month"])
        return None
    desk.audit("proof_opened", month=wanted.month.strftime("%Y-%m"), language=wanted.language, ending=wanted.ending)
    return wanted


def _wanted(about: Mapping[str, str]) -> ProofWanted:
    if about["language"] not in LANGUAGES or about["ending"] not in get_args(Ending):
        raise Invalid("bad_proof")
    return ProofWanted(read_month(about["month"]), about["language"], cast(Ending, about["ending"]))

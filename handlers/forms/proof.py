"""The form for the proof of a month: which month, in which language, as which kind of file."""

from desk.core.languages import LANGUAGES
from desk.files.proof_links import offer_proof
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.proof_links import proof_offered

MONTHS = 36
"""How many months are offered, with the present one; `loandesk audit proof` takes any."""


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form. The last month that is over is chosen first."""
    t, today = request.t, request.desk.workspace_today
    number = today.year * 12 + today.month - 1
    months = [f"{each // 12}-{each % 12 + 1:02}" for each in range(number, number - MONTHS, -1)]
    typed = {"month": months[1], "language": t.language, "ending": "pdf", **typed}
    form = FormWriter(t, private, typed)
    form.choice("month", t("Month"), [Option(month, month) for month in months])
    form.choice("language", t("Language"), [Option(each.name, each.code) for each in LANGUAGES.values()])
    form.choice("ending", t("As"), [Option(t("PDF, to read and to send"), "pdf"), Option(t("CSV, to count on"), "csv")])
    form.small(t("It is counted from the sealed audit trail, and names no member and no borrower."))
    return form.view(FORM.name, t(FORM.title), submit=t("Get the link"))


async def submit(request: Request) -> Message:
    """Make the link."""
    offer = await offer_proof(request.desk, request.one("month"), request.one("language"), request.one("ending"))
    return proof_offered(request.t, offer, request.zone)


FORM = Form(
    name="proof",
    right="export_proof",
    title=_("Monthly proof"),
    build=build,
    submit=submit,
    main="month",
    fields={},
    keeps_drafts=False,
)
"""The proof of a month."""

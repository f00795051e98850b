"""The form with which compliance erases a person's data: what goes and what stays is shown first."""

from uuid import UUID

from desk.rights.erasure import erase_person, preview
from desk.rules.person_requests import request_rules
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.erasure import erased, write_erasure
from handlers.messages.person_requests import write_request


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write what goes and what stays. `q` in `private` names the request; `shown` says what the form has shown."""
    t = request.t
    view = await preview(request.desk, UUID(private["q"]))
    form = FormWriter(t, {"shown": view.shown, **private}, {"proof": view.request.proof, **typed})
    write_request(t, form, view.request)
    write_erasure(t, form, view)
    proofs = [Option(each.word(t.language), code) for code, each in request_rules().proofs.items()]
    form.choice("proof", t("How they proved who they are"), proofs)
    form.small(t("This cannot be undone."))
    return form.view(ERASURE.name, t(ERASURE.title), submit=t("Erase"))


async def submit(request: Request) -> Message:
    """Erase it."""
    shown, proof = str(request.private["shown"]), request.one("proof")
    return erased(request.t, await erase_person(request.desk, UUID(request.private["q"]), shown, proof=proof))


ERASURE = Form(
    name="erase_person",
    right="erase_person",
    title=_("Erase a person's data"),
    build=build,
    submit=submit,
    main="proof",
    fields={"request_unproven": "proof"},
    keeps_drafts=False,
)
"""The erasure of a person's data."""

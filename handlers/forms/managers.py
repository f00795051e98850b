"""The form for choosing managers."""

from desk.core.permissions import require_role
from desk.people import onboarding
from desk.people.team import add_manager
from handlers.door.directory import candidate
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.people import onboarding as render


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the members to make managers; present managers stay."""
    t = request.t
    require_role(request.desk, "manage_teams")
    form = FormWriter(t, private, typed)
    if names := (await onboarding.setup_status(request.desk)).managers:
        form.line(t("Already managers:"), " ", t(", ").join(names))
    form.people("managers", t("New managers"))
    form.line(t("Managers see every loan of their team, reassign loans, and are told when nobody acts on a follow-up."))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Make each of them a manager, as `/loan-team add` does; they keep their other roles."""
    for slack_id in request.several("managers"):
        await add_manager(request.desk, candidate(request.entries, slack_id))
    return render.managers_chosen(request.t, (await onboarding.setup_status(request.desk)).managers)


FORM = Form(
    name="managers",
    title=_("Choose managers"),
    build=build,
    submit=submit,
    main="managers",
    fields={},
    looks_up=("managers",),
)
"""The managers of the workspace."""

"""The form for compliance: the channel of the day's report, and how many phone numbers a role may look at in a day."""

from desk.core.vocabulary import VOCABULARY
from desk.people import compliance
from handlers.door.request import Request
from handlers.forms.fields import CHANNEL_REFUSALS
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.compliance import compliance_changed


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form with the present settings, and their version from when it was opened."""
    t = request.t
    now = await compliance.compliance_settings(request.desk)
    limits = {f"limit_{role}": str(limit) for role, limit in now.limits}
    typed = {"channel": now.channel_id or "", **limits, **typed}
    form = FormWriter(t, {"v": now.version, "was": now.channel_id or "", **private}, typed)
    form.channel("channel", t("Channel for the day's report"), optional=True)
    if now.channel_id is not None:
        nobody = Option(t("No channel: tell each compliance officer directly"), "channel")
        form.ticks("off", t("Turn off"), [nobody], optional=True)
    for role in compliance.LIMITED_ROLES:
        word = VOCABULARY.role(role).word(t.language)
        form.number(
            f"limit_{role}",
            t("Phone numbers a day: {role}", role=word),
            low=1,
            high=compliance.MOST_REVEALS,
            optional=True,
        )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change the settings."""
    channel = "" if "channel" in request.several("off") else request.one("channel")
    unchanged = channel == request.private.get("was", "")
    limits = {role: int(typed) for role in compliance.LIMITED_ROLES if (typed := request.one(f"limit_{role}"))}
    result = await compliance.change_compliance(
        request.desk,
        (channel or None) if unchanged or not channel else request.entries.channel(channel),
        limits,
        request.private["v"],
    )
    return compliance_changed(request.t, result)


FORM = Form(
    name="compliance",
    right="change_compliance",
    title=_("Compliance"),
    build=build,
    submit=submit,
    main="channel",
    fields=CHANNEL_REFUSALS,
    looks_up=("channel",),
)
"""What compliance sets."""

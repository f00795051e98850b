"""Messages about a request for access: to the person who asks, and to the managers who decide."""

from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.people.access import GRANTABLE, RequestReceipt
from desk.people.access_requests import RequestView
from desk.people.accounts import LostAccount
from handlers.messages.block_kit.elements import form_button, mentions
from handlers.messages.block_kit.message import Bold, Button, Code, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def request_sent(t: Translator, result: RequestReceipt) -> Message:
    """Render the answer to the person who asked for access."""
    writer = Writer()
    match result.earlier:
        case None:
            writer.line(t("Your request for access was sent. You'll get the answer here in Slack."))
        case "open":
            writer.line(t("You already asked for access today. You'll get the answer here in Slack."))
        case "declined":
            writer.line(t("Today's request has already been answered. You can ask again tomorrow, or talk to them."))
    who = mentions(t, result.deciders)
    if who:
        writer.line(t("Who decides:"), " ", who)
    return writer.message()


def request(t: Translator, view: RequestView, zone: ZoneInfo) -> Message:
    """Render the notice to the managers who decide: who asks, a button for each answer, and finally the decision."""
    writer = Writer()
    who = Mention(view.slack_user_id)
    writer.phrase(t, "{who} ({name}) is asking for access to the desk.", who=who, name=Bold(view.name))
    if view.by is not None and view.at is not None:
        decision = {"name": view.by, "when": t.minute(view.at, zone)}
        if view.state == "granted":
            writer.phrase(
                t, "Access granted as {roles} by {name}, {when}.", roles=Bold(_roles(t, view.roles)), **decision
            )
        else:
            writer.phrase(t, "Declined by {name}, {when}.", **decision)
        return writer.message()
    writer.line(t("Members see borrowers' names and phone numbers. Only give access to people you know."))
    value = {"r": str(view.id), "who": view.slack_user_id}
    writer.buttons(
        *(
            Button(t("Add as {role}", role=_role(t, role)), "access.grant", {**value, "role": role})
            for role in GRANTABLE
        ),
        Button(t("Decline"), "access.decline", {"r": str(view.id)}),
    )
    return writer.message()


def access_granted(t: Translator, slack_user_id: str, role: str) -> Message:
    """Render the answer to who let a person in, where the form that asks for their team and channel is not shown."""
    writer, who = Writer(), Mention(slack_user_id)
    writer.phrase(t, "{who} is now a member of the desk as {role}.", who=who, role=Bold(_role(t, role)))
    button = Button(t("Choose team and channel"), "form.open", {"form": "member", "w": slack_user_id})
    return writer.buttons(button).message()


def granted(t: Translator, view: RequestView, *, name: str | None = None) -> Message:
    """Render the notice to the person whose request was granted, now a member.

    `name` is theirs, where others read the notice too.
    """
    writer = Writer()
    added = {"roles": Bold(_roles(t, view.roles)), "name": view.by or t("the desk")}
    if name is None:
        writer.phrase(t, "You're now a member of the desk as {roles}, added by {name}.", **added)
    else:
        writer.phrase(t, "{who} is now a member of the desk as {roles}, added by {name}.", who=name, **added)
    writer.phrase(t, "{command} shows what you can do, and your Home tab shows your day.", command=Code("/loan help"))
    return writer.buttons(form_button(t("Find a loan"), "find")).message()


def declined(t: Translator, view: RequestView) -> Message:
    """Render the notice to the person whose request was declined."""
    writer = Writer()
    writer.phrase(t, "Thanks for asking. {name} hasn't given you access to the desk.", name=view.by or "–")
    return writer.line(
        t(
            "If you need it for your work, please talk to them: they can add you at any time. You can also ask again "
            "another day."
        )
    ).message()


def account_lost(t: Translator, view: LostAccount) -> Message:
    """Render the notice to the admins about a member whose Slack account can no longer use the desk, or can again."""
    writer, who = Writer(), Mention(view.slack_user_id)
    if not view.is_member:
        return writer.phrase(t, "{who} is no longer a member.", who=who).message()
    if view.why is None:
        return writer.phrase(
            t, "{who}'s Slack account is in use again, and their work is theirs again.", who=who
        ).message()
    if view.why == "guest":
        writer.phrase(t, "{who} is now a guest in Slack and can no longer use the desk.", who=who)
    else:
        writer.phrase(t, "{who}'s Slack account was deactivated.", who=who)
    if view.acting is not None:
        writer.phrase(t, "Their reminders go to {name} until you hand their work over.", name=Bold(view.acting))
    else:
        writer.line(t("Nobody is there to act for them: hand their work over."))
    button = Button(t("Remove from the desk"), "form.open", {"form": "leaver", "m": str(view.member_id)})
    return writer.buttons(button).message()


def _role(t: Translator, code: str) -> str:
    return VOCABULARY.role(code).word(t.language)


def _roles(t: Translator, codes: tuple[str, ...]) -> str:
    return t(", ").join(_role(t, code) for code in codes)

"""The forms for what a person asks about their own data: enter it, and decide about it."""

from datetime import date
from uuid import UUID

from desk.calls.views import chosen_loan
from desk.core.values import NAME_LIMIT, PersonRef
from desk.core.vocabulary import NOTE_LIMIT
from desk.rights import requests
from desk.rights.requests import RequestEntry
from desk.rules.person_requests import Named, request_rules
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_field, loan_of, people
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.person_requests import request_changed, write_request

_LOAN, _MEMBER, _OTHER = "loan", "member", "other"
_BORROWER = "borrower"


def _options(t: Translator, entries: dict[str, Named]) -> list[Option]:
    return [Option(each.word(t.language), code) for code, each in entries.items()]


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: who asks, what, how, since when. `l` in `private` names the loan."""
    t, rules = request.t, request_rules()
    now = {"about": _LOAN, "who": _BORROWER, "loan": str(private.get("l", ""))}
    typed = {**now, "received": request.desk.workspace_today.isoformat(), "proof": "none", **typed}
    form = FormWriter(t, private, typed)
    about = [
        Option(t("a borrower, or a person around a loan"), _LOAN),
        Option(t("a member of the desk"), _MEMBER),
        Option(t("another person"), _OTHER),
    ]
    form.choice("about", t("Who asks"), about, live=True)
    if typed["about"] == _LOAN:
        chosen = await chosen_loan(request.desk, str(typed["loan"])) if typed["loan"] else None
        loan_field(t, form, chosen)
        if others := people(t, chosen):
            form.choice("who", t("Of whom"), [Option(t("the borrower"), _BORROWER), *others])
    elif typed["about"] == _MEMBER:
        form.person("member", t("Member"))
    form.text("name", t("Name, if another than on file"), limit=NAME_LIMIT, optional=typed["about"] != _OTHER)
    form.choice("kind", t("What they want"), _options(t, dict(rules.kinds)))
    form.choice("way", t("How the request came in"), _options(t, dict(rules.ways)))
    form.day("received", t("Received on"))
    form.choice("proof", t("How they proved who they are"), _options(t, dict(rules.proofs)))
    form.text("words", t("In their words"), long=True, optional=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Enter the request."""
    about, who, member = request.one("about"), request.one("who") or _BORROWER, request.one("member")
    entry = RequestEntry(
        kind=request.one("kind"),
        way=request.one("way"),
        proof=request.one("proof"),
        received_on=date.fromisoformat(request.one("received")),
        words=request.one("words").strip(),
        name=request.one("name").strip(),
        loan=loan_of(request) if about == _LOAN else None,
        person_id=UUID(who) if about == _LOAN and who != _BORROWER else None,
        member=PersonRef(slack_id=member) if about == _MEMBER and member else None,
    )
    return request_changed(request.t, await requests.enter_request(request.desk, entry))


FORM = Form(
    name="person_request",
    right="enter_request",
    title=_("Data request"),
    build=build,
    submit=submit,
    main="kind",
    fields={
        **LOAN_REFUSALS,
        "request_date": "received",
        "request_name_missing": "name",
        "name_too_long": "name",
        "note_too_long": "words",
        "unknown_person": "who",
        "not_a_member_named": "member",
    },
)
"""What a person asks about their own data."""


async def build_decision(request: Request, private: Private, typed: Typed) -> View:
    """Write the request, and what can be decided. `q` in `private` names the request; the form keeps its version."""
    t, rules = request.t, request_rules()
    view = await requests.request_to_answer(request.desk, UUID(private["q"]))
    typed = {"act": "answered", "proof": view.proof, **typed}
    form = FormWriter(t, {"v": view.version, **private}, typed)
    write_request(t, form, view)
    acts = [Option(t("answered"), "answered"), Option(t("refused"), "refused"), Option(t("put off"), "extended")]
    form.choice("act", t("The request is"), acts, live=True)
    if typed["act"] == "answered":
        form.choice("proof", t("How they proved who they are"), _options(t, dict(rules.proofs)))
        if view.kind == "withdrawal":
            form.small(t("This ends all consents that the borrower gave."))
        elif view.kind == "restriction":
            form.small(t("This bars contact on all loans of the borrower until compliance ends it."))
        form.text("answer", t("What was done"), long=True, optional=True, limit=NOTE_LIMIT)
    elif typed["act"] == "refused":
        grounds = [Option(each.word(t.language), each.code, each.article) for each in rules.grounds_of(view.law)]
        form.choice("ground", t("Ground"), grounds)
        form.text("answer", t("What the person was told"), long=True, limit=NOTE_LIMIT)
    else:
        form.text("answer", t("Why more time is needed"), long=True, limit=NOTE_LIMIT)
    return form.view(DECISION.name, t(DECISION.title), submit=t("Save"))


async def submit_decision(request: Request) -> Message:
    """Answer, refuse or put off the request."""
    desk, request_id, version = request.desk, UUID(request.private["q"]), request.private["v"]
    answer = request.one("answer").strip()
    match request.one("act"):
        case "refused":
            ground = request.one("ground")
            result = await requests.refuse_request(desk, request_id, version, ground=ground, answer=answer)
        case "extended":
            result = await requests.extend_request(desk, request_id, version, why=answer)
        case _:
            proof = request.one("proof")
            result = await requests.answer_request(desk, request_id, version, proof=proof, answer=answer)
    return request_changed(request.t, result)


DECISION = Form(
    name="decide_request",
    right="answer_request",
    title=_("Decide a request"),
    build=build_decision,
    submit=submit_decision,
    main="act",
    fields={
        "request_unproven": "proof",
        "request_ground": "ground",
        "request_answer_missing": "answer",
        "note_too_long": "answer",
    },
    about="q",
)
"""What compliance decides about a request."""

"""The forms for legal holds, and for how long records are kept."""

from datetime import date

from desk.core.vocabulary import NOTE_LIMIT
from desk.loans.holds import place_hold
from desk.retention import policies
from desk.rules.retention import KINDS, LONGEST_MONTHS
from handlers.door.request import Request
from handlers.forms.fields import LOAN_REFUSALS, loan_of, start_form
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.retention import hold_changed, period_words, policy_changed


async def build_hold(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the loan, why, and the last day. `l` in `private` names the loan."""
    t = request.t
    form, _chosen = await start_form(request, private, typed, live=False)
    form.small(t("Nothing of the borrower of this loan is deleted while the hold is in force."))
    form.text("why", t("Reason"), long=True, limit=NOTE_LIMIT)
    form.day("until", t("Last day"), optional=True, hint=t("Without one it lasts until you lift it."))
    return form.view(HOLD.name, t(HOLD.title), submit=t("Save"))


async def submit_hold(request: Request) -> Message:
    """Place the hold."""
    until = request.one("until")
    result = await place_hold(
        request.desk,
        loan=loan_of(request),
        why=request.one("why").strip(),
        until=date.fromisoformat(until) if until else None,
    )
    return hold_changed(request.t, result)


HOLD = Form(
    name="legal_hold",
    right="keep_holds",
    title=_("Legal hold"),
    build=build_hold,
    submit=submit_hold,
    main="why",
    fields={**LOAN_REFUSALS, "hold_past": "until", "hold_too_long": "until"},
)
"""A legal hold on a loan."""


async def build_policy(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: the kind of record, how long it is kept now, and for how many months it is to be."""
    t = request.t
    now = await policies.policies(request.desk)
    numbers = dict(now.numbers)
    code = str(typed.get("kind", "")) or next(iter(KINDS))
    period = next((each for each in now.periods if each.kind.code == code), now.periods[0])
    carried = {**private, "v": private["v"] if private.get("of") == code else numbers.get(code, 0), "of": code}
    form = FormWriter(t, carried, {"kind": code, **typed})
    form.choice("kind", t("Records"), [Option(each.word(t.language), each.code) for each in KINDS.values()], live=True)
    form.small(t("Now: {period}", period=period_words(t, period)))
    if period.floor is not None:
        least = t.n("{n} month", "{n} months", period.floor.months)
        form.small(t("Not shorter than {months}: {source}", months=least, source=period.floor.source))
    form.number(
        "months",
        t("Months kept"),
        low=1,
        high=LONGEST_MONTHS,
        optional=True,
        hint=t("Leave empty for what the desk has set: {period}.", period=_usual(request, code)),
    )
    return form.view(POLICY.name, t(POLICY.title), submit=t("Save"))


async def submit_policy(request: Request) -> Message:
    """Change the period."""
    months = request.one("months")
    number = int(request.private.get("v", 0))
    result = await policies.change_policy(request.desk, request.one("kind"), int(months) if months else None, number)
    return policy_changed(request.t, result)


def _usual(request: Request, code: str) -> str:
    months = KINDS[code].months if code in KINDS else None
    return request.t("as long as the loan") if months is None else request.t.n("{n} month", "{n} months", months)


POLICY = Form(
    name="retention",
    right="change_retention",
    title=_("Retention"),
    build=build_policy,
    submit=submit_policy,
    main="months",
    fields={"kind_unknown": "kind"},
)
"""How long a kind of record is kept."""

"""The form for handing over loans: one, a selection, or all of a member's; to one member, one each, or balanced over a team."""

from collections.abc import Sequence
from uuid import UUID

from desk.core.errors import DeskError, NotAllowed, NotFound
from desk.core.values import PersonRef
from desk.core.vocabulary import NOTE_LIMIT
from desk.handover import plans
from desk.handover.planned import EACH, How, PlanRequest
from desk.handover.units import Unit, picked_loans, require_may_take_all, units_of
from desk.loans.lists import LoanRow, loan_rows
from desk.people.members import find_member
from desk.people.team import team_names
from handlers.door.request import Request
from handlers.forms.fields import LOANS, loan_option
from handlers.forms.form import Form, field
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.handover import plan
from handlers.messages.refusals.refusals import explain
from storage.tables import Member

PICKED = 50
"""The most loans that can be picked one by one."""

_EACH = "to_"
"""Prefix of the names of the fields for one loan's new owner; the loan's id follows."""

_ABOUT_WHOM = frozenset({"person_missing", "same_person", "already_owner", "cannot_take_calls", "account_lost"})
"""Refusals about the new owner: in the form for one member, shown beside that field."""


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form: what is handed over, and to whom. `l` in `private` names a loan."""
    t = request.t
    typed = {"loans": (str(private["l"]),) if "l" in private else (), "how": "one", **typed}
    form = FormWriter(t, private, typed)
    picked = await _picked_rows(request, typed)
    form.person("from", t("Reassign from"), optional=True, live=True)
    form.searches(
        "loans",
        t("Only these loans"),
        LOANS,
        chosen=[loan_option(t, row.number, row.name, row.tail) for row in picked],
        most=PICKED,
        optional=True,
        live=True,
        hint=t("Leave empty to reassign all their loans and follow-ups."),
        placeholder=t("Name, pinyin, loan number or last four digits of the phone"),
    )
    hows = [Option(t("All to one member"), "one"), Option(t("A member for each loan"), "each")]
    if await team_names(request.desk):
        hows.append(Option(t("Spread evenly across a team"), "balanced"))
    form.choice("how", t("How to reassign"), hows, live=True)
    units: Sequence[Unit] = ()
    try:
        units = await _units(request, typed, picked)
    except NotAllowed as refused:
        for paragraph in explain(t, refused, request.zone):
            form.line(paragraph)
        picked = ()
    await _targets(request, form, typed, units, picked)
    form.text("why", t("Reason"), optional=True, long=True, limit=NOTE_LIMIT)
    return form.view(FORM.name, t(FORM.title), submit=t("Preview"))


async def submit(request: Request) -> Message:
    """Show what would be handed over; a button then carries it out."""
    with field("loans"):
        picked = await picked_loans(request.desk, request.several("loans"))
    outgoing, to = await _member(request, "from"), await _member(request, "to")
    how = _how(request.one("how"))
    each = {
        UUID(name.removeprefix(_EACH)): await _member(request, name) for name in request.typed if name.startswith(_EACH)
    }
    wanted = PlanRequest(
        how=how,
        from_id=outgoing.id if outgoing else None,
        loan_ids=tuple(sorted(loan.id for loan in picked)),
        to_id=to.id if to else None,
        team_id=UUID(request.one("team")) if request.one("team") else None,
        each={loan_id: member.id for loan_id, member in each.items() if member is not None},
        why=request.one("why"),
    )
    try:
        return plan(request.t, await plans.preview(request.desk, wanted), request.zone)
    except DeskError as error:
        if how == "one" and error.code in _ABOUT_WHOM:
            error.params["field"] = "to"
        raise


async def _targets(
    request: Request, form: FormWriter, typed: Typed, units: Sequence[Unit], picked: Sequence[LoanRow]
) -> None:
    t = request.t
    match _how(str(typed["how"])):
        case "one":
            form.person("to", t("Reassign to"), optional=True)
        case "balanced":
            form.choice(
                "team", t("Across which team"), [Option(name, str(key)) for key, name in await team_names(request.desk)]
            )
        case "each":
            await _one_each(request, form, units, picked)


async def _one_each(request: Request, form: FormWriter, units: Sequence[Unit], picked: Sequence[LoanRow]) -> None:
    t = request.t
    if len(units) > EACH:
        form.line(t("{count} loans are too many to assign one by one.", count=len(units)))
        form.line(t("Choose up to {limit}, or spread them across a team.", limit=EACH))
        return
    for row in picked or await loan_rows(request.desk, [unit.loan for unit in units]):
        label = t("{loan} goes to", loan=f"{row.number} {row.name}")
        form.person(f"{_EACH}{row.id.hex}", label, optional=True)


async def _picked_rows(request: Request, typed: Typed) -> Sequence[LoanRow]:
    numbers = typed.get("loans", ())
    numbers = (numbers,) if isinstance(numbers, str) else numbers
    return await loan_rows(request.desk, await picked_loans(request.desk, numbers)) if numbers else ()


async def _units(request: Request, typed: Typed, picked: Sequence[LoanRow]) -> Sequence[Unit]:
    """Return what is to be handed over as far as it is chosen. Raises NotAllowed as the preview does."""
    if picked:
        return await units_of(request.desk, from_id=None, loan_ids=sorted(row.id for row in picked))
    slack_id = str(typed.get("from", ""))
    if not slack_id:
        return ()
    try:
        member = await find_member(request.desk, PersonRef(slack_id=slack_id))
    except NotFound:
        return ()
    if _how(str(typed["how"])) != "each":  # only a form for each loan shows them, and a member may have thousands
        await require_may_take_all(request.desk, member)
        return ()
    return await units_of(request.desk, from_id=member.id, loan_ids=())


async def _member(request: Request, name: str) -> Member | None:
    slack_id = request.one(name)
    if not slack_id:
        return None
    with field(name):
        return await find_member(request.desk, PersonRef(slack_id=slack_id))


def _how(code: str) -> How:
    return "each" if code == "each" else "balanced" if code == "balanced" else "one"


FORM = Form(
    name="reassign",
    right="reassign",
    title=_("Reassign"),
    build=build,
    submit=submit,
    main="how",
    fields={
        "nothing_chosen": "from",
        "nothing_to_hand_over": "from",
        "role_missing": "from",
        "others_may_act": "loans",
        "unknown_loan": "loans",
        "note_too_long": "why",
    },
)
"""`/loan-reassign` with the mouse."""

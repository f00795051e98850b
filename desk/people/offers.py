"""What a member is offered: a form, a Home and a card have buttons only for what their reader may do."""

from dataclasses import replace
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.permissions import Relation, allows, has_role_for, roles_of
from desk.core.transaction import Desk
from desk.people.members import manages
from desk.rules.queues import QueueKind
from storage.tables import Member


@dataclass(frozen=True, slots=True)
class Offers:
    """Whether a member may do each of these acts, of those in `desk/data/permissions.toml`."""

    log_call: bool
    assign_phone_call: bool
    plan_follow_up: bool
    plan_offered: bool
    request_documents: bool
    change_documents: bool
    send_file: bool
    open_inquiry: bool
    add_note: bool
    record_payment: bool
    change_schedule: bool
    pause_repayment: bool
    book_appointment: bool
    enter_step: bool
    change_step: bool
    see_playbook: bool
    edit_playbook: bool
    change_cadence: bool
    change_stage: bool
    edit_loan: bool
    reassign: bool
    raise_escalation: bool
    take_escalation: bool
    change_stage_rules: bool
    see_audit: bool
    export_case: bool
    change_compliance: bool
    export_proof: bool
    keep_holds: bool
    change_retention: bool
    choose_contact_rules: bool
    enter_contact_state: bool
    enter_request: bool
    answer_request: bool
    import_file: bool


_NEEDS_PAGE = frozenset({"send_file", "export_case", "export_proof"})
"""What ends at the desk's page of files: without one it would be refused."""


def offers_to(desk: Desk) -> Offers:
    """Return what the roles of the acting member allow, on anything at all, as far as this desk can do it."""
    there = {act for act in Offers.__dataclass_fields__ if desk.files is not None or act not in _NEEDS_PAGE}
    return Offers(**{act: act in there and has_role_for(desk.member, act) for act in Offers.__dataclass_fields__})


def may_export(desk: Desk) -> bool:
    """Return whether the acting member may have lists as files, and the desk keeps files."""
    return desk.files is not None and has_role_for(desk.member, "export_list")


async def offers_on(desk: Desk, owner_id: UUID | None) -> Offers:
    """Return what the acting member may do on a loan of that owner, which they see. Only for who may manage others is read
    whether they manage the owner: they also see loans as a cover, in their own team, or because they hold a call."""
    member = desk.member
    related: set[Relation] = set()
    if owner_id is None or owner_id == member.id:
        related = {"unowned"} if owner_id is None else {"own"}
    elif allows(member, "reassign", {"managed"}) and await manages(desk, await desk.session.get_one(Member, owner_id)):
        related = {"managed"}
    seen_widely: set[Relation] = {"managed"} if desk.workspace.managers_see_all and owner_id else set()
    offers = offers_to(desk)
    return replace(
        offers,
        edit_loan=allows(member, "edit_loan", related),
        reassign=allows(member, "reassign", related | seen_widely),
        see_audit=allows(member, "see_audit", related),
        export_case=offers.export_case and allows(member, "export_case", related),
    )


def queues_for(member: Member, *, in_arrears: bool, checks: bool) -> tuple[QueueKind, ...]:
    """Return the queues whose next call a member's Home offers: that of arrears to collectors and managers, and to who has
    borrowers `in_arrears`; that of checks to verifiers, and to who has `checks` to make."""
    if not has_role_for(member, "take_next_call"):
        return ()
    roles = roles_of(member)
    offered: dict[QueueKind, bool] = {
        "arrears": in_arrears or not roles.isdisjoint({"collector", "manager"}),
        "checks": checks or "verifier" in roles,
    }
    return tuple(kind for kind, is_offered in offered.items() if is_offered)


def queues_of(member: Member) -> tuple[QueueKind, ...]:
    """Return the queues from which a member's next call comes if they name none: that of checks for verifiers, that of arrears
    for all others, both for who is both, arrears first."""
    roles = roles_of(member)
    others = not roles.isdisjoint({"agent", "collector", "manager"})
    return (
        ("arrears", "checks")
        if others and "verifier" in roles
        else ("checks",)
        if "verifier" in roles
        else ("arrears",)
    )

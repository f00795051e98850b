"""Removing a member: the loans and open follow-ups go to another."""

from desk.core.changes import offer_undo, track
from desk.core.permissions import require_role, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import allow_partial_undo
from desk.handover.reassigning import hand_over_all
from desk.people.team import MemberChanged, require_may_change_roles, require_other_admin, view_of
from storage.engine.types import new_id
from storage.queries.messages import homes
from storage.tables import Member

allow_partial_undo("remove_member")


async def remove_member(desk: Desk, member: Member, to: Member) -> MemberChanged:
    """End a membership, and hand the member's loans and open follow-ups over to `to`.

    Raises NotAllowed (`role_missing`, `admin_only`), Invalid (`same_person`, `last_admin`, `cannot_take_calls`).
    """
    require_role(desk, "remove_member")
    require_may_change_roles(desk, roles_of(member))
    await require_other_admin(desk, member)
    undo_id = new_id()
    moved = await hand_over_all(desk, member, to, undo_id=undo_id)
    track(desk, member)
    member.removed_at, member.next_digest_at = desk.now, None
    await homes.request_check(desk.session, member.id, desk.now)
    desk.audit("remove_member", subject_id=member.id, to=str(to.id))
    await desk.session.flush()
    return MemberChanged(
        member=await view_of(desk, member),
        undo_id=offer_undo(desk, "remove_member", undo_id=undo_id),
        moved=moved.follow_ups,
        loans=moved.loans,
        acting=to.slack_user_id,
    )

"""Appointments on a day that is declared a day off: who attends one hears it once, and the message follows the calendar."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.follow_ups.appointment_messages import day_off_key
from desk.follow_ups.appointments import BATCH, is_on_day_off
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.members import stand_ins_for, today_of
from storage.queries.follow_ups import appointments
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import CalendarOverride

_FARTHEST = timedelta(hours=15)
"""How far a day of a time zone reaches beyond the same day in UTC, and the hour by which a reminder comes before."""


@recomputes_after(CalendarOverride)
async def point_out_days_off(desk: Desk, rows: Sequence[CalendarOverride]) -> bool:
    """Tell who attends an appointment on one of these days that it is a day off now. A working day changes what was said."""
    for row in rows:
        midnight = datetime.combine(row.day, time(), UTC)
        start, end = midnight - _FARTHEST, midnight + timedelta(days=1) + _FARTHEST
        near = await appointments.to_remind_between(desk.session, desk.workspace.id, start, end, limit=BATCH)
        attending = await members.by_ids(desk.session, {each.member_id for each in near})
        stand_ins = await stand_ins_for(desk, attending.values())
        told = await notices.ids_of_keys(desk.session, desk.workspace.id, [day_off_key(each) for each in near])
        await notices.touch(desk.session, told.values(), desk.now)
        for each in near:
            member = attending[each.member_id]
            if not await is_on_day_off(desk, each, member):
                continue
            await queue_notice(
                desk,
                kind=kinds.APPOINTMENT_ON_DAY_OFF,
                key=day_off_key(each),
                to=stand_ins.acting(member, today_of(desk, member)),
                about_loan_id=each.loan_id,
                about_member_id=member.id,
                facts={"appointment": str(each.id)},
            )
    return False

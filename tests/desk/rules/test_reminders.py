"""When a follow-up is reminded of and escalated, which warnings its time gets, and which snoozes are offered."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.core.values import Due
from desk.rules.calendar import Calendar
from desk.rules.hours import WorkingHours
from desk.rules.reminders import (
    ContactHours,
    Schedule,
    ScheduleWarning,
    next_fitting_minute,
    reschedule,
    reschedule_reminder_after_snooze,
    schedule,
    snooze_options,
)
from tests.desk.rules.times import (
    AROUND_THE_CLOCK,
    CHINA,
    NEW_YORK,
    NINE_TO_SIX,
    NO_HOLIDAYS,
    SHANGHAI,
    SIX_DAYS,
    at,
    day,
    instants,
    wall_clock,
    working_hours,
)

NOW = "2026-11-25 10:00"
CONTACT = ContactHours(zone=SHANGHAI)


def minute(text: str, hours: WorkingHours = NINE_TO_SIX, calendar: Calendar = CHINA) -> Schedule:
    """Return the schedule of a follow-up agreed for a minute on the borrower's clock in Shanghai."""
    return schedule(Due(day(text[:10]), at(text)), at(NOW), hours, calendar, CONTACT)


def dated(text: str, *, now: str = NOW, hours: WorkingHours = NINE_TO_SIX, calendar: Calendar = CHINA) -> Schedule:
    """Return the schedule of a follow-up agreed for a date alone."""
    return schedule(Due(day(text)), at(now), hours, calendar, CONTACT)


def kinds(plan: Schedule) -> list[str]:
    return [warning.kind for warning in plan.warnings]


# With a time


def test_a_timed_follow_up_is_reminded_of_and_late_at_its_minute():
    plan = minute("2026-11-26 15:00")
    assert wall_clock(plan.remind_at) == wall_clock(plan.late_at) == wall_clock(plan.due_at) == "2026-11-26 15:00"
    assert plan.warnings == ()
    assert plan.suggestion is None


def test_a_timed_follow_up_escalates_four_working_hours_after_its_reminder():
    assert wall_clock(minute("2026-11-26 10:00").escalate_at) == "2026-11-26 14:00"
    assert wall_clock(minute("2026-11-26 16:00").escalate_at) == "2026-11-27 11:00"
    assert wall_clock(minute("2026-11-27 14:30").escalate_at) == "2026-11-30 09:30"


def test_a_lender_may_escalate_sooner():
    due = Due(day("2026-11-26"), at("2026-11-26 10:00"))
    plan = schedule(due, at(NOW), NINE_TO_SIX, CHINA, CONTACT, timedelta(minutes=90))
    assert wall_clock(plan.escalate_at) == "2026-11-26 11:30"


def test_an_evening_call_is_reminded_of_in_the_evening_with_a_warning_and_the_next_morning_on_offer():
    plan = minute("2026-11-25 20:00")
    assert wall_clock(plan.remind_at) == "2026-11-25 20:00"
    assert plan.warnings == (ScheduleWarning("outside_working_hours"),)
    assert wall_clock(plan.suggestion) == "2026-11-26 09:00"
    assert wall_clock(plan.escalate_at) == "2026-11-26 13:00"


def test_the_minute_at_which_work_ends_is_outside_working_hours():
    assert kinds(minute("2026-11-26 18:00")) == ["outside_working_hours"]
    assert kinds(minute("2026-11-26 17:59")) == []
    assert kinds(minute("2026-11-26 09:00")) == []


def test_a_call_early_on_the_day_is_offered_the_start_of_work():
    plan = minute("2026-11-26 08:30")
    assert kinds(plan) == ["outside_working_hours"]
    assert wall_clock(plan.suggestion) == "2026-11-26 09:00"


def test_a_time_on_a_saturday_stays_there_with_a_warning():
    plan = minute("2026-11-28 10:00")
    assert wall_clock(plan.remind_at) == "2026-11-28 10:00"
    assert plan.warnings == (ScheduleWarning("day_off"),)
    assert wall_clock(plan.suggestion) == "2026-11-30 09:00"


def test_a_time_on_a_holiday_is_called_a_holiday():
    plan = schedule(Due(day("2026-10-01"), at("2026-10-01 10:00")), at("2026-09-28 10:00"), NINE_TO_SIX, CHINA, CONTACT)
    assert kinds(plan) == ["holiday"]
    assert wall_clock(plan.suggestion) == "2026-10-08 09:00"


def test_a_time_on_a_make_up_saturday_is_like_any_other():
    plan = schedule(Due(day("2026-10-10"), at("2026-10-10 10:00")), at("2026-09-28 10:00"), NINE_TO_SIX, CHINA, CONTACT)
    assert plan.warnings == ()


def test_a_time_at_which_borrowers_may_not_be_called_is_warned_of_even_when_it_is_working_time():
    plan = minute("2026-11-25 23:00", AROUND_THE_CLOCK, NO_HOLIDAYS)
    assert kinds(plan) == ["outside_contact_hours"]
    assert wall_clock(plan.remind_at) == "2026-11-25 23:00"
    assert wall_clock(plan.suggestion) == "2026-11-26 08:00"


def test_both_warnings_apply_late_at_night():
    assert kinds(minute("2026-11-25 22:00")) == ["outside_working_hours", "outside_contact_hours"]
    assert kinds(minute("2026-11-25 21:59")) == ["outside_working_hours"]


def test_contact_hours_are_those_of_the_borrowers_clock():
    new_yorker = working_hours(8, 18, NEW_YORK)
    due = Due(day("2026-11-27"), at("2026-11-26 15:00", NEW_YORK))
    plan = schedule(due, at(NOW), new_yorker, NO_HOLIDAYS, CONTACT)
    assert kinds(plan) == ["outside_contact_hours"]
    assert wall_clock(plan.suggestion, NEW_YORK) == "2026-11-27 08:00"
    assert wall_clock(plan.suggestion) == "2026-11-27 21:00"


def test_the_suggestion_suits_both_clocks():
    late_in_new_york = working_hours(9, 20, NEW_YORK)
    fitting = next_fitting_minute(at("2026-11-26 09:00", NEW_YORK), late_in_new_york, NO_HOLIDAYS, CONTACT)
    assert wall_clock(fitting) == "2026-11-27 08:00"
    assert wall_clock(fitting, NEW_YORK) == "2026-11-26 19:00"


def test_nothing_is_suggested_when_no_minute_ever_suits():
    night_worker = working_hours(23, 24, SHANGHAI)
    plan = minute("2026-11-26 23:00", night_worker)
    assert kinds(plan) == ["outside_contact_hours"]
    assert plan.suggestion is None


def test_contact_hours_may_last_to_midnight_but_not_beyond():
    assert ContactHours(time(8), time(0), SHANGHAI).allow(at("2026-11-25 23:59"))
    with pytest.raises(Invalid, match="contact_hours"):
        ContactHours(time(22), time(8))


# With a date alone


def test_a_date_is_reminded_of_at_the_start_of_work_and_overdue_after_its_end():
    plan = dated("2026-11-26")
    assert plan.due_at is None
    assert plan.due_on == plan.counts_on == day("2026-11-26")
    assert wall_clock(plan.remind_at) == "2026-11-26 09:00"
    assert wall_clock(plan.late_at) == "2026-11-26 18:00"
    assert plan.warnings == ()


def test_a_date_alone_escalates_four_working_hours_after_its_workday():
    assert wall_clock(dated("2026-11-26").escalate_at) == "2026-11-27 13:00"
    assert wall_clock(dated("2026-11-27").escalate_at) == "2026-11-30 13:00"


@pytest.mark.parametrize("now", ["2026-11-25 00:01", "2026-11-25 07:00", "2026-11-25 10:00", "2026-11-25 15:59"])
def test_for_today_the_reminder_comes_two_hours_before_the_end_of_work(now: str):
    assert wall_clock(dated("2026-11-25", now=now).remind_at) == "2026-11-25 16:00"


@pytest.mark.parametrize("now", ["2026-11-25 16:00", "2026-11-25 17:59"])
def test_within_those_two_hours_it_comes_at_the_end_of_work(now: str):
    plan = dated("2026-11-25", now=now)
    assert wall_clock(plan.remind_at) == wall_clock(plan.late_at) == "2026-11-25 18:00"
    assert wall_clock(plan.escalate_at) == "2026-11-26 13:00"


@pytest.mark.parametrize("now", ["2026-11-25 18:00", "2026-11-25 23:00"])
def test_after_work_today_is_refused_and_the_next_working_day_offered(now: str):
    with pytest.raises(Invalid) as refusal:
        dated("2026-11-25", now=now)
    assert refusal.value.code == "due_after_work"
    assert refusal.value.params == {"given": day("2026-11-25"), "nearest": (day("2026-11-26"),)}


def test_after_work_on_a_friday_monday_is_offered():
    with pytest.raises(Invalid) as refusal:
        dated("2026-11-27", now="2026-11-27 19:00")
    assert refusal.value.params["nearest"] == (day("2026-11-30"),)


def test_a_date_that_is_over_in_the_assignees_zone_is_refused_with_their_today():
    with pytest.raises(Invalid) as refusal:
        dated("2026-11-24", now="2026-11-25 08:00")
    assert refusal.value.params["nearest"] == (day("2026-11-25"),)


def test_a_short_shift_is_not_reminded_of_before_it_begins():
    short = working_hours(17, 18, SHANGHAI)
    assert wall_clock(dated("2026-11-25", hours=short).remind_at) == "2026-11-25 17:00"


def test_a_saturday_counts_from_monday_and_says_so():
    plan = dated("2026-11-28")
    assert plan.due_on == day("2026-11-28")
    assert plan.counts_on == day("2026-11-30")
    assert plan.warnings == (ScheduleWarning("day_off", moved_to=day("2026-11-30")),)
    assert wall_clock(plan.remind_at) == "2026-11-30 09:00"
    assert wall_clock(plan.late_at) == "2026-11-30 18:00"
    assert wall_clock(plan.escalate_at) == "2026-12-01 13:00"


def test_a_saturday_is_an_ordinary_day_for_a_member_who_works_on_it():
    assert dated("2026-11-28", hours=SIX_DAYS).warnings == ()


def test_a_holiday_counts_from_the_first_day_after_it():
    plan = dated("2026-10-03", now="2026-09-28 10:00")
    assert plan.warnings == (ScheduleWarning("holiday", moved_to=day("2026-10-08")),)
    assert wall_clock(plan.remind_at) == "2026-10-08 09:00"


def test_a_make_up_saturday_counts_as_itself():
    plan = dated("2026-10-10", now="2026-09-28 10:00")
    assert plan.warnings == ()
    assert wall_clock(plan.remind_at) == "2026-10-10 09:00"


def test_today_entered_on_a_day_off_counts_from_the_next_working_morning():
    plan = dated("2026-11-28", now="2026-11-28 20:00")
    assert wall_clock(plan.remind_at) == "2026-11-30 09:00"


def test_new_years_eve_is_followed_by_the_first_working_day_of_the_year():
    plan = dated("2027-01-01", now="2026-12-31 10:00")
    assert plan.warnings == (ScheduleWarning("holiday", moved_to=day("2027-01-04")),)
    assert wall_clock(dated("2026-12-31", now="2026-12-30 10:00").escalate_at) == "2027-01-04 13:00"


def test_a_date_is_one_of_the_assignees_own_zone():
    new_yorker = working_hours(9, 18, NEW_YORK)
    plan = dated("2026-11-26", hours=new_yorker, calendar=NO_HOLIDAYS)
    assert wall_clock(plan.remind_at, NEW_YORK) == "2026-11-26 09:00"
    assert wall_clock(plan.late_at, NEW_YORK) == "2026-11-26 18:00"


def test_the_reminder_keeps_to_the_wall_clock_when_the_clocks_change():
    new_yorker = working_hours(9, 18, NEW_YORK)
    before = dated("2026-10-31", hours=new_yorker, calendar=NO_HOLIDAYS, now="2026-10-28 10:00")
    after = dated("2026-11-01", hours=new_yorker, calendar=NO_HOLIDAYS, now="2026-10-28 10:00")
    assert wall_clock(before.remind_at, NEW_YORK) == "2026-10-31 09:00"
    assert wall_clock(after.remind_at, NEW_YORK) == "2026-11-01 09:00"
    assert after.remind_at is not None
    assert before.remind_at is not None
    assert after.remind_at - before.remind_at == timedelta(hours=25)


def test_around_the_clock_a_date_is_reminded_of_at_nine_and_overdue_at_midnight():
    plan = dated("2026-11-26", hours=AROUND_THE_CLOCK, calendar=NO_HOLIDAYS)
    assert wall_clock(plan.remind_at) == "2026-11-26 09:00"
    assert wall_clock(plan.late_at) == "2026-11-27 00:00"
    assert wall_clock(dated("2026-11-25", hours=AROUND_THE_CLOCK, calendar=NO_HOLIDAYS).remind_at) == "2026-11-25 22:00"


# Rescheduling


def again(due: Due, now: str, *, entered: str = NOW, hours: WorkingHours = NINE_TO_SIX) -> Schedule:
    return reschedule(due, at(entered), at(now), hours, CHINA, CONTACT)


def test_a_future_reminder_moves_to_the_new_hours():
    later = working_hours(12, 20, SHANGHAI)
    assert wall_clock(again(Due(day("2026-11-27")), "2026-11-26 10:00", hours=later).remind_at) == "2026-11-27 12:00"


def test_a_date_entered_for_today_keeps_its_afternoon_reminder():
    assert wall_clock(again(Due(day("2026-11-25")), "2026-11-25 11:00").remind_at) == "2026-11-25 16:00"


def test_a_date_already_reminded_of_is_sent_to_the_new_assignee_at_once_and_escalates_as_planned():
    plan = again(Due(day("2026-11-26")), "2026-11-26 11:00")
    assert wall_clock(plan.remind_at) == "2026-11-26 11:00"
    assert wall_clock(plan.late_at) == "2026-11-26 18:00"
    assert wall_clock(plan.escalate_at) == "2026-11-27 13:00"


def test_a_late_date_handed_over_in_the_evening_waits_for_the_morning_and_gives_four_hours():
    plan = again(Due(day("2026-11-23")), "2026-11-25 20:00", entered="2026-11-20 10:00")
    assert wall_clock(plan.remind_at) == "2026-11-26 09:00"
    assert wall_clock(plan.escalate_at) == "2026-11-26 13:00"


def test_a_time_that_has_just_passed_is_said_at_once_even_in_the_evening():
    plan = again(Due(day("2026-11-25"), at("2026-11-25 20:00")), "2026-11-25 20:05")
    assert wall_clock(plan.remind_at) == "2026-11-25 20:05"
    assert wall_clock(plan.escalate_at) == "2026-11-26 13:00"


def test_a_time_of_an_earlier_day_waits_for_work():
    plan = again(Due(day("2026-11-24"), at("2026-11-24 15:00")), "2026-11-25 20:00", entered="2026-11-20 10:00")
    assert wall_clock(plan.remind_at) == "2026-11-26 09:00"
    assert wall_clock(plan.late_at) == "2026-11-24 15:00"


# Snoozing


def snoozes(now: str, hours: WorkingHours = NINE_TO_SIX, calendar: Calendar = CHINA) -> list[tuple[str, str]]:
    return [(option.kind, wall_clock(option.until)) for option in snooze_options(at(now), hours, calendar)]


def test_a_quarter_of_an_hour_an_hour_and_tomorrow_are_offered():
    assert snoozes(NOW) == [
        ("quarter", "2026-11-25 10:15"),
        ("hour", "2026-11-25 11:00"),
        ("tomorrow", "2026-11-26 09:00"),
    ]


def test_a_start_of_work_is_offered_too_when_it_is_two_hours_from_nine():
    assert [kind for kind, _ in snoozes(NOW, working_hours(8, 17, SHANGHAI))] == ["quarter", "hour", "tomorrow"]
    assert snoozes(NOW, working_hours(13, 21, SHANGHAI))[2:] == [
        ("tomorrow", "2026-11-26 09:00"),
        ("morning", "2026-11-26 13:00"),
    ]


def test_on_a_friday_tomorrow_is_not_offered():
    assert snoozes("2026-11-27 10:00")[1:] == [("hour", "2026-11-27 11:00"), ("morning", "2026-11-30 09:00")]


def test_before_the_national_week_the_next_working_morning_is_a_week_away():
    assert snoozes("2026-09-30 10:00")[-1] == ("morning", "2026-10-08 09:00")


def test_before_a_make_up_saturday_tomorrow_is_offered():
    assert snoozes("2026-10-09 10:00")[-1] == ("tomorrow", "2026-10-10 09:00")


def test_a_member_who_works_around_the_clock_is_not_reminded_at_midnight():
    assert snoozes(NOW, AROUND_THE_CLOCK, NO_HOLIDAYS)[1:] == [
        ("hour", "2026-11-25 11:00"),
        ("tomorrow", "2026-11-26 09:00"),
    ]


def test_an_hour_is_counted_from_the_minute():
    option = snooze_options(at("2026-11-25 10:00:37"), NINE_TO_SIX, CHINA)[1]
    assert option.until == at("2026-11-25 11:00")


def test_after_a_snooze_the_four_hours_start_again():
    remind_at, escalate_at = reschedule_reminder_after_snooze(at("2026-11-25 16:00"), NINE_TO_SIX, CHINA)
    assert (wall_clock(remind_at), wall_clock(escalate_at)) == ("2026-11-25 16:00", "2026-11-26 11:00")


def test_a_snoozed_date_does_not_escalate_before_its_workday_is_over():
    _, escalate_at = reschedule_reminder_after_snooze(
        at("2026-11-25 11:00"), NINE_TO_SIX, CHINA, end_of_workday=at("2026-11-25 18:00")
    )
    assert wall_clock(escalate_at) == "2026-11-26 13:00"


@given(instants(), st.integers(1, 90), st.sampled_from([NINE_TO_SIX, SIX_DAYS, working_hours(0, 24, NEW_YORK)]))
def test_a_date_is_reminded_of_before_it_is_late_and_late_before_it_escalates(
    now: datetime, ahead: int, hours: WorkingHours
):
    due = Due(now.astimezone(hours.zone).date() + timedelta(days=ahead))
    plan = schedule(due, now, hours, CHINA, CONTACT)
    assert plan.remind_at is not None
    assert plan.escalate_at is not None
    assert now < plan.remind_at <= plan.late_at < plan.escalate_at
    assert plan.counts_on >= plan.due_on


@given(instants(), st.sampled_from([NINE_TO_SIX, SIX_DAYS, working_hours(7, 24, NEW_YORK)]))
def test_a_suggestion_has_no_warning_itself(moment: datetime, hours: WorkingHours):
    plan = schedule(Due(moment.date(), moment), moment, hours, CHINA, CONTACT)
    if not plan.warnings:
        assert plan.suggestion is None
        return
    if plan.suggestion is not None:
        offered = schedule(Due(moment.date(), plan.suggestion), moment, hours, CHINA, CONTACT)
        assert plan.suggestion > moment
        assert offered.warnings == ()

"""What the desk plans by itself: retries, verifications, decisions, instalments, documents, arrears."""

from importlib import resources
from pathlib import Path

import pytest

from desk.core.errors import Invalid
from desk.core.values import Due
from desk.rules.cadence import CADENCE, CadenceError, load_cadence, plan_due, retry_at
from desk.rules.reminders import ContactHours
from tests.desk.rules.times import AROUND_THE_CLOCK, CHINA, NINE_TO_SIX, NO_HOLIDAYS, SHANGHAI, at, day, wall_clock

NOW = "2026-11-25 10:00"
FILE = (resources.files("desk") / "data" / "cadence.toml").read_text("utf-8")


def retry(outcome: str, attempts: int, now: str = NOW) -> str:
    return wall_clock(retry_at(outcome, attempts, at(now), NINE_TO_SIX, CHINA))


@pytest.mark.parametrize("outcome", ["no_answer", "busy", "voicemail"])
def test_an_unanswered_call_is_retried_after_three_working_hours_and_after_the_third_attempt_the_next_morning(
    outcome: str,
):
    assert retry(outcome, 1) == "2026-11-25 13:00"
    assert retry(outcome, 2) == "2026-11-25 13:00"
    assert retry(outcome, 3) == "2026-11-26 09:00"
    assert retry(outcome, 4) == "2026-11-26 09:00"


@pytest.mark.parametrize("outcome", ["unreachable", "wrong_number"])
def test_a_phone_that_is_off_or_wrong_waits_for_the_next_working_morning(outcome: str):
    assert retry(outcome, 1) == "2026-11-26 09:00"
    assert retry(outcome, 1, "2026-11-27 10:00") == "2026-11-30 09:00"


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-11-25 16:00", "2026-11-26 10:00"),
        ("2026-11-25 20:00", "2026-11-26 12:00"),
        ("2026-11-27 17:00", "2026-11-30 11:00"),
        ("2026-09-30 16:00", "2026-10-08 10:00"),
        ("2026-10-09 16:00", "2026-10-10 10:00"),
    ],
)
def test_the_three_hours_count_only_working_time(now: str, again: str):
    assert retry("no_answer", 1, now) == again


def test_a_retry_that_would_fall_on_the_end_of_work_comes_the_next_morning():
    assert retry("busy", 1, "2026-11-25 15:00") == "2026-11-26 09:00"


def test_a_retry_is_on_a_whole_minute():
    assert retry_at("busy", 1, at("2026-11-25 10:00:37"), NINE_TO_SIX, CHINA) == at("2026-11-25 13:00")


def test_a_retry_waits_until_the_borrower_may_be_called():
    again = retry_at(
        "no_answer",
        1,
        at("2026-11-25 20:00"),
        AROUND_THE_CLOCK,
        NO_HOLIDAYS,
        contact=ContactHours(zone=SHANGHAI),
    )
    assert wall_clock(again) == "2026-11-26 08:00"


def test_an_outcome_that_ends_the_follow_up_plans_no_retry():
    with pytest.raises(Invalid, match="no_retry"):
        retry_at("reached", 1, at(NOW), NINE_TO_SIX, CHINA)


def test_an_application_gets_its_identity_verified_the_next_working_morning():
    plan = CADENCE.stage["application"]
    assert (plan.purpose, plan.assignee[0]) == ("identity", "verifier")
    assert plan_due(plan, at(NOW), NINE_TO_SIX, CHINA) == Due(day("2026-11-26"), at("2026-11-26 09:00"))
    assert plan_due(plan, at("2026-09-30 10:00"), NINE_TO_SIX, CHINA).at == at("2026-10-08 09:00")


def test_a_declined_borrower_is_told_the_next_working_morning_unless_that_is_planned_already():
    plan = CADENCE.stage["declined"]
    assert (plan.purpose, plan.assignee, plan.unless_open) == ("decision", ("owner",), True)
    assert plan_due(plan, at("2026-11-27 10:00"), NINE_TO_SIX, CHINA).at == at("2026-11-30 09:00")


def test_no_other_stage_plans_a_follow_up():
    assert set(CADENCE.stage) == {"application", "declined"}


def test_the_owner_of_a_disbursed_loan_reminds_three_working_days_before_the_instalment():
    plan = CADENCE.instalment
    assert (plan.stage, plan.purpose, plan.assignee) == ("disbursed", "repayment", ("owner",))
    due = plan_due(plan, at(NOW), NINE_TO_SIX, CHINA, instalment_on=day("2026-12-15"))
    assert due == Due(day("2026-12-10"))


def test_an_instalment_plan_without_its_date_is_a_programming_error():
    with pytest.raises(ValueError, match="instalment"):
        plan_due(CADENCE.instalment, at(NOW), NINE_TO_SIX, CHINA)


def test_arrears_go_to_the_collector_on_the_first_day_with_work_left():
    plan = CADENCE.arrears
    assert (plan.purpose, plan.assignee) == ("overdue", ("collector", "owner"))
    assert plan_due(plan, at(NOW), NINE_TO_SIX, CHINA) == Due(day("2026-11-25"))
    assert plan_due(plan, at("2026-11-27 18:30"), NINE_TO_SIX, CHINA) == Due(day("2026-11-30"))


def test_documents_without_a_date_are_followed_up_after_two_working_days():
    assert CADENCE.documents.purpose == "documents"
    assert plan_due(CADENCE.documents, at(NOW), NINE_TO_SIX, CHINA).at == at("2026-11-27 09:00")
    assert plan_due(CADENCE.documents, at("2026-11-26 10:00"), NINE_TO_SIX, CHINA).at == at("2026-11-30 09:00")


def test_a_morning_plan_waits_until_the_borrower_may_be_called():
    late_callers = ContactHours(start=at("2026-11-25 10:00").astimezone(SHANGHAI).time())
    due = plan_due(CADENCE.stage["application"], at(NOW), NINE_TO_SIX, CHINA, contact=late_callers)
    assert due.at == at("2026-11-26 10:00")


@pytest.mark.parametrize(
    ("right", "wrong", "entry"),
    [
        ('purpose = "identity"', 'purpose = "idendity"', "stage.application"),
        ('place = "before_instalment"', 'place = "before"', "instalment.place"),
        ("working_days = 3", "working_days = -3", "instalment.working_days"),
        ("working_days = 3", 'days = "3"', "instalment.days"),
        ("working_days = 3", "", "instalment"),
        ('assignee = ["collector", "owner"]', "assignee = []", "arrears.assignee"),
        ('assignee = ["collector", "owner"]', 'assignee = ["boss"]', "arrears.assignee"),
        ('place = "working_day"', 'place = "before_instalment"\nworking_days = 3', "arrears"),
        ("[documents]", "[papers]", "documents"),
        ('stage = "disbursed"', 'stage = "paid_out"', "paid_out"),
        ("[stage.declined]", "[stage.refused]", "refused"),
        ("[arrears]", "[arrears", "cadence.toml"),
    ],
)
def test_an_invalid_file_is_refused_with_its_name_and_the_entry(tmp_path: Path, right: str, wrong: str, entry: str):
    assert right in FILE
    faulty = tmp_path / "cadence.toml"
    faulty.write_text(FILE.replace(right, wrong), "utf-8")
    with pytest.raises(CadenceError) as refusal:
        load_cadence(faulty)
    assert "cadence.toml" in str(refusal.value)
    assert entry in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(CadenceError, match=r"cadence\.toml"):
        load_cadence(tmp_path / "cadence.toml")

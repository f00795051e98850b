"""What the desk plans by itself: retries, verifications, decisions, instalments, documents, arrears."""

import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from desk.core.data_files import DataFileError
from desk.core.errors import Invalid
from desk.core.values import Due
from desk.rules.cadence import CADENCE, load_cadence, with_numbers
from desk.rules.cadence_times import plan_due, retry_at
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


DUE_TIMES = [
    ("inquiry", NOW, "2026-11-25 12:00"),
    ("inquiry", "2026-11-25 16:30", "2026-11-26 09:30"),
    ("inquiry", "2026-11-28 11:00", "2026-11-30 11:00"),
    ("inquiry_again", NOW, "2026-11-27"),
    ("inquiry_again", "2026-11-26 10:00", "2026-11-30"),
    ("application", NOW, "2026-11-26 09:00"),
    ("application", "2026-09-30 10:00", "2026-10-08 09:00"),
    ("application_documents", NOW, "2026-11-27 09:00"),
    ("approved", NOW, "2026-11-25 14:00"),
    ("declined", "2026-11-27 16:00", "2026-11-30 11:00"),
    ("plan", NOW, "2026-11-30"),
    ("satisfaction", NOW, "2026-12-02"),
    ("satisfaction", "2026-11-21 10:00", "2026-11-30"),
    ("arrears", NOW, "2026-11-25"),
    ("arrears", "2026-11-27 18:30", "2026-11-30"),
    ("documents", NOW, "2026-11-27 09:00"),
    ("documents", "2026-11-26 10:00", "2026-11-30 09:00"),
    ("release", NOW, "2026-11-30 09:00"),
]


@pytest.mark.parametrize(("rule", "now", "due"), DUE_TIMES)
def test_a_rule_places_its_call_in_working_time(rule: str, now: str, due: str):
    found = plan_due(CADENCE.rule(rule), at(now), NINE_TO_SIX, CHINA)
    assert (wall_clock(found.at) if found.at else str(found.on)) == due


@pytest.mark.parametrize(
    ("rule", "on", "due"),
    [
        ("instalment", "2026-12-15", "2026-12-10"),
        ("instalment_eve", "2026-12-15", "2026-12-14"),
        ("instalment_eve", "2026-12-14", "2026-12-11"),
        ("instalment", "2026-11-26", "2026-11-25"),
        ("signing", "2026-12-07", "2026-12-04"),
        ("interview", "2026-12-03", "2026-12-02"),
        ("pickup", "2026-12-03", "2026-12-03"),
    ],
)
def test_a_rule_places_its_call_before_a_date(rule: str, on: str, due: str):
    assert plan_due(CADENCE.rule(rule), at(NOW), NINE_TO_SIX, CHINA, on=day(on)) == Due(day(due))


def test_a_time_counts_from_what_the_rule_begins_with_and_a_passed_one_becomes_today():
    since = at("2026-11-24 17:00")
    assert plan_due(CADENCE.rule("approved"), at(NOW), NINE_TO_SIX, CHINA, since=since).at == at("2026-11-25 12:00")
    assert plan_due(CADENCE.rule("inquiry"), at(NOW), NINE_TO_SIX, CHINA, since=since) == Due(day("2026-11-25"))


def test_a_rule_of_a_date_without_it_is_a_programming_error():
    with pytest.raises(ValueError, match="instalment"):
        plan_due(CADENCE.rule("instalment"), at(NOW), NINE_TO_SIX, CHINA)


def test_a_morning_plan_waits_until_the_borrower_may_be_called():
    late_callers = ContactHours(start=at("2026-11-25 10:00").astimezone(SHANGHAI).time())
    due = plan_due(CADENCE.rule("application"), at(NOW), NINE_TO_SIX, CHINA, contact=late_callers)
    assert due.at == at("2026-11-26 10:00")


@pytest.mark.parametrize(
    ("days", "rule", "first"),
    [
        (0, "arrears", "collector"),
        (30, "arrears", "collector"),
        (31, "arrears_m2", "collector"),
        (61, "arrears_m3", "manager"),
    ],
)
def test_days_past_due_decide_which_rule_of_arrears_applies(days: int, rule: str, first: str):
    found = CADENCE.of_arrears(days)
    assert found is not None
    assert (found.code, found.assignee[0]) == (rule, first)


@pytest.mark.parametrize(
    ("numbers", "first_days"),
    [
        ({}, (0, 31, 61)),
        ({"arrears.buckets": {"1–29": 1, "30–59": 30, "60–89": 60, "90–119": 90, "120+": 120}}, (0, 30, 60)),
        ({"arrears.buckets": {"M1": 1, "early": 8, "M2": 15, "M3": 30}}, (0, 15, 30)),
        ({"arrears.buckets": {"all": 1, "rest": 40}}, (0, 40, None)),
        ({"arrears_m2": {"bucket": 4}, "arrears_m3": {"enabled": 0}}, (0, 91, 61)),
        ({"arrears_m2": {"days_past_due": 45}}, (0, 31, 61)),
        ({"arrears.buckets": {"a": 1, "b": 10}, "arrears_m3": {"days_past_due": 9}}, (0, 10, 0)),
    ],
)
def test_rules_of_arrears_begin_with_a_bucket_of_the_workspace(
    numbers: dict[str, dict[str, int]], first_days: tuple[int | None, ...]
):
    rules = [rule for rule in with_numbers(numbers).rules if rule.bucket is not None]
    assert tuple(rule.days_past_due if rule.reached else None for rule in rules) == first_days


def test_of_rules_that_begin_with_one_bucket_the_later_in_the_file_applies():
    own = with_numbers({"arrears_m2": {"bucket": 1}})
    assert [getattr(own.of_arrears(days), "code", None) for days in (0, 30, 61)] == [
        "arrears_m2",
        "arrears_m2",
        "arrears_m3",
    ]


def test_the_lien_is_released_only_after_a_payout():
    assert [rule.code for rule in CADENCE.of_stage("closed", "disbursed")] == ["release"]
    assert CADENCE.of_stage("closed", "inquiry") == ()


def test_a_rule_says_why_in_both_languages_with_its_numbers():
    assert CADENCE.rule("inquiry").why("en-US") == "an inquiry is answered within 2 working hours"
    assert CADENCE.rule("inquiry").why("zh-CN") == "新咨询须在 2 个工作小时内答复"


def test_a_workspace_replaces_numbers_and_switches_rules_off():
    own = with_numbers({"inquiry": {"working_hours": 3}, "approved": {"enabled": 0}, "gone": {"days": 2}})
    assert own.rule("inquiry").why("en") == "an inquiry is answered within 3 working hours"
    assert own.of_stage("approved") == ()
    assert CADENCE.rule("inquiry").working_hours == 2


FIRST_LINE = {
    name: number for number, line in enumerate(FILE.splitlines(), 1) for name in [line.strip("[]")] if line[:1] == "["
}


@pytest.mark.parametrize(
    ("rule", "right", "wrong", "said"),
    [
        ("inquiry", 'purpose = "conditions"', 'purpose = "conditoins"', "there is no purpose 'conditoins'"),
        ("inquiry", 'stage = "inquiry"', 'stage = "enquiry"', "there is no stage 'enquiry'"),
        ("inquiry", "working_hours = 2", "working_hours = -2", "greater than or equal to 0"),
        ("inquiry", "working_hours = 2", "working_hours = 5000", "less than or equal to 400"),
        ("inquiry", "working_hours = 2", "", "working_hours needs working_hours"),
        ("inquiry", "working_hours = 2", "working_hours = 2\ndays = 1", "working_hours has no days"),
        ("inquiry", "working_hours = 2", "hours = 2", "hours: Unexpected keyword"),
        ("inquiry", 'place = "working_hours"', 'place = "25:00"', "place: Input should be"),
        ("inquiry", 'place = "working_hours"', 'place = "before_date"', "before_date"),
        ("inquiry", "{working_hours:", "{hours:", "names a number that no rule has"),
        ("inquiry", 'assignee = ["owner", "manager"]', "assignee = []", "assignee"),
        ("inquiry", 'assignee = ["owner", "manager"]', 'assignee = ["boss"]', "assignee"),
        ("inquiry_again", 'after = "inquiry"', 'after = "inqiury"', "there is no rule 'inqiury'"),
        ("inquiry_again", 'after = "inquiry"', 'after = "inquiry_last"', "a cycle of rules"),
        ("inquiry_again", 'after = "inquiry"', 'after = "inquiry_again"', "a cycle of rules"),
        ("problem_solved", 'purpose = "feedback"', 'purpose = "problem"', "a cycle of rules"),
        ("inquiry_again", '"refused", "withdrew"', '"refused", "left"', "there is no outcome 'left'"),
        ("release", 'only_from = ["disbursed"', 'only_from = ["paid_out"', "there is no stage 'paid_out'"),
        ("satisfaction", 'counts_from = "pickup"', 'counts_from = "delivery"', "counts_from: Input should be"),
        ("problem_solved", "days = 7", 'days = 7\ncounts_from = "pickup"', "counts_from does not fit"),
        ("instalment", 'date = "instalment"', 'date = "birthday"', "date: Input should be"),
        ("instalment", 'date = "instalment"', 'date = "instalment"\nstate = "arrears"', "exactly one of"),
        ("documents", 'state = "documents"', "", "exactly one of"),
        ("arrears_m2", 'bucket = "M2"', 'bucket = "M9"', "there is no bucket 'M9' in arrears.toml"),
        ("arrears_m2", 'bucket = "M2"', 'bucket = "M0"', "nothing is past due in M0"),
        ("arrears_m2", 'bucket = "M2"', 'bucket = "M1"', "M1 already begins arrears"),
        ("arrears_m2", 'bucket = "M2"', "", "arrears need the bucket"),
        ("arrears_m2", 'bucket = "M2"', 'bucket = "M2"\ndays_past_due = 31', "days_past_due: Unexpected keyword"),
        ("arrears_m2", 'bucket = "M2"', 'bucket = { from = 31, zh = "M2", en = "Mm" }', "there is no bucket"),
        ("plan", "working_days = 3", 'working_days = 3\nbucket = "M2"', "bucket does not fit"),
        ("plan", 'stage = "disbursed"', 'outcome = "paid_off"', "there is no outcome 'paid_off'"),
    ],
)
def test_an_invalid_rule_is_refused_with_file_line_and_entry(
    tmp_path: Path, rule: str, right: str, wrong: str, said: str
):
    start = FILE.index(f"\n[{rule}]\n")
    assert right in FILE[start:]
    faulty = tmp_path / "cadence.toml"
    faulty.write_text(FILE[:start] + FILE[start:].replace(right, wrong, 1), "utf-8")
    with pytest.raises(DataFileError) as refusal:
        load_cadence(faulty)
    text = str(refusal.value)
    at_line = re.match(r"cadence\.toml, line (\d+), \[(\w+)\]: ", text)
    assert at_line is not None, text
    line, entry = int(at_line[1]), at_line[2]
    assert said in text
    if "cycle" not in said:
        assert entry == rule
        assert FIRST_LINE[rule] <= line <= FIRST_LINE[rule] + 14


@pytest.mark.parametrize("n", [1, 2])
def test_a_number_of_a_rule_stands_before_a_word_for_one_or_for_several(n: int):
    for rule in CADENCE.rules:
        words = replace(rule, **dict.fromkeys(rule.numbers, n)).why("en")
        counted = re.findall(rf"\b{n} (?:working )?(day|days|hour|hours)\b", words)
        assert all(word.endswith("s") is (n > 1) for word in counted), words
        assert "(s)" not in words


@pytest.mark.parametrize("text", ["[arrears", "arrears = 3"])
def test_a_file_that_is_no_table_of_rules_is_refused(tmp_path: Path, text: str):
    faulty = tmp_path / "cadence.toml"
    faulty.write_text(text, "utf-8")
    with pytest.raises(DataFileError, match=r"cadence\.toml"):
        load_cadence(faulty)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DataFileError, match=r"cadence\.toml"):
        load_cadence(tmp_path / "cadence.toml")

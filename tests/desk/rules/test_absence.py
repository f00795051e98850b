"""Who acts for an absent member."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.rules.absence import COVER_CHAIN_LIMIT, Absence, acting_member, is_absent
from tests.desk.rules.times import day

TODAY = day("2026-11-25")


def away(cover: str | None = None) -> Absence[str]:
    return Absence(day("2026-11-23"), day("2026-11-27"), cover)


def acting(absences: Mapping[str, Absence[str]], managers: Sequence[str] = ("boss",)) -> str:
    return acting_member("li", absences, managers, TODAY)


@pytest.mark.parametrize(
    ("on", "absent"),
    [("2026-11-22", False), ("2026-11-23", True), ("2026-11-27", True), ("2026-11-28", False)],
)
def test_an_absence_includes_its_first_and_its_last_day(on: str, absent: bool):
    assert is_absent(day(on), day("2026-11-23"), day("2026-11-27")) is absent


def test_an_absence_may_have_one_open_end_but_not_two():
    assert is_absent(TODAY, None, TODAY)
    assert is_absent(TODAY, TODAY, None)
    assert not is_absent(TODAY, None, day("2026-11-24"))
    assert not is_absent(TODAY, None, None)


def test_a_member_at_work_acts_themselves():
    assert acting({}) == "li"
    assert acting({"li": Absence(day("2026-11-26"), day("2026-11-27"), "wang")}) == "li"


def test_the_cover_acts_for_an_absent_member():
    assert acting({"li": away("wang")}) == "wang"


def test_without_a_cover_the_manager_acts():
    assert acting({"li": away()}) == "boss"


def test_an_absent_cover_is_covered_by_their_own_cover():
    assert acting({"li": away("wang"), "wang": away("zhao")}) == "zhao"


def test_an_absent_cover_without_a_cover_leaves_it_to_the_manager():
    assert acting({"li": away("wang"), "wang": away()}) == "boss"


def test_two_absent_members_who_cover_each_other_leave_it_to_the_manager():
    assert acting({"li": away("wang"), "wang": away("li")}) == "boss"
    assert acting({"li": away("li")}) == "boss"


def test_a_chain_of_covers_is_followed_up_to_its_limit():
    chain = ["li", *(f"cover {n}" for n in range(1, COVER_CHAIN_LIMIT + 2))]
    absent = {member: away(cover) for member, cover in pairwise(chain)}
    last = f"cover {COVER_CHAIN_LIMIT}"
    assert acting(absent) == "boss"
    assert acting({member: absence for member, absence in absent.items() if member != last}) == last


def test_an_absent_manager_is_replaced_by_another_or_by_their_cover():
    assert acting({"li": away(), "boss": away()}, ["boss", "second"]) == "second"
    assert acting({"li": away(), "boss": away("wang")}) == "wang"


def test_the_assignee_keeps_it_when_everyone_is_away():
    assert acting({"li": away(), "boss": away()}) == "li"
    assert acting({"li": away()}, []) == "li"


members = st.integers(1, 8)
absences = st.dictionaries(members, st.builds(Absence[int], st.just(TODAY), st.just(TODAY), st.none() | members))


@given(members, absences, st.lists(members, max_size=3))
def test_an_absent_member_never_acts_while_the_assignee_or_a_manager_is_there(
    assignee: int, away_today: dict[int, Absence[int]], managers: list[int]
):
    someone: int = acting_member(assignee, away_today, managers, TODAY)
    if any(member not in away_today for member in (assignee, *managers)):
        assert someone not in away_today
    assert acting_member(assignee, away_today, managers, date(2027, 1, 1)) == assignee

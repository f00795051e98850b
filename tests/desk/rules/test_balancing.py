"""Loans and follow-ups divided over a team."""

from desk.rules.balancing import Load, Weight, balance


def test_each_loan_goes_to_the_member_with_the_fewest_loans_at_that_point() -> None:
    loads = [Load("b", 2, 0, "b"), Load("a", 0, 9, "a"), Load("c", 0, 1, "c")]

    assert balance(loads, [Weight(1, 1)] * 5) == ["c", "a", "c", "a", "b"]


def test_the_name_breaks_ties() -> None:
    loads = [Load("x", 1, 1, "zhang"), Load("y", 1, 1, "li")]

    assert balance(loads, [Weight(1, 0), Weight(1, 0)]) == ["y", "x"]
    assert balance(loads[::-1], [Weight(1, 0), Weight(1, 0)]) == ["y", "x"]


def test_follow_ups_alone_are_balanced_by_open_follow_ups() -> None:
    loads = [Load("a", 0, 5, "a"), Load("b", 7, 1, "b")]

    assert balance(loads, [Weight(0, 1), Weight(0, 3), Weight(0, 1)]) == ["b", "b", "a"]

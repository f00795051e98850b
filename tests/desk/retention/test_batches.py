"""How loans are put together in batches: by how many rows go with them, so that none holds others up for long."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from desk.retention.sweeping import LOANS, MOST_ROWS, groups_of


@given(st.lists(st.integers(0, 2 * MOST_ROWS), max_size=60))
def test_a_batch_has_few_rows_or_one_loan(weights: list[int]) -> None:
    by_loan = {UUID(int=number): weight for number, weight in enumerate(weights)}
    groups = groups_of(by_loan)
    assert [loan for group in groups for loan in group] == sorted(by_loan)
    for group in groups:
        assert 1 <= len(group) <= LOANS
        assert len(group) == 1 or sum(by_loan[loan] for loan in group) <= MOST_ROWS

"""What a conversation with another person than the borrower ends."""

from itertools import product

import pytest

from desk.core.vocabulary import VOCABULARY
from desk.rules.conversations import is_attempt, stands_for_borrower


@pytest.mark.parametrize(
    ("role", "outcome", "purpose", "attempt"),
    [
        ("spouse", "reached", "repayment", True),
        ("spouse", "reached", "overdue", True),
        ("spouse", "reached", "promise", True),
        ("spouse", "reached", "conditions", True),
        ("spouse", "call_back", "repayment", True),
        ("spouse", "promised", "overdue", True),
        ("spouse", "refused", "overdue", True),
        ("spouse", "withdrew", "conditions", True),
        ("referee", "reached", "documents", True),
        ("emergency_contact", "reached", "decision", True),
        ("employer", "reached", "repayment", True),
        ("guarantor", "reached", "documents", True),
        ("guarantor", "reached", "overdue", False),
        ("guarantor", "promised", "overdue", False),
        ("co_borrower", "reached", "documents", False),
        ("co_borrower", "promised", "repayment", False),
        ("spouse", "paid", "repayment", False),
        ("spouse", "part_paid", "overdue", False),
        ("employer", "confirmed", "employer", False),
        ("employer", "reached", "employer", False),
        ("referee", "failed", "identity", False),
        ("spouse", "no_answer", "repayment", False),
        ("spouse", "wrong_number", "repayment", False),
    ],
)
def test_a_word_with_another_person_is_an_attempt_where_the_borrower_is_asked_for(
    role: str, outcome: str, purpose: str, attempt: bool
) -> None:
    found = is_attempt(VOCABULARY.outcome(outcome), VOCABULARY.purpose(purpose), VOCABULARY.related_role(role))
    assert found is attempt


def test_only_those_who_answer_for_the_debt_stand_for_the_borrower() -> None:
    for role, purpose in product(VOCABULARY.related_roles, VOCABULARY.purposes):
        if stands_for_borrower(role, purpose):
            assert role.liable
            assert role.borrows or purpose.kind == "repayment"

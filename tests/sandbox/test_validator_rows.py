"""All rows of Slack's tables of limits: views, blocks, elements and objects.

Each row has an accepted example, and one over the limit that differs in one point and is refused with Slack's error and a
pointer to that point. Limits on time and on the view stack are checked by the tests named in the last table.
"""

from typing import Any

import pytest

from sandbox.validator import Refusal, validate_message, validate_view
from tests.sandbox import test_modals, test_views
from tests.sandbox.payloads import (
    home,
    modal,
    plain,
    section,
    text_input,
)
from tests.sandbox.rows_of_blocks import BLOCKS, Example
from tests.sandbox.rows_of_elements import ELEMENTS

VIEWS: dict[str, list[Example]] = {
    "size: blocks": [(modal(*[section()] * 100), modal(*[section()] * 101), "/view/blocks")],
    "size: bytes": [(modal(*[section("x" * 2400)] * 100), modal(*[section("x" * 2500)] * 100), "view_too_large")],
    "size: title, submit, close": [
        (modal(**{name: plain("x" * 24)}), modal(**{name: plain("x" * 25)}), f"/view/{name}/text")
        for name in ("title", "submit", "close")
    ],
    "size: private_metadata, callback_id, external_id": [
        (modal(**{name: "x" * most}), modal(**{name: "x" * (most + 1)}), f"/view/{name}")
        for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255))
    ],
    "submit": [
        (
            modal(text_input()),
            {name: part for name, part in modal(text_input()).items() if name != "submit"},
            "/view/submit",
        )
    ],
    "never ask for passwords": [
        (modal(text_input("Note")), modal(text_input(label)), "/view/blocks/0/label")
        for label in ("Password", "登录密码")
    ],
    "home": [(home(*[section()] * 100), home(*[section()] * 101), "/view/blocks")],
    "home: no title": [(home(section()), {**home(section()), "title": plain("Home")}, "/view/title")],
}

TESTS_WITH_SEVERAL_CALLS = {
    "trigger_id: three seconds, once": test_views.test_a_trigger_opens_one_view_within_three_seconds,
    "stack of three": test_views.test_the_view_stack_holds_at_most_three_views,
    "push needs a trigger from inside": test_views.test_a_push_needs_a_trigger_from_inside_a_modal,
    "external_id unique": test_views.test_an_external_id_must_be_unique,
    "race guard: hash of an update": test_views.test_an_update_rewrites_the_view_and_changes_its_hash,
    "race guard: hash of the Home": test_views.test_a_stale_hash_never_overwrites_the_published_home,
    "input values kept where ids are": test_views.test_entered_values_are_kept_while_the_ids_stay_the_same,
    "Home tab off": test_views.test_no_home_is_published_for_an_unknown_user_or_without_the_home_tab,
    "options loaded: 100": test_modals.test_options_over_a_limit_are_a_violation,
}
"""The rows that a single payload can't break, and the tests that break them."""

EXAMPLES = [
    pytest.param(*example, id=f"{row} {number}")
    for row, examples in (VIEWS | BLOCKS | ELEMENTS).items()
    for number, example in enumerate(examples, start=1)
]


def validate(example: Any) -> Refusal | None:
    """Validate the blocks of a message or a view, with the app's scopes if the example has some."""
    scopes, payload = example if isinstance(example, tuple) else (frozenset[str](), example)
    if isinstance(payload, dict):
        return validate_view(payload, payload["type"], scopes)
    return validate_message({"text": "x", "blocks": payload}, scopes)


@pytest.mark.parametrize(("accepted", "refused", "where"), EXAMPLES)
def test_each_row_of_slacks_tables_is_enforced(accepted: Any, refused: Any, where: str) -> None:
    if accepted is not None:
        assert validate(accepted) is None
    refusal = validate(refused)
    assert refusal is not None
    if where.startswith("/"):
        assert refusal.error == ("invalid_arguments" if where.startswith("/view") else "invalid_blocks")
        assert any(f"[json-pointer:{where}" in message for message in refusal.messages), refusal.messages
    else:
        assert refusal.error == where


def test_every_row_that_needs_several_calls_has_its_test() -> None:
    assert all(callable(test) for test in TESTS_WITH_SEVERAL_CALLS.values())


def test_an_invalid_date_in_a_messages_text_is_refused() -> None:
    good = "Due <!date^1790000000^{date_short_pretty} {time}|2026-09-21 15:00>"
    assert validate_message({"text": good}) is None
    refusal = validate_message({"text": good.replace("{time}", "{when}")})
    assert refusal is not None
    assert refusal.error == "invalid_arguments"

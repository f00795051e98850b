"""Filling in, submitting and closing modals, and what the app gets."""

import asyncio
import datetime
from typing import Any

import pytest

from sandbox import Modal, NotPossibleError
from tests.sandbox.conftest import App, World
from tests.sandbox.payloads import Json, actions, button, field, modal, option, section, select, text_input
from tests.sandbox.test_views import PAGE, opened, pushed


def answering(app: App, **by_type: Any) -> None:
    """Answer each type of payload with the given answer, and other types with nothing."""

    async def answer(form: Json) -> Any:
        return by_type.get(form.get("type", "command"))

    app.answer = answer


def sent(world: World, kind: str) -> list[Json]:
    return [one for one in world.app.payloads if one.get("type") == kind]


LOG = modal(
    field("Outcome", select("reached", "no_answer") | {"action_id": "outcome"}),
    field("Next call", {"type": "datetimepicker"}, optional=True),
    text_input("Note", "note", multiline=True, optional=True),
    callback_id="log_call",
    private_metadata="L-1042",
    notify_on_close=True,
)


async def test_a_submission_sends_all_values_and_closes_the_modal(world: World) -> None:
    shown = await opened(world, LOG)
    await shown.fill("Outcome", "reached")
    await shown.fill("Next call", datetime.datetime(2026, 11, 25, 15, 0))  # noqa: DTZ001 - in Li's zone
    await shown.fill("Note", "Will pay")
    result = await shown.submit()
    assert (result.status, result.error, result.errors) == (200, "", {})
    assert shown.closed
    (payload,) = sent(world, "view_submission")
    view = payload["view"]
    assert (view["callback_id"], view["private_metadata"]) == ("log_call", "L-1042")
    assert payload["response_urls"] == []
    assert view["state"]["values"] == {
        "Outcome": {"outcome": {"type": "static_select", "selected_option": option("reached")}},
        "Next call": {"Next call_in": {"type": "datetimepicker", "selected_date_time": 1795590000}},
        "note": {"note_in": {"type": "plain_text_input", "value": "Will pay"}},
    }
    assert sent(world, "block_actions") == sent(world, "view_closed") == []


@pytest.mark.parametrize(
    ("element", "choice", "state"),
    [
        ({"type": "number_input", "is_decimal_allowed": False}, 12, {"value": "12"}),
        ({"type": "datepicker"}, datetime.date(2026, 11, 26), {"selected_date": "2026-11-26"}),
        ({"type": "timepicker"}, datetime.time(9, 30), {"selected_time": "09:30"}),
        ({"type": "checkboxes", "options": [option("a"), option("b")]}, ["b"], {"selected_options": [option("b")]}),
        ({"type": "radio_buttons", "options": [option("a")]}, "a", {"selected_option": option("a")}),
        ({"type": "multi_static_select", "options": [option("a")]}, ["a"], {"selected_options": [option("a")]}),
        ({"type": "users_select"}, "U0WANG", {"selected_user": "U0WANG"}),
        ({"type": "multi_users_select"}, ["U0WANG"], {"selected_users": ["U0WANG"]}),
        ({"type": "conversations_select"}, "C0DESK", {"selected_conversation": "C0DESK"}),
        ({"type": "channels_select"}, "C0DESK", {"selected_channel": "C0DESK"}),
        ({"type": "email_text_input"}, "li@lender.example", {"value": "li@lender.example"}),
    ],
)
async def test_each_kind_of_field_is_filled_in(world: World, element: Json, choice: Any, state: Json) -> None:
    shown = await opened(world, modal(field("It", element)))
    await shown.fill("It", choice)
    await shown.submit()
    held = sent(world, "view_submission")[0]["view"]["state"]["values"]["It"]["It_in"]
    assert held == {"type": element["type"], **state}


@pytest.mark.parametrize(
    ("element", "choice", "problem"),
    [
        ({"type": "plain_text_input"}, "", "Please complete this required field."),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "Must be at least 3 characters long."),
        ({"type": "plain_text_input", "max_length": 3}, "abcd", "Must be at most 3 characters long."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Please enter a whole number."),
        ({"type": "number_input", "is_decimal_allowed": True}, "many", "Please enter a number."),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}, 0, "Must be at least 1."),
        ({"type": "number_input", "is_decimal_allowed": False, "max_value": "9"}, 10, "Must be at most 9."),
        ({"type": "email_text_input"}, "li", "Enter a valid email address."),
        ({"type": "url_text_input"}, "li", "Enter a valid URL."),
    ],
)
async def test_invalid_input_is_refused_by_the_client_and_never_reaches_the_app(
    world: World, element: Json, choice: Any, problem: str
) -> None:
    shown = await opened(world, modal(field("It", element)))
    await shown.fill("It", choice)
    result = await shown.submit()
    assert result.errors == shown.errors == {"It": problem}
    assert sent(world, "view_submission") == []


async def test_errors_are_shown_at_the_fields_and_entered_values_are_kept(world: World) -> None:
    shown = await opened(world, LOG)
    await shown.fill("Outcome", "reached")
    answering(world.app, view_submission={"response_action": "errors", "errors": {"Next call": "That is past."}})
    result = await shown.submit()
    assert result.action == "errors"
    assert shown.errors == {"Next call": "That is past."}
    assert shown.values["outcome"]["selected_option"] == option("reached")
    assert not shown.closed
    await shown.fill("Next call", "2026-11-25 15:00")
    assert shown.errors == {}


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {"text": "x"}},
        {"response_action": "errors", "errors": {"Outcome": ""}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors"},
        {"response_action": "close"},
        {"response_action": "clear", "view": PAGE},
        {"response_action": "update", "view": modal(section(""))},
        {"response_action": "push"},
        {"text": "Logged"},
        "Logged",
    ],
)
async def test_an_answer_that_slack_would_drop_is_a_violation(world: World, answer: Any) -> None:
    shown = await opened(world, modal(*LOG["blocks"], section() | {"block_id": "text"}))
    await shown.fill("Outcome", "reached")
    answering(world.app, view_submission=answer)
    result = await shown.submit()
    assert result.error
    assert not shown.closed
    assert [violation.where for violation in world.sandbox.violations] == ["answer"]


async def test_a_submission_can_be_answered_by_updating_the_view(world: World) -> None:
    shown = await opened(world)
    await shown.fill("Note", "x")
    answering(world.app, view_submission={"response_action": "update", "view": modal(section("Logged"))})
    assert (await shown.submit()).action == "update"
    assert "Logged" in world.sandbox.modal_of(world.li).text
    assert world.sandbox.modal_of(world.li).view is shown.view


async def test_a_submission_can_push_a_view_or_clear_the_stack(world: World) -> None:
    first = await opened(world)
    await first.fill("Note", "x")
    answering(world.app, view_submission={"response_action": "push", "view": PAGE})
    await first.submit()
    second = world.sandbox.modal_of(world.li)
    assert second.view.previous_id == first.view.id
    with pytest.raises(NotPossibleError, match="on top"):
        await first.submit()
    answering(world.app, view_submission={"response_action": "clear"})
    await second.submit()
    assert first.closed
    assert second.closed


async def test_an_empty_answer_closes_one_view_of_the_stack(world: World) -> None:
    first = await opened(world, PAGE)
    await pushed(world)
    second = world.sandbox.modal_of(world.li)
    await second.submit()
    assert (first.closed, second.closed) == (False, True)


async def test_a_modal_stays_open_when_the_app_fails_or_is_late(world: World) -> None:
    shown = await opened(world, PAGE)
    world.app.status = 500
    assert (await shown.submit()).error == "We had some trouble connecting. Try again?"
    world.app.status = 200
    world.sandbox.delivery.timeout = 0.05
    world.app.answer = never
    result = await shown.submit()
    assert (result.status, result.error) == (None, "We had some trouble connecting. Try again?")
    assert not shown.closed


async def never(_form: Json) -> Any:
    await asyncio.sleep(1)


async def test_view_closed_is_sent_without_the_entered_values(world: World) -> None:
    shown = await opened(world, LOG)
    await shown.fill("Outcome", "reached")
    await shown.close()
    (payload,) = sent(world, "view_closed")
    assert (payload["is_cleared"], payload["view"]["callback_id"]) == (False, "log_call")
    assert payload["view"]["state"]["values"] == {}
    assert shown.closed
    with pytest.raises(NotPossibleError, match="closed"):
        await shown.fill("Outcome", "reached")


async def test_view_closed_is_not_sent_without_notify_on_close(world: World) -> None:
    await (await opened(world)).close()
    assert sent(world, "view_closed") == []


@pytest.mark.parametrize("how", ["clear_on_close", "the cross"])
async def test_the_whole_view_stack_is_closed(world: World, how: str) -> None:
    first = await opened(world, {**PAGE, "notify_on_close": True})
    await pushed(world, {**PAGE, "notify_on_close": True, "clear_on_close": how == "clear_on_close"})
    second = world.sandbox.modal_of(world.li)
    await second.close(whole_stack=how == "the cross")
    assert first.closed
    closed = [(one["view"]["id"], one["is_cleared"]) for one in sent(world, "view_closed")]
    assert closed == [(second.view.id, True), (first.view.id, True)]


async def test_a_field_with_dispatch_action_sends_its_value_to_the_app(world: World) -> None:
    shown = await opened(world, modal(text_input("Note", "note", dispatch_action=True)))
    result = await shown.fill("Note", "L-1042")
    (payload,) = sent(world, "block_actions")
    assert payload["actions"][0]["value"] == "L-1042"
    assert payload["view"]["state"]["values"]["note"]["note_in"]["value"] == "L-1042"
    assert (result.status, result.error) == (200, "")


async def test_a_menu_outside_an_input_block_always_sends_its_choice(world: World) -> None:
    shown = await opened(world, modal(actions(select("card", "timeline", action_id="tab"))))
    await shown.fill("tab", "timeline")
    assert sent(world, "block_actions")[0]["actions"][0]["selected_option"] == option("timeline")


async def test_a_button_cannot_be_filled_in(world: World) -> None:
    shown = await opened(world, modal(actions(button("Undo", "undo"))))
    with pytest.raises(NotPossibleError, match="pressed"):
        await shown.fill("Undo", "x")


BORROWER = modal(field("Borrower", {"type": "external_select", "action_id": "who", "min_query_length": 2}))
FOUND = [option("b1", "王伟 · L-1042"), option("b2", "王芳 · L-2000")]


async def suggested(world: World, view: Json = BORROWER, **answer: Any) -> Modal:
    shown = await opened(world, view)
    answering(world.app, block_suggestion=answer)
    return shown


async def test_a_borrower_is_found_by_typing(world: World) -> None:
    shown = await suggested(world, options=FOUND)
    assert await shown.options("Borrower", "王") == []
    assert sent(world, "block_suggestion") == []
    assert await shown.options("Borrower", "L-1042") == ["王伟 · L-1042", "王芳 · L-2000"]
    payload = sent(world, "block_suggestion")[0]
    assert (payload["value"], payload["action_id"], payload["block_id"]) == ("L-1042", "who", "Borrower")
    assert payload["view"]["id"] == shown.view.id
    await shown.fill("Borrower", "王伟")
    assert shown.values["who"]["selected_option"] == FOUND[0]


async def test_the_typed_text_may_differ_from_the_chosen_option(world: World) -> None:
    shown = await suggested(world, option_groups=[{"label": {"type": "plain_text", "text": "Mine"}, "options": FOUND}])
    await shown.fill("Borrower", "b2", typed="wang")
    assert sent(world, "block_suggestion")[0]["value"] == "wang"
    assert shown.values["who"]["selected_option"] == FOUND[1]


async def test_several_options_are_chosen_in_a_multi_select(world: World) -> None:
    shown = await suggested(
        world, modal(field("Who", {"type": "multi_external_select", "min_query_length": 1})), options=FOUND
    )
    await shown.fill("Who", ["王伟", "王芳"])
    assert shown.values["Who_in"]["selected_options"] == FOUND


async def test_an_option_that_was_not_loaded_cannot_be_chosen(world: World) -> None:
    shown = await suggested(world, options=FOUND)
    with pytest.raises(NotPossibleError, match="no option"):
        await shown.fill("Borrower", "李伟")
    with pytest.raises(NotPossibleError, match="more than one"):
        await shown.fill("Borrower", "L-")


@pytest.mark.parametrize(
    "answer",
    [
        {"options": [option(str(number)) for number in range(101)]},
        {"options": [option("a", "x" * 76)]},
        {"options": FOUND, "option_groups": []},
        {"text": "none"},
    ],
)
async def test_options_over_a_limit_are_a_violation(world: World, answer: Json) -> None:
    shown = await suggested(world, **answer)
    with pytest.raises(NotPossibleError):
        await shown.options("Borrower", "wang")
    assert [violation.where for violation in world.sandbox.violations] == ["options"]


async def test_a_menu_with_response_url_enabled_lets_the_app_answer_in_the_chosen_channel(world: World) -> None:
    where = {"type": "conversations_select", "action_id": "where", "response_url_enabled": True}
    shown = await opened(
        world, modal(field("Tell it in", where), field("And", {**where, "action_id": "and"}, optional=True))
    )
    await shown.fill("Tell it in", world.desk.id)
    await shown.submit()

    [submission] = sent(world, "view_submission")
    [answer] = submission["response_urls"]
    assert (answer["action_id"], answer["channel_id"]) == ("where", world.desk.id)
    body = {"response_type": "in_channel", "text": "Logged."}
    async with world.http.post(answer["response_url"], json=body) as response:
        assert response.status == 200
    assert world.sandbox.messages(world.desk)[-1].text == "Logged."


async def test_a_menu_without_response_url_enabled_gives_no_response_url(world: World) -> None:
    shown = await opened(world, modal(field("Tell it in", {"type": "conversations_select"})))
    await shown.fill("Tell it in", world.desk.id)
    await shown.submit()

    assert sent(world, "view_submission")[0]["response_urls"] == []

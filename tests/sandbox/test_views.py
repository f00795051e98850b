"""views.open, push, update and publish: triggers, the view stack, hashes."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import Modal, NotPossibleError
from tests.sandbox.conftest import World
from tests.sandbox.payloads import Json, actions, button, home, modal, section, text_input


async def trigger(world: World) -> str:
    await world.sandbox.command(world.li, world.desk, "/loan-call")
    return world.app.payloads[-1]["trigger_id"]


async def opened(world: World, view: Json | None = None) -> Modal:
    await world.client.views_open(trigger_id=await trigger(world), view=view or modal(text_input()))
    return world.sandbox.modal_of(world.li)


async def pushed(world: World, view: Json | None = None) -> Any:
    """Press `more` in the top modal and push a view with its trigger."""
    await world.sandbox.modal_of(world.li).press("more")
    return await world.client.views_push(trigger_id=world.app.payloads[-1]["trigger_id"], view=view or PAGE)


PAGE = modal(actions(button("More", "more")))


def error_of(refused: pytest.ExceptionInfo[SlackApiError]) -> str:
    return refused.value.response["error"]


async def test_a_command_opens_a_modal_for_the_user_who_typed_it(world: World) -> None:
    answer = await world.client.views_open(
        trigger_id=await trigger(world), view=modal(text_input(), callback_id="log", private_metadata="L-1")
    )
    shown = world.sandbox.modal_of("U0LI")
    view = answer["view"]
    assert (shown.title, shown.labels, shown.closed) == ("Log a call", ["Note"], False)
    assert (view["id"], view["root_view_id"], view["previous_view_id"]) == (shown.view.id, shown.view.id, None)
    assert (view["callback_id"], view["private_metadata"], view["external_id"]) == ("log", "L-1", "")
    assert view["state"]["values"] == {"note": {"note_in": {"type": "plain_text_input", "value": None}}}
    with pytest.raises(NotPossibleError):
        world.sandbox.modal_of("U0WANG")


async def test_a_trigger_opens_one_view_within_three_seconds(world: World) -> None:
    spent, old = await trigger(world), await trigger(world)
    await world.client.views_open(trigger_id=spent, view=modal(text_input()))
    world.clock.forward(3.1)
    for trigger_id, error in ((spent, "exchanged_"), (old, "expired_"), ("made.up.one", "invalid_")):
        with pytest.raises(SlackApiError) as refused:
            await world.client.views_open(trigger_id=trigger_id, view=modal(text_input()))
        assert error_of(refused) == f"{error}trigger_id"


async def test_a_refused_view_is_a_violation_and_says_where(world: World) -> None:
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_open(trigger_id=await trigger(world), view=modal(section("x" * 3001)))
    assert error_of(refused) == "invalid_arguments"
    assert "/view/blocks/0/text/text" in refused.value.response["response_metadata"]["messages"][0]
    assert [violation.where for violation in world.sandbox.violations] == ["views.open"]


async def test_the_view_stack_holds_at_most_three_views(world: World) -> None:
    first = await opened(world, PAGE)
    second = (await pushed(world))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first.view.id, first.view.id)
    third = (await pushed(world))["view"]
    assert (third["root_view_id"], third["previous_view_id"]) == (first.view.id, second["id"])
    with pytest.raises(SlackApiError) as refused:
        await pushed(world)
    assert error_of(refused) == "push_limit_reached"
    assert len(world.sandbox.modals_of(world.li)) == 3


async def test_a_push_needs_a_trigger_from_inside_a_modal(world: World) -> None:
    await opened(world, PAGE)
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_push(trigger_id=await trigger(world), view=PAGE)
    assert error_of(refused) == "invalid_trigger_id"


async def test_an_update_rewrites_the_view_and_changes_its_hash(world: World) -> None:
    shown = await opened(world, modal(section("Loading …"), external_id="card:L-1"))
    before = shown.view.hash
    answer = await world.client.views_update(external_id="card:L-1", hash=before, view=modal(section("Here it is")))
    assert "Here it is" in shown.text
    assert answer["view"]["hash"] == shown.view.hash != before
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_update(view_id=shown.view.id, hash=before, view=modal(section("Stale")))
    assert error_of(refused) == "hash_conflict"
    assert "Here it is" in shown.text


async def test_an_update_needs_an_existing_view_and_exactly_one_id(world: World) -> None:
    shown = await opened(world)
    for arguments, error in (
        ({"view_id": "V404"}, "not_found"),
        ({"external_id": "none"}, "not_found"),
        ({}, "invalid_arguments"),
        ({"view_id": shown.view.id, "external_id": "x"}, "invalid_arguments"),
    ):
        with pytest.raises(SlackApiError) as refused:
            await world.client.api_call("views.update", json={"view": modal(section()), **arguments})
        assert error_of(refused) == error
    await shown.close()
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_update(view_id=shown.view.id, view=modal(section()))
    assert error_of(refused) == "not_found"


async def test_entered_values_are_kept_while_the_ids_stay_the_same(world: World) -> None:
    shown = await opened(world, modal(text_input("Note", "note"), text_input("Next", "next")))
    await shown.fill("Note", "Will pay")
    await shown.fill("Next", "tomorrow")
    await world.client.views_update(
        view_id=shown.view.id,
        view=modal(text_input("Note", "note", initial_value="x"), text_input("Next", "next2", initial_value="Friday")),
    )
    values = shown.values
    assert (values["note_in"]["value"], values["next2_in"]["value"]) == ("Will pay", "Friday")


async def test_an_external_id_must_be_unique(world: World) -> None:
    first = await opened(world, modal(actions(button("More", "more")), external_id="one"))
    with pytest.raises(SlackApiError) as refused:
        await pushed(world, modal(section(), external_id="one"))
    assert error_of(refused) == "duplicate_external_id"
    await world.client.views_update(view_id=first.view.id, view=modal(section("same"), external_id="one"))
    await first.close()
    await opened(world, modal(section(), external_id="one"))


async def test_a_stale_hash_never_overwrites_the_published_home(world: World) -> None:
    with pytest.raises(NotPossibleError):
        world.sandbox.home_of(world.li)
    first = await world.client.views_publish(user_id="U0LI", view=home(section("Today")))
    shown = world.sandbox.home_of(world.li)
    await world.client.views_publish(user_id="U0LI", view=home(section("Later")), hash=first["view"]["hash"])
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_publish(user_id="U0LI", view=home(section("Old")), hash=first["view"]["hash"])
    assert error_of(refused) == "hash_conflict"
    assert shown.text == "Later"


async def test_no_home_is_published_for_an_unknown_user_or_without_the_home_tab(world: World) -> None:
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_publish(user_id="U404", view=home(section()))
    assert error_of(refused) == "user_not_found"
    assert world.sandbox.app is not None
    world.sandbox.app.home_tab = False
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_publish(user_id="U0LI", view=home(section()))
    assert error_of(refused) == "not_enabled"


async def test_a_modal_cannot_be_published_as_a_home(world: World) -> None:
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_publish(user_id="U0LI", view=modal(section()))
    assert error_of(refused) == "invalid_arguments"
    with pytest.raises(SlackApiError) as refused:
        await world.client.views_open(trigger_id=await trigger(world), view=home(section()))
    assert error_of(refused) == "invalid_arguments"


async def test_a_press_in_the_home_sends_the_view_and_no_channel(world: World) -> None:
    await world.client.views_publish(user_id="U0LI", view=home(actions(button("Done", "done", value="f1"))))
    await world.sandbox.home_of(world.li).press("Done")
    payload = world.app.payloads[-1]
    assert payload["container"] == {"type": "view", "view_id": payload["view"]["id"]}
    assert payload["actions"][0]["value"] == "f1"
    assert payload.keys().isdisjoint({"channel", "response_url", "message"})

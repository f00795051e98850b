"""Files: a user sends them or chooses them in a form, the app is told, and fetches them with its token and scope."""

import base64
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import NotPossibleError
from tests.sandbox.conftest import SECRET, TOKEN, World, manifest

CONTENT = b"%PDF-1.4 a file"


def subscribe(world: World, *scopes: str) -> None:
    written = manifest(world.app.url, ("message.im", "file_shared"), {})
    written["oauth_config"]["scopes"]["bot"] = ["im:history", "chat:write", *scopes]
    if "files:read" not in scopes:
        written["settings"]["event_subscriptions"]["bot_events"] = ["message.im"]
    world.sandbox.install(manifest=written, signing_secret=SECRET, token=TOKEN)


async def download(world: World, url: str, token: str = TOKEN) -> tuple[int, bytes, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with world.http.get(url, headers=headers) as answer:
        return answer.status, await answer.read(), answer.content_type


async def info(world: World, file_id: str) -> Any:
    return (await world.client.files_info(file=file_id))["file"]


async def test_a_sent_file_is_announced_described_and_downloaded(world: World) -> None:
    subscribe(world, "files:read")
    file = world.sandbox.upload(world.li, "流水 1.pdf", CONTENT)
    world.sandbox.send_files(world.li, world.sandbox.dm(world.li), file, text="A-1")
    await world.sandbox.events.wait_until_delivered()
    [message], [shared] = world.app.events("message"), world.app.events("file_shared")
    assert (message["subtype"], message["text"], message["files"][0]["id"]) == ("file_share", "A-1", file.id)
    assert (shared["file_id"], shared["user_id"]) == (file.id, "U0LI")
    described = await info(world, file.id)
    assert (described["name"], described["size"], described["user"]) == ("流水 1.pdf", len(CONTENT), "U0LI")
    assert await download(world, described["url_private_download"]) == (200, CONTENT, "application/pdf")
    file.deleted = True
    with pytest.raises(SlackApiError, match="file_deleted"):
        await info(world, file.id)
    assert (await download(world, described["url_private_download"]))[0] == 404


async def test_who_has_no_token_or_scope_is_led_to_the_sign_in_page(world: World) -> None:
    subscribe(world)
    file = world.sandbox.upload(world.li, "1.pdf", CONTENT)
    world.sandbox.send_files(world.li, world.sandbox.dm(world.li), file)
    with pytest.raises(SlackApiError, match="missing_scope"):
        await info(world, file.id)
    url = file.json()["url_private"]
    for token in (TOKEN, "", "xoxb-other"):
        assert (await download(world, url, token))[::2] == (200, "text/html")
    subscribe(world, "files:read")
    assert await download(world, url) == (200, CONTENT, "application/pdf")


async def test_the_app_sees_no_file_that_was_not_given_to_it(world: World) -> None:
    subscribe(world, "files:read")
    file = world.sandbox.upload(world.li, "1.pdf", CONTENT)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await info(world, file.id)
    assert (await download(world, file.json()["url_private"]))[2] == "text/html"
    with pytest.raises(NotPossibleError, match="file_not_found"):
        world.sandbox.send_files(world.wang, world.sandbox.dm(world.wang), file)


async def test_the_page_uploads_and_sends_a_file(world: World) -> None:
    subscribe(world, "files:read")
    answer = await world.post("/ui/file", user="U0LI", name="1.pdf", content=base64.b64encode(CONTENT).decode())
    dm = world.sandbox.dm(world.li)
    sent = await world.post("/ui/message", user="U0LI", channel=dm.id, text="", files=[answer["file"]["id"]])
    assert sent["ok"]
    assert (await info(world, answer["file"]["id"]))["size"] == len(CONTENT)
    for wrong in ({"content": "%"}, {"content": ""}, {"user": "U0NOBODY"}):
        body = {"user": "U0LI", "name": "1.pdf", "content": "eA==", **wrong}
        assert not (await world.post("/ui/file", **body))["ok"]
    assert not (await world.post("/ui/message", user="U0WANG", channel=dm.id, text="", files=["F1"]))["ok"]

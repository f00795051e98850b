"""Answers in the form in which they are stored for a repeated delivery: JSON, which storage encrypts."""

import json
from typing import Any

from handlers.door.request import Answer, OpenModal, Reply, ShowPane, UpdateModal
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import View


def write_answer(answer: Answer | None) -> str:
    """Return the answer as JSON."""
    match answer:
        case None:
            return "null"
        case Reply(message, replaces):
            return f'{{"reply":{message.json()},"replaces":{json.dumps(replaces)}}}'
        case OpenModal(view, otherwise, parent):
            written = {"open": _view(view), "otherwise": _message(otherwise), "beneath": _view(parent)}
            return json.dumps(written)
        case UpdateModal(view, parent):
            return json.dumps({"rewrite": _view(view), "beneath": _view(parent)})
        case ShowPane(entity):
            return json.dumps({"pane": dict(entity)})


def command_body(message: Message | None) -> str:
    """Return the body with which a command is answered, which only its sender sees."""
    if message is None or not message.blocks:
        return json.dumps({"text": message.text if message else "", "response_type": "ephemeral"})
    return f'{{"response_type":"ephemeral",{message.json().removeprefix("{")}'


def read_answer(text: str) -> Answer | None:
    """Return the answer that `write_answer` wrote."""
    match json.loads(text):
        case {"reply": message, "replaces": replaces}:
            return Reply(Message(**message), replaces=replaces)
        case {"open": view, "otherwise": message, **more}:
            return OpenModal(View(**view), Message(**message), _parent(more))
        case {"rewrite": view, **more}:
            return UpdateModal(View(**view), _parent(more))
        case {"pane": entity}:
            return ShowPane(entity)
        case _:
            return None


def _message(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


def _parent(written: dict[str, Any]) -> View | None:
    # An answer that an earlier release stored has none.
    parent = written.get("beneath")
    return View(**parent) if parent else None


def _view(view: View | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "form": view.form,
        "title": view.title,
        "blocks": view.blocks,
        "close": view.close,
        "submit": view.submit,
        "private": dict(view.private),
    }

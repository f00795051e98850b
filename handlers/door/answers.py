"""Answers as they are kept for a repeated delivery: JSON, encrypted where it is stored."""

import json
from typing import Any

from handlers.door.request import Answer, Open, Reply, Rewrite
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.view import View


def write_answer(answer: Answer | None) -> str:
    """The answer as a text."""
    match answer:
        case None:
            return "null"
        case Reply(message, replaces):
            return json.dumps({"reply": _message(message), "replaces": replaces})
        case Open(view, otherwise, beneath):
            written = {"open": _view(view), "otherwise": _message(otherwise), "beneath": _view(beneath)}
            return json.dumps(written)
        case Rewrite(view, beneath):
            return json.dumps({"rewrite": _view(view), "beneath": _view(beneath)})


def read_answer(text: str) -> Answer | None:
    """The answer that `write_answer` wrote."""
    match json.loads(text):
        case {"reply": message, "replaces": replaces}:
            return Reply(Message(**message), replaces=replaces)
        case {"open": view, "otherwise": message, **more}:
            return Open(View(**view), Message(**message), _beneath(more))
        case {"rewrite": view, **more}:
            return Rewrite(View(**view), _beneath(more))
        case _:
            return None


def _message(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


def _beneath(written: dict[str, Any]) -> View | None:
    # What an earlier release wrote has none.
    beneath = written.get("beneath")
    return View(**beneath) if beneath else None


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

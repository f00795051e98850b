"""The times that a refused form offers: each is a button under the field, which it fills in."""

from dataclasses import replace
from datetime import date
from typing import Any

from desk.core.errors import DeskError
from desk.core.values import Due
from handlers.door.request import Request
from handlers.forms.fields import typed_due
from handlers.forms.form import Form, fill_button
from handlers.grammar.due import parse_due
from handlers.messages.block_kit.elements import brief_when
from handlers.messages.block_kit.view import View, block_id
from handlers.messages.block_kit.writer import Writer, renumbered


def offered_times(error: DeskError) -> tuple[Due | date | str, ...]:
    """Return the times that a refusal offers: what the typed words can mean, or else what is nearest and exact.

    Examples of how times are written are no offers.
    """
    if readings := error.params.get("readings"):
        return readings
    if error.code == "due_barred":
        return (error.params["allowed"],)
    if not error.code.startswith("due_"):
        return ()
    nearest: tuple[Any, ...] = error.params.get("nearest", ())
    return tuple(each for each in nearest if isinstance(each, date) or str(each)[:1].isdigit())


async def with_choices(request: Request, form: Form, error: DeskError) -> View:
    """Return the form as it was sent, with a button for each offered time under the field."""
    name, zone = form.field_of(error), request.zone
    view = await form.show(request, request.private, request.typed)
    dues = [_due(request, each) for each in offered_times(error)]
    at = next((i for i, b in enumerate(view.blocks) if b.get("block_id") == block_id(name, view.private)), None)
    if at is None:
        return view
    if view.blocks[at].get("element", {}).get("type") == "datetimepicker":
        fills = [(due, str(int(due.at.timestamp()))) for due in dues if due.at is not None]
    else:
        fills = [(due, typed_due(due, zone)) for due in dues]
    buttons = [fill_button(brief_when(request.t, due, zone), **{name: value}) for due, value in fills]
    row = renumbered(Writer().buttons(*buttons).message().blocks)
    return replace(view, blocks=[*view.blocks[: at + 1], *row, *view.blocks[at + 1 :]])


def _due(request: Request, offered: Due | date | str) -> Due:
    match offered:
        case Due():
            return offered
        case date():
            return Due(on=offered)
        case _:
            return parse_due(offered, request.desk.now, request.zone)

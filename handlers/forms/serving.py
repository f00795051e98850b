"""What every form can do: open, be written anew while it is filled in, and be taken up again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from desk import begun_forms
from desk.begun_forms import Begun
from handlers.forms.form import TAKEN_UP, Form
from handlers.render.message import Message
from handlers.render.view import GENERATION, Private, Typed, View
from handlers.render.writer import Button, Writer
from handlers.visit import Open, Rewrite, Visit


async def opened(
    visit: Visit, form: Form, *, private: Private | None = None, typed: Typed | None = None, otherwise: Message
) -> Open:
    """The form, to be opened; with the offer to take up what was typed into it and not sent."""
    view = await form.build(visit, private or {}, typed or {})
    begun = await begun_forms.begun(visit.desk, form.kept_as(private or {})) if form.keeps else None
    if begun is not None:
        view = replace(view, blocks=[*_offer(visit, begun), *view.blocks])
    return Open(view, otherwise)


async def refreshed(visit: Visit, form: Form) -> Rewrite:
    """The form after one of its live fields has changed."""
    if form.keeps:
        await begun_forms.keep(visit.desk, form.kept_as(visit.private), visit.typed)
    return Rewrite(await form.build(visit, visit.private, visit.typed))


async def filled(visit: Visit, form: Form) -> Rewrite:
    """The form with what the pressed button puts into its fields."""
    return Rewrite(await _filled_in(visit, form, visit.value["fill"]))


async def restored(visit: Visit, form: Form) -> Rewrite:
    """The form with what was typed into it before."""
    begun = await begun_forms.begun(visit.desk, form.kept_as(visit.private))
    view = await _filled_in(visit, form, begun.typed if begun else {}, taken_up=True)
    return Rewrite(replace(view, private={key: value for key, value in view.private.items() if key != TAKEN_UP}))


def fill_button(label: str, **fields: str) -> Button:
    """A button that puts these values into fields of its form."""
    return Button(label, "form.fill", {"fill": fields})


async def _filled_in(visit: Visit, form: Form, values: Mapping[str, Any], *, taken_up: bool = False) -> View:
    private = {**visit.private, GENERATION: int(visit.private.get(GENERATION, 0)) + 1}
    if taken_up:
        private[TAKEN_UP] = True
    given = {name: value if isinstance(value, str) else tuple(value) for name, value in values.items()}
    return await form.build(visit, private, {**visit.typed, **given})


def _offer(visit: Visit, begun: Begun) -> list[dict[str, Any]]:
    t = visit.t
    writer = Writer().line(t("You had begun to fill this in at {time}.", time=t.clock_time(begun.at, visit.zone)))
    return writer.buttons(Button(t("Take it up again"), "form.restore")).message().blocks

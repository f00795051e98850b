"""What a form is: how it is written, what sending it does, and beside which field a refusal stands."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from desk.core import drafts
from desk.core.drafts import FormDraft
from desk.core.errors import DeskError
from handlers.door.request import OpenModal, Request, UpdateModal
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.view import GENERATION, Private, Typed, View
from handlers.messages.block_kit.writer import Writer

Build = Callable[[Request, Private, Typed], Awaitable[View]]
"""Writes the form from what it carries and what already stands in its fields. Raises as the use cases it asks do."""

Submit = Callable[[Request], Awaitable[Message | View | None]]
"""Does what the form is for. A message or view takes the form's place; None closes it."""


WAS = "was"
"""In what a form of settings carries: the settings when it was opened. Only what differs from them is changed, so that what
somebody else set meanwhile stays."""


TAKEN_UP = "taken_up"
"""In what a form carries while it is written with what was typed into it before: each field stands as it was left."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form by name; `title` is a text to translate. `fields` says beside which field a refusal of that code stands,
    `main` where any other.

    `keeps`: what was typed and not sent is offered again for an hour; where `about` names what the form carries of the one
    thing it is about, for that thing alone. `looks_up`: fields with people or channels of whom
    Slack is asked before it is submitted.
    """

    name: str
    title: str
    build: Build
    submit: Submit
    main: str
    fields: Mapping[str, str]
    keeps: bool = True
    about: str = ""
    looks_up: tuple[str, ...] = ()

    def kept_as(self, private: Private) -> str:
        """Under which name what was typed is kept."""
        return f"{self.name}:{private[self.about]}" if self.about else self.name

    def field_of(self, error: DeskError) -> str:
        """The field that caused a refusal."""
        return str(error.params.get("field") or self.fields.get(error.code) or self.main)


@contextlib.contextmanager
def field(name: str) -> Iterator[None]:
    """What is refused within stands beside that field."""
    try:
        yield
    except DeskError as error:
        error.params["field"] = name
        raise


async def opened(
    request: Request, form: Form, *, private: Private | None = None, typed: Typed | None = None, otherwise: Message
) -> OpenModal:
    """The form, to be opened; with the offer to take up what was typed into it and not sent."""
    view = await form.build(request, private or {}, typed or {})
    begun = await drafts.read_form(request.desk, form.kept_as(private or {})) if form.keeps else None
    if begun is not None:
        view = replace(view, blocks=[*_offer(request, begun), *view.blocks])
    return OpenModal(view, otherwise)


async def refreshed(request: Request, form: Form) -> UpdateModal:
    """The form after one of its live fields has changed."""
    if form.keeps:
        await drafts.save_form(request.desk, form.kept_as(request.private), request.typed)
    return UpdateModal(await form.build(request, request.private, request.typed))


async def filled(request: Request, form: Form) -> UpdateModal:
    """The form with what the pressed button puts into its fields."""
    return UpdateModal(await _filled_in(request, form, request.value["fill"]))


async def restored(request: Request, form: Form) -> UpdateModal:
    """The form with what was typed into it before."""
    begun = await drafts.read_form(request.desk, form.kept_as(request.private))
    view = await _filled_in(request, form, begun.typed if begun else {}, taken_up=True)
    return UpdateModal(replace(view, private={key: value for key, value in view.private.items() if key != TAKEN_UP}))


def fill_button(label: str, **fields: str) -> Button:
    """A button that puts these values into fields of its form."""
    return Button(label, "form.fill", {"fill": fields})


async def _filled_in(request: Request, form: Form, values: Mapping[str, Any], *, taken_up: bool = False) -> View:
    private = {**request.private, GENERATION: int(request.private.get(GENERATION, 0)) + 1}
    if taken_up:
        private[TAKEN_UP] = True
    given = {name: value if isinstance(value, str) else tuple(value) for name, value in values.items()}
    return await form.build(request, private, {**request.typed, **given})


def _offer(request: Request, begun: FormDraft) -> list[dict[str, Any]]:
    t = request.t
    writer = Writer().line(t("You had begun to fill this in at {time}.", time=t.clock_time(begun.at, request.zone)))
    return writer.buttons(Button(t("Take it up again"), "form.restore")).message().blocks

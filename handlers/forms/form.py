"""What a form declares: how it is built, what submitting it does, and the field that shows a refusal."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from desk.core import drafts
from desk.core.dataclass import dataclass
from desk.core.drafts import FormDraft
from desk.core.errors import DeskError
from desk.core.permissions import has_role_for, require_role
from handlers.door.request import Carried, OpenModal, Request, UpdateModal
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.view import GENERATION, Private, Typed, View
from handlers.messages.block_kit.writer import Writer
from storage.tables import Member

Build = Callable[[Request, Private, Typed], Awaitable[View]]
"""Builds the form from what it carries and the values of its fields. Raises what its use cases raise."""

Submit = Callable[[Request], Awaitable[Message | View | None]]
"""Does what the form is for. A message or view replaces the form; None closes it."""


WAS = "was"
"""In what a settings form carries: the settings at the time it was opened. Only fields that differ from them are changed, so
that another member's changes in the meantime are not reverted."""


TAKEN_UP = "taken_up"
"""In what a form carries while it is built from an earlier draft: each field has the value it was left with."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form by name; `title` is a text to translate. `fields` names the field that shows a refusal of each code, `main` the
    field for all others.

    `right` is the act of `desk/data/permissions.toml` that the form does. It is asked for whenever the form is shown, changed
    or sent, and when one of its fields searches; what it means for one loan or member, `build` and the use case ask.

    `keeps_drafts`: what was typed and not submitted is offered again for an hour; with `about`, which names what identifies the
    form's one subject in what it carries, for that subject only. `looks_up`: fields with people or channels that Slack is
    asked about before the form is submitted.
    """

    name: str
    right: str
    title: str
    build: Build
    submit: Submit
    main: str
    fields: Mapping[str, str]
    keeps_drafts: bool = True
    about: str = ""
    looks_up: tuple[str, ...] = ()

    def is_for(self, member: Member) -> bool:
        """Return whether the member's roles allow what the form does, on anything at all."""
        return has_role_for(member, self.right)

    async def show(self, request: Request, private: Private, typed: Typed) -> View:
        """Return the form as the sender may see it. Raises NotAllowed, and what `build` raises."""
        require_role(request.desk, self.right)
        return await self.build(request, Carried(private), typed)

    async def accept(self, request: Request) -> Message | View | None:
        """Do what the form is for. Raises NotAllowed, and what `submit` raises."""
        require_role(request.desk, self.right)
        return await self.submit(request)

    def draft_name(self, private: Private) -> str:
        """Return the name under which what was typed is kept."""
        return f"{self.name}:{private.get(self.about, '')}" if self.about else self.name

    def field_of(self, error: DeskError) -> str:
        """Return the field that shows a refusal."""
        return str(error.params.get("field") or self.fields.get(error.code) or self.main)


@contextlib.contextmanager
def field(name: str) -> Iterator[None]:
    """Show refusals from within this block beside that field."""
    try:
        yield
    except DeskError as error:
        error.params["field"] = name
        raise


async def open_modal(
    request: Request, form: Form, *, private: Private | None = None, typed: Typed | None = None, otherwise: Message
) -> OpenModal:
    """Return the form to open, with an offer to restore what was typed into it and not submitted."""
    view = await form.show(request, private or {}, typed or {})
    begun = await drafts.read_form(request.desk, form.draft_name(private or {})) if form.keeps_drafts else None
    if begun is not None:
        view = replace(view, blocks=[*_offer(request, begun), *view.blocks])
    return OpenModal(view, otherwise)


async def refresh_modal(request: Request, form: Form) -> UpdateModal:
    """Return the form after one of its live fields has changed."""
    if form.keeps_drafts:
        await drafts.save_form(request.desk, form.draft_name(request.private), request.typed)
    return UpdateModal(await form.show(request, request.private, request.typed))


async def fill_modal(request: Request, form: Form) -> UpdateModal:
    """Return the form with the pressed button's values in its fields."""
    return UpdateModal(await _with_values(request, form, request.value["fill"]))


async def restore_modal(request: Request, form: Form) -> UpdateModal:
    """Return the form with what was typed into it before."""
    begun = await drafts.read_form(request.desk, form.draft_name(request.private))
    view = await _with_values(request, form, begun.typed if begun else {}, taken_up=True)
    return UpdateModal(replace(view, private={key: value for key, value in view.private.items() if key != TAKEN_UP}))


def fill_button(label: str, **fields: str) -> Button:
    """Return a button that puts these values into fields of its form."""
    return Button(label, "form.fill", {"fill": fields})


async def _with_values(request: Request, form: Form, values: Mapping[str, Any], *, taken_up: bool = False) -> View:
    private = {**request.private, GENERATION: int(request.private.get(GENERATION, 0)) + 1}
    if taken_up:
        private[TAKEN_UP] = True
    given = {name: value if isinstance(value, str) else tuple(value) for name, value in values.items()}
    return await form.show(request, private, {**request.typed, **given})


def _offer(request: Request, begun: FormDraft) -> list[dict[str, Any]]:
    t = request.t
    writer = Writer().line(
        t("You started filling this in at {time} and didn't submit it.", time=t.clock_time(begun.at, request.zone))
    )
    return writer.buttons(Button(t("Continue where I left off"), "form.restore")).message().blocks

"""What a form is: how it is written, what sending it does, and beside which field a refusal stands."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from desk.errors import DeskError
from handlers.render.message import Message
from handlers.render.view import Private, Typed, View
from handlers.visit import Visit

Build = Callable[[Visit, Private, Typed], Awaitable[View]]
"""Writes the form from what it carries and what already stands in its fields. Raises as the use cases it asks do."""

Submit = Callable[[Visit], Awaitable[Message | View | None]]
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

"""The people around a loan, as the lender's system names them: what a file has in two columns for each role."""

from typing import Any

from pydantic import create_model

from desk.importing.person_cells import NAME_COLUMNS, PHONE_COLUMNS
from handlers.api.schemas import Closed, Text


class PersonFields(Closed):
    """A person around a loan, or an employer."""

    name: Text
    phone: Text | None = None


_ROLES: Any = dict.fromkeys(NAME_COLUMNS, (PersonFields | None, None))

People: Any = create_model(
    "People",
    __base__=Closed,
    __doc__="The people around a loan, by their role. Who is not named stays; whom a member entered or corrected is kept.",
    **_ROLES,
)


def texts_of_people(people: Any) -> dict[str, str]:
    """Return the names and phones that are given as texts of columns."""
    texts: dict[str, str] = {}
    for column, role in PHONE_COLUMNS.items():
        person: PersonFields | None = getattr(people, role) if people is not None else None
        if person is not None:
            texts[role] = person.name
            texts |= {column: person.phone} if person.phone else {}
    return texts


def place_of(column: str) -> str:
    """Return where a body has what a file has in that column, as the rest of a JSON pointer."""
    if column in NAME_COLUMNS:
        return f"people/{column}/name"
    return f"people/{PHONE_COLUMNS[column]}/phone" if column in PHONE_COLUMNS else column

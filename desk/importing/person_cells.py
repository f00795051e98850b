"""The columns of a lender's file that say who is around a loan: a name and a phone for each role."""

from collections.abc import Mapping
from dataclasses import field

from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY

_ROLES = tuple(role.code for role in VOCABULARY.related_roles)

NAME_COLUMNS: Mapping[str, str] = {role: role for role in _ROLES}
"""Each column of names, and the role of who is named."""

PHONE_COLUMNS: Mapping[str, str] = {f"{role}_phone": role for role in _ROLES}
"""Each column of phones, and the role of whose they are."""

PERSON_COLUMNS = NAME_COLUMNS.keys() | PHONE_COLUMNS.keys()
"""All of these columns."""


@dataclass(frozen=True, slots=True)
class PersonCells:
    """Whom a row names around the loan: `phone` is E.164 with its extension, or empty."""

    name: str = field(repr=False)
    phone: str = field(default="", repr=False)

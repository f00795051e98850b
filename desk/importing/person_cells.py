"""The columns of a lender's file that say who is around a loan: a name and a phone for each role."""

from collections.abc import Mapping
from dataclasses import field
from itertools import chain, product

from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY

_WORDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "co_borrower": (("共同借款人", "共借人", "共贷人", "共同贷款人"), ("co-borrower", "coborrower", "joint borrower")),
    "guarantor": (("担保人", "保证人"), ("guarantor", "cosigner", "co-signer")),
    "spouse": (("配偶",), ("spouse",)),
    "employer": (("单位", "工作单位", "雇主", "所在单位"), ("employer",)),
    "referee": (("证明人", "推荐人"), ("referee",)),
    "emergency_contact": (("紧急联系人", "应急联系人"), ("emergency contact",)),
}
"""What a heading calls each role: less than people may type, because `company`, `contact` and `reference` head other columns."""

_NAME = (("", "姓名", "名称", "名字"), ("", " name"))
_PHONE = (
    ("电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "号码"),
    (" phone", " mobile", " number", " tel"),
)


def _headings(role: str, endings: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
    pairs = chain.from_iterable(product(*each) for each in zip(_WORDS[role], endings, strict=True))
    return tuple(word + ending for word, ending in pairs)


_ROLES = tuple(role.code for role in VOCABULARY.related_roles)

NAME_COLUMNS: Mapping[str, str] = {role: role for role in _ROLES}
"""Each column of names, and the role of who is named."""

PHONE_COLUMNS: Mapping[str, str] = {f"{role}_phone": role for role in _ROLES}
"""Each column of phones, and the role of whose they are."""

PERSON_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **{column: _headings(role, _NAME) for column, role in NAME_COLUMNS.items()},
    **{column: _headings(role, _PHONE) for column, role in PHONE_COLUMNS.items()},
}
"""Each column and its headings."""


@dataclass(frozen=True, slots=True)
class PersonCells:
    """Whom a row names around the loan: `phone` is E.164 with its extension, or empty."""

    name: str = field(repr=False)
    phone: str = field(default="", repr=False)

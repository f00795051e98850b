"""The search index: a borrower is found by HMAC digests of the ways to type a name or phone; nothing is decrypted.

A name is found by the whole, by prefixes (each Chinese character, each Latin word from its third letter), by its pinyin in
every reading, whole and at each syllable, and by the initials of the pinyin; a phone by the full number, with and without
the country code, and by its last four digits. Accents and case are ignored.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Table
from sqlmodel import SQLModel, col, delete, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.engine.cipher import Cipher
from storage.tables import Loan, SearchTerm

_TERM: Table = SQLModel.metadata.tables["search_term"]

Term = tuple[str, str]
"""A kind (`name`, `phone`, `tail`) and a normalised text."""

_READINGS = 8
"""The most pinyin readings of one name that are indexed."""

_TAIL = re.compile(r"(?:尾号|尾號|tail|ending)?\s*(\d{4})")
_COMPOUND_SURNAMES = re.compile(
    "欧阳|司马|上官|诸葛|尉迟|万俟|司徒|夏侯|皇甫|东方|慕容|长孙|宇文|端木|令狐|公孙|百里|呼延"
)
_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "区": "ou", "查": "zha", "盖": "ge", "任": "ren", "朴": "piao",
    "尉迟": "yu chi", "万俟": "mo qi", "乐": "yue", "缪": "miao", "冼": "xian", "逄": "pang", "翟": "zhai", "覃": "qin",
}  # fmt: skip
"""Surnames that the dictionary reads as an ordinary word."""


def normalised(text: str) -> str:
    """Return the letters and digits of `text` in NFKC, case-folded and without accents."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in folded if c.isalnum())


def terms_of(name: str, phone: str) -> set[Term]:
    """Return every term that finds a borrower of this name and phone (E.164; an extension is no part of what finds it)."""
    terms: set[Term] = {("name", text) for text in _name_forms(name) if text}
    digits = "".join(c for c in phone.partition(";")[0] if c.isdigit())
    terms.add(("phone", digits))
    if digits.startswith("86"):
        terms.add(("phone", digits[2:]))
    if len(digits) >= 4:
        terms.add(("tail", digits[-4:]))
    return terms


def term_for(word: str) -> Term:
    """Return the term of one typed word: `尾号5678` or four digits is a phone's end, a longer number a phone, else a name."""
    plain = unicodedata.normalize("NFKC", word).casefold().strip()
    if tail := _TAIL.fullmatch(plain):
        return ("tail", tail[1])
    digits = re.sub(r"[\s\-()+]", "", plain)
    if digits.isdigit() and len(digits) >= 5:
        return ("phone", digits)
    return ("name", normalised(word))


def search_rows(cipher: Cipher, workspace_id: UUID, borrower_id: UUID, name: str, phone: str) -> list[SearchTerm]:
    """Return the index rows of one borrower."""
    return [
        SearchTerm(borrower_id=borrower_id, workspace_id=workspace_id, digest=cipher.digest(kind, text))
        for kind, text in sorted(terms_of(name, phone))
    ]


async def add_terms(
    session: AsyncSession, cipher: Cipher, workspace_id: UUID, contacts: Iterable[tuple[UUID, str, str]]
) -> None:
    """Insert the index rows of many new borrowers at once; each contact is an id, a name and a phone."""
    rows = [row.model_dump() for contact in contacts for row in search_rows(cipher, workspace_id, *contact)]
    if rows:
        await (await session.connection()).execute(_TERM.insert(), rows)


async def replace_terms(
    session: AsyncSession, cipher: Cipher, workspace_id: UUID, borrower_id: UUID, name: str, phone: str
) -> None:
    """Index the borrower again after a correction of name or phone."""
    await session.exec(delete(SearchTerm).where(col(SearchTerm.borrower_id) == borrower_id))
    session.add_all(search_rows(cipher, workspace_id, borrower_id, name, phone))


async def find_loans(
    session: AsyncSession,
    cipher: Cipher,
    workspace_id: UUID,
    words: Sequence[str],
    *,
    visible: ColumnElement[bool],
    limit: int,
) -> list[Loan]:
    """Return the visible loans that match every word, as a loan number or by the borrower, newest first."""
    conditions = _matching(cipher, workspace_id, words)
    if conditions is None:
        return []
    statement = select(Loan).where(Loan.workspace_id == workspace_id, visible, *conditions)
    return list((await session.exec(statement.order_by(col(Loan.created_at).desc(), col(Loan.id)).limit(limit))).all())


async def count_loans(
    session: AsyncSession, cipher: Cipher, workspace_id: UUID, words: Sequence[str], *, visible: ColumnElement[bool]
) -> int:
    """Count the loans that `find_loans` finds without a limit."""
    conditions = _matching(cipher, workspace_id, words)
    if conditions is None:
        return 0
    statement = select(func.count()).select_from(Loan).where(Loan.workspace_id == workspace_id, visible, *conditions)
    return (await session.exec(statement)).one()


def _matching(cipher: Cipher, workspace_id: UUID, words: Sequence[str]) -> list[ColumnElement[bool]] | None:
    """Return the conditions of the words, or None if one of them can match nothing."""
    conditions: list[ColumnElement[bool]] = []
    for word in words:
        kind, text = term_for(word)
        if not text:
            return None
        borrowers = select(SearchTerm.borrower_id).where(
            SearchTerm.workspace_id == workspace_id, SearchTerm.digest == cipher.digest(kind, text)
        )
        key = unicodedata.normalize("NFKC", word).casefold()
        conditions.append(or_(col(Loan.borrower_id).in_(borrowers), col(Loan.number_key) == key))
    return conditions


def _name_forms(name: str) -> Iterator[str]:
    whole = normalised(name)
    yield whole
    chinese = [c for c in whole if "\u4e00" <= c <= "\u9fff"]
    if chinese:
        for end in range(1, len(whole)):
            yield whole[:end]
        given = whole[2:] if _COMPOUND_SURNAMES.match(whole) else whole[1:]
        if given:
            yield given
        yield from _pinyin_forms(whole)
    for word in re.split(r"[^\w]+", unicodedata.normalize("NFKC", name)):
        plain = normalised(word)
        if plain and not chinese:
            yield from (plain[:end] for end in range(3, len(plain) + 1))
            yield plain


def _pinyin_forms(name: str) -> Iterator[str]:
    for syllables in _readings(name):
        for end in range(1, len(syllables) + 1):
            yield "".join(syllables[:end])
        yield "".join(syllables[1:])
        if len(syllables) > 1:
            yield "".join(s[0] for s in syllables)


def _readings(name: str) -> Iterable[tuple[str, ...]]:
    # Imported for the first name that is indexed: the dictionary takes 50 MB and 0.2 s.
    from pypinyin import Style, pinyin

    surname = next((s for s in (name[:2], name[:1]) if s in _SURNAMES), "")
    per_character = [
        list(dict.fromkeys(r)) for r in pinyin(name[len(surname) :], style=Style.NORMAL, heteronym=True, v_to_u=False)
    ]
    options = [[s] for s in _SURNAMES[surname].split()] + per_character if surname else per_character
    spelled = [sorted({form for s in option for form in _spellings(s)}) for option in options]
    return itertools.islice(itertools.product(*spelled), _READINGS)


def _spellings(syllable: str) -> tuple[str, ...]:
    # 吕 is typed lv, lu or lü, here without its accent.
    return (syllable, syllable.replace("v", "u")) if "v" in syllable else (normalised(syllable),)

"""The search index: a borrower is found by keyed digests of the ways to type a name or phone; nothing is decrypted.

A name is found by the whole and by each of its words and parts, with and without accents; by how it begins (each Chinese
character, each other word from its third letter); by its pinyin in its readings, whole, at each syllable, without the surname,
and by the initials. A phone is found by its number, with the country code or as dialled within the country, and by its last
four digits. A typed word of which something is dropped matches no beginning.

Each term but a whole phone has one of many digests, drawn by lot for each borrower, so that those who share a name, its beginning
or its reading seldom share an entry: a thief of the table could count them. A typed word is looked up under all of them.

Entries have a version, `borrower.search_version`: a release that makes other entries raises `VERSION`, the worker makes them
in batches (`desk.loans.indexing`), and meanwhile a word is looked up as all versions have it.
"""

import contextlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, String, any_, bindparam, intersect, union
from sqlalchemy import select as sqlalchemy_select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, delete, func, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine import bulk
from storage.engine.cipher import Cipher, UnreadableError
from storage.engine.work import Work
from storage.queries.core.keyset import Key, is_beyond
from storage.queries.core.rows import chunks
from storage.queries.loans import names
from storage.queries.loans.loans import are_numbered
from storage.queries.loans.search_terms import (
    MAINLAND_MOBILE,
    Term,
    is_changed_by_version_1,
    name_terms,
    phone_terms,
    terms_for,
    terms_for_part,
    version_1_key,
)
from storage.queries.loans.visibility import Viewer
from storage.tables import Borrower, Loan, RelatedPerson, RelatedTerm, SearchTerm

VERSION = 3
"""The version of the entries that this release makes."""

T = TypeVar("T")

_SYLLABLE = re.compile("[a-zü']{1,6}", re.IGNORECASE)
_OF_ONE_DIGEST = ("phone", "name")
"""The kinds of terms of which every entry is the same: few share a phone, and an import looks up thousands."""

_MOST_CACHED = 100_000
"""How many terms a `DigestCache` keeps."""

_MOST_PHONES = 10_000
"""How many phones it keeps: they seldom repeat, but each is asked for twice."""

_CHECKED = 500
"""How many borrowers with entries of version 1 are decrypted for a word of which that version drops something."""


def search_rows(cipher: Cipher, borrower_id: UUID, name: str, phone: str) -> list[SearchTerm]:
    """Return the index rows of one borrower."""
    return [SearchTerm(borrower_id=borrower_id, digest=digest) for digest in digests_of(cipher, name, phone)]


async def add_digests(session: Work, digests: Iterable[tuple[UUID, Collection[int]]]) -> None:
    """Insert the index rows of many borrowers, given as ids and digests."""
    given = list(digests)
    ids = bulk.stored_values(session, SearchTerm, "borrower_id", [key for key, _ in given])
    rows = [(digest, key) for key, (_, found) in zip(ids, given, strict=True) for digest in found]
    # In the order of the index, so that a page of it is written to once.
    rows.sort(key=itemgetter(0))
    if rows:
        await session.insert_values("search_term", ("digest", "borrower_id"), rows)


def digests_of(cipher: Cipher, name: str, *phones: str) -> list[int]:
    """Return digests that find a person of this name and these phones: of each term one of those that it has."""
    cache = DigestCache(cipher)
    found = cache.of_many([name], phones[:1] or ("",))[0]
    for phone in phones[1:]:
        found += cache.of_many([""], [phone])[0]
    return sorted(set(found))


def phone_digest(cipher: Cipher, phone: str) -> int:
    """Return the digest by which search finds a phone (E.164), whatever its extension."""
    return cipher.number("phone", phone.partition(";")[0].removeprefix("+"))


class DigestCache:
    """Makes the digests of many borrowers. What they are made of is computed once for each name, and for each term that names
    share."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._terms: dict[Term, bytes] = {}
        self._names: dict[str, list[bytes]] = {}
        self._phones: dict[str, int] = {}

    def of(self, name: str, phone: str) -> list[int]:
        """Return what `digests_of` returns for the same, in any order and drawn again."""
        return self.of_many([name], [phone])[0]

    def of_many(self, borrowers: Sequence[str], phones: Sequence[str]) -> list[list[int]]:
        """Return for each name and phone (E.164) the digests that find such a borrower, drawn by lot."""
        of_terms: list[bytes] = []
        numbers: list[list[int]] = []
        ends: list[int] = []
        for name, phone in zip(borrowers, phones, strict=True):
            plain = phone.partition(";")[0]
            of_terms += self._of_name(name)
            if MAINLAND_MOBILE.fullmatch(plain):
                of_terms.append(self._digest(("tail", plain[-4:])))
                numbers.append([self.of_phone(phone)])
            else:
                terms = phone_terms(plain)
                of_terms += [self._digest(term) for term in terms if term[0] == "tail"]
                numbers.append([self._cipher.number(*term) for term in terms if term[0] == "phone"])
            ends.append(len(of_terms))
        drawn = self._cipher.scattered(of_terms)
        return [found + drawn[start:end] for found, start, end in zip(numbers, [0, *ends], ends, strict=False)]

    def expect(self, name: str) -> None:
        """Compute what the digests of a name are made of."""
        self._of_name(name)

    def _of_name(self, name: str) -> list[bytes]:
        found = self._names.get(name)
        if found is None:
            if len(self._terms) > _MOST_CACHED:
                self._terms.clear()
                self._names.clear()
            found = self._names[name] = [self._digest(term) for term in name_terms(name)]
        return found

    def of_phone(self, phone: str) -> int:
        """Return the digest by which search finds a phone (E.164), whatever its extension."""
        found = self._phones.get(phone)
        if found is None:
            if len(self._phones) > _MOST_PHONES:
                self._phones.clear()
            found = self._phones[phone] = phone_digest(self._cipher, phone)
        return found

    def _digest(self, term: Term) -> bytes:
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = self._cipher.digest(*term)
        return found


async def known_digests(session: Work, digests: Collection[int]) -> frozenset[int]:
    """Return those of these digests that a borrower has."""
    found: set[int] = set()
    for some in chunks(digests):
        found.update(digest for (digest,) in await session.execute(_KNOWN, {"digests": some}))
    return frozenset(found)


_KNOWN: Any = sqlalchemy_select(col(SearchTerm.digest)).where(
    col(SearchTerm.digest).in_(bindparam("digests", expanding=True))
)


def among(session: Work, column: Any, digests: Collection[int]) -> ColumnElement[bool]:
    """Return the condition for a digest to be one of these, however many: they are one parameter."""
    if session.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(digests), ARRAY(BigInteger)))
    given = func.json_each(bindparam(None, json.dumps(list(digests)), String)).table_valued("value")
    return column.in_(select(given.c.value))


async def replace_digests(session: Work, digests: Mapping[UUID, Collection[int]]) -> None:
    """Replace the index rows of these borrowers by those of their digests."""
    for ids in chunks(digests):
        await session.exec(delete(SearchTerm).where(col(SearchTerm.borrower_id).in_(ids)))
    await add_digests(session, digests.items())


async def find_loans(
    session: Work,
    cipher: Cipher,
    workspace_id: UUID,
    words: Sequence[str],
    *,
    visible: Viewer,
    limit: int,
    in_full: bool = False,
    related: bool = False,
    beyond: Key | None = None,
) -> list[Loan]:
    """Return the visible loans that match every word, as a loan number, by the borrower or, with `related`, by a person around
    the loan; newest first; only those behind the key `beyond`, if given.

    With `in_full`, a word of which something is dropped (`O'Ne`) matches no part of a name by its beginning.
    """
    meant = await _matching(session, cipher, workspace_id, words, in_full=in_full, related=related)
    if not meant:
        return []
    statement = _only(select(Loan), meant).where(visible.condition).order_by(col(Loan.created_at).desc(), col(Loan.id))
    if beyond is not None:
        statement = statement.where(is_beyond(beyond, col(Loan.created_at), col(Loan.id), descending=True))
    return list((await session.exec(statement.limit(limit), params=visible.values)).all())


async def loans_of_names(
    session: Work,
    cipher: Cipher,
    workspace_id: UUID,
    texts: Iterable[str],
    *,
    visible: Viewer,
    limit: int,
) -> list[Loan]:
    """Return the visible loans of borrowers of whose name one of the texts is the whole, or a whole part; newest first."""
    terms = {term for text in texts for term in (("whole", names.name_key(text)), ("name", version_1_key(text)))}
    statement = select(Loan).where(_has_terms(session, cipher, sorted(terms)), visible.condition)
    ordered = statement.order_by(col(Loan.created_at).desc(), col(Loan.id)).limit(limit)
    return list((await session.exec(ordered, params=visible.values)).all())


async def count_loans(
    session: Work, cipher: Cipher, workspace_id: UUID, words: Sequence[str], *, visible: Viewer, related: bool = False
) -> int:
    """Count the loans that `find_loans` finds without a limit."""
    meant = await _matching(session, cipher, workspace_id, words, in_full=False, related=related)
    if not meant:
        return 0
    statement = _only(select(func.count(col(Loan.id))), meant).where(visible.condition)
    return (await session.exec(statement, params=visible.values)).one()


def _only(statement: SelectOfScalar[T], meant: Sequence[CompoundSelect[Any]]) -> SelectOfScalar[T]:
    """Restrict a query of loans to those that every word means.

    The longest word's loans are joined: SQLite would read all of the workspace to look for them in a list.
    """
    first, *others = (each.subquery() for each in meant)
    joined = statement.join(first, first.c.id == col(Loan.id))
    return joined.where(*(col(Loan.id).in_(select(other.c.id)) for other in others))


async def _matching(
    session: Work, cipher: Cipher, workspace_id: UUID, words: Sequence[str], *, in_full: bool, related: bool
) -> list[CompoundSelect[Any]]:
    """Return a query of loans for each word, the longest first. One of separators alone (`·`) asks for nothing beside others.

    Words that may be the syllables of one name (`yu jian ping`) are one query: every word, or all as one.
    """
    asked = [word for word in words if names.words_of(word)] or [word for word in words if names.name_key(word)]
    by_length = sorted(asked, key=len, reverse=True)
    meant = [await _meant(session, cipher, workspace_id, word, in_full=in_full, related=related) for word in by_length]
    if len(asked) < 2 or not all(map(_SYLLABLE.fullmatch, asked)):
        return meant
    spelled = names.name_key("".join(asked))
    whole = select(Loan.id).where(_has_terms(session, cipher, [("whole", spelled), ("start", spelled)]))
    every = intersect(*(select(each.subquery().c.id) for each in meant))
    of_spelled = [("whole", spelled), ("start", spelled)]
    others = [_of_related(session, cipher, workspace_id, of_spelled)] if related else []
    return [union(select(every.subquery().c.id), whole, *others)]


def digests_of_words(cipher: Cipher, words: Sequence[str]) -> list[int]:
    """Return the digests by which any of these typed words, or all as one name, finds a person."""
    terms = {term for word in words for term in terms_for(word)}
    spelled = names.name_key("".join(words))
    return digests_of_typed(cipher, terms | {("whole", spelled), ("start", spelled)})


def digests_of_typed(cipher: Cipher, terms: Iterable[Term]) -> list[int]:
    """Return every digest that an entry of one of these terms may have, of this version or an earlier one."""
    found: list[int] = []
    for kind, text in dict.fromkeys(terms):
        found.append(cipher.number(kind, text))
        if kind not in _OF_ONE_DIGEST:
            found += cipher.of_every_shard(cipher.digest(kind, text))
    return found


def _of_related(session: Work, cipher: Cipher, workspace_id: UUID, terms: Iterable[Term]) -> SelectOfScalar[UUID]:
    """Return a query for the ids of loans of which a person around them has one of the terms."""
    has_one = among(session, col(RelatedTerm.digest), digests_of_typed(cipher, terms))
    return select(RelatedPerson.loan_id).where(
        RelatedPerson.workspace_id == workspace_id,
        col(RelatedPerson.id).in_(select(RelatedTerm.person_id).where(has_one)),
        col(RelatedPerson.removed_at).is_(None),
        col(RelatedPerson.undone_at).is_(None),
    )


async def _meant(
    session: Work, cipher: Cipher, workspace_id: UUID, word: str, *, in_full: bool, related: bool
) -> CompoundSelect[Any]:
    """Return a query for the ids of loans that a word may mean: by its number, its borrower or a person around it."""

    having = partial(_has_terms, session, cipher)
    meant = [*are_numbered(workspace_id, word), select(Loan.id).where(having(terms_for(word)))]
    parts = names.parts_of(word)
    if len(parts) > 1:
        meant.append(select(Loan.id).where(*(having(terms_for_part(part, in_full=in_full)) for part in parts)))
    if is_changed_by_version_1(word) and (checked := await _checked(session, cipher, workspace_id, word)):
        meant.append(select(Loan.id).where(col(Loan.borrower_id).in_(checked)))
    if related:
        meant.append(_of_related(session, cipher, workspace_id, terms_for(word)))
    return union(*meant)


def _has_terms(session: Work, cipher: Cipher, terms: Iterable[Term]) -> ColumnElement[bool]:
    """Return the condition for the loans, of any workspace, whose borrower has one of the terms."""
    has_one = among(session, col(SearchTerm.digest), digests_of_typed(cipher, terms))
    return col(Loan.borrower_id).in_(select(SearchTerm.borrower_id).where(has_one))


async def _checked(session: Work, cipher: Cipher, workspace_id: UUID, word: str) -> list[UUID]:
    """Return the borrowers with entries of version 1 whose name, decrypted, matches the word."""
    terms = {(kind, text) for kind, text in terms_for(word) if kind in ("whole", "start")}
    statement = (
        select(Borrower)
        .join(SearchTerm, col(SearchTerm.borrower_id) == col(Borrower.id))
        .where(
            Borrower.workspace_id == workspace_id,
            SearchTerm.digest == cipher.number("name", version_1_key(word)),
            col(Borrower.search_version) < VERSION,
        )
        .limit(_CHECKED)
    )
    found: list[UUID] = []
    for borrower in await session.exec(statement):
        with contextlib.suppress(UnreadableError):
            if terms & name_terms(cipher.decrypt(Borrower.name_cipher, borrower)):
                found.append(borrower.id)
    return found

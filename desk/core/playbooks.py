"""Playbooks: what a caller may say and ask for each purpose, and in special situations, read from `data/playbooks.toml`.

A manager may replace the texts of one; `desk.loans.playbooks` knows those.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from tomllib import TOMLDecodeError, loads
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from desk.core.data_files import validator
from desk.core.dataclass import dataclass
from desk.core.languages import LANGUAGES, language_of
from desk.core.vocabulary import VOCABULARY, VocabularyError

PLACEHOLDERS = ("me", "lender", "borrower")
"""What a text may have in braces: the caller's name, the lender's, the borrower's."""

_IN_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Script:
    """The parts of a playbook in one language, in the order in which they are said; any may be empty.

    `questions` is what to ask or check, or in a situation what to do. The texts may contain `PLACEHOLDERS` in braces.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    opening: str = ""
    identify: str = ""
    questions: tuple[str, ...] = ()
    closing: str = ""

    def texts(self) -> Iterator[str]:
        """Return every text."""
        yield from (self.opening, self.identify, *self.questions, self.closing)

    def filled(self, values: Mapping[str, str]) -> "Script":
        """Return the script with the values in the place of `PLACEHOLDERS`."""
        return Script(
            opening=_fill(self.opening, values),
            identify=_fill(self.identify, values),
            questions=tuple(_fill(text, values) for text in self.questions),
            closing=_fill(self.closing, values),
        )


Scripts = Mapping[str, Script]
"""A script for each language, by the language's code."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """What a caller may say and ask. `code` is a purpose's, or with `names` (by language) that of a situation."""

    code: str
    scripts: Scripts
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def script(self, locale: str) -> Script:
        """Return the script in the language of `locale`."""
        return self.scripts[language_of(locale).code]

    def name(self, locale: str) -> str:
        """Return the name of a situation, or a purpose's word, in the language of `locale`."""
        if self.names:
            return self.names[language_of(locale).code]
        return VOCABULARY.purpose(self.code).word(locale)


@dataclass(frozen=True, slots=True)
class Playbooks:
    """Every playbook, those of purposes and those of situations in the order of the file."""

    purposes: Mapping[str, Playbook]
    situations: Mapping[str, Playbook]

    def of_code(self, code: str) -> Playbook:
        """Return the playbook with that code. Raises KeyError."""
        return self.purposes.get(code) or self.situations[code]


def unknown_placeholders(text: str) -> list[str]:
    """Return what the text has in braces that is none of `PLACEHOLDERS`."""
    return [name for name in _IN_BRACES.findall(text) if name not in PLACEHOLDERS]


def load_playbooks(source: Traversable) -> Playbooks:
    """Read the playbooks. Raises VocabularyError, which names the file and the entry."""
    try:
        tables: dict[str, Any] = loads(source.read_text("utf-8"))
        voices = TypeAdapter(dict[str, dict[str, Script]]).validate_python(tables.pop("voice"))
        purposes: dict[str, dict[str, Any]] = tables.pop("purpose")
        situations: dict[str, dict[str, Any]] = tables.pop("situation")
    except (OSError, TOMLDecodeError, UnicodeDecodeError, ValidationError, KeyError) as error:
        raise VocabularyError(f"{source.name}: {error}") from error
    if tables:
        raise VocabularyError(f"{source.name}: unknown [{min(tables)}]")
    known = {purpose.code for purpose in VOCABULARY.purposes}
    if astray := known ^ purposes.keys():
        raise VocabularyError(f"{source.name}: [purpose.{min(astray)}] is missing, or no purpose")
    return Playbooks(
        {code: _of_purpose(source.name, code, entry, voices) for code, entry in purposes.items()},
        {code: _of_situation(source.name, code, entry) for code, entry in situations.items()},
    )


def _of_purpose(file: str, code: str, entry: Mapping[str, Any], voices: Mapping[str, Scripts]) -> Playbook:
    scripts = {name: each for name, each in entry.items() if name != "voice"}
    voice = voices.get(entry.get("voice", ""))
    if voice is None:
        raise VocabularyError(f"{file}, [purpose.{code}]: there is no voice {entry.get('voice')!r}")
    return Playbook(code, _scripts(file, f"purpose.{code}", scripts, voice))


def _of_situation(file: str, code: str, entry: Mapping[str, Any]) -> Playbook:
    where = f"situation.{code}"
    try:
        names = {language: str(each["name"]) for language, each in entry.items()}
        texts = {language: {k: v for k, v in each.items() if k != "name"} for language, each in entry.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise VocabularyError(f"{file}, [{where}]: a name is missing") from error
    return Playbook(code, _scripts(file, where, texts, {}), names)


def _scripts(file: str, where: str, entry: Mapping[str, Any], voice: Scripts) -> Scripts:
    if astray := entry.keys() ^ LANGUAGES.keys():
        raise VocabularyError(f"{file}, [{where}.{min(astray)}] is missing, or no language of the desk")
    scripts: dict[str, Script] = {}
    for language, texts in entry.items():
        try:
            own = validator(Script).validate_python(texts)
        except ValidationError as error:
            raise VocabularyError(f"{file}, [{where}.{language}]: {error}") from error
        given = {name: value for name, value in asdict(own).items() if value}
        scripts[language] = replace(voice.get(language, Script()), **given)
        if unknown := [name for text in scripts[language].texts() for name in unknown_placeholders(text)]:
            raise VocabularyError(f"{file}, [{where}.{language}]: nothing stands for {{{unknown[0]}}}")
        if not scripts[language].questions:
            raise VocabularyError(f"{file}, [{where}.{language}]: it asks nothing")
    return scripts


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _IN_BRACES.sub(lambda match: values.get(match[1], match[0]), text)


@cache
def shipped_playbooks() -> Playbooks:
    """Return the playbooks of this release. Raises VocabularyError."""
    return load_playbooks(resources.files("desk") / "data" / "playbooks.toml")

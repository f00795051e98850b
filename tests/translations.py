"""Check every catalogue: each text has one translation, placeholders agree, nothing is fuzzy or left over. In no language
is a text over Slack's limit for its place, and none is in the code outside the catalogues.

Run it with `python -m tests.translations`; exit code 1 names what is missing.
"""

import ast
import re
import string
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from desk.core.languages import translated_languages
from handlers.messages.block_kit.translator import CATALOGUES, catalogue_file

ROOT = Path(__file__).parent.parent
ROOMS = ("handlers", "bot")


def used() -> Catalog:
    """Every text that the code shows: the literals in `t(…)`, `request.t(…)`, `t.n(…)` and `phrase(t, …)`, and those marked with
    `_(…)`."""
    catalog = Catalog()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    for message in _messages(node):
                        catalog.add(message)
    return catalog


def _messages(call: ast.Call) -> Iterator[str | tuple[str, str]]:
    match call.func, call.args:
        case ast.Name(id="t" | "_") | ast.Attribute(attr="t" | "_t"), [first, *_]:
            yield from _literals(first)
        case ast.Name(id="phrase") | ast.Attribute(attr="phrase"), [_, second, *_]:
            yield from _literals(second)
        case ast.Attribute(attr="n"), [ast.Constant(value=str() as one), ast.Constant(value=str() as many), *_]:
            yield one, many
        case _:
            return


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _literals(body)
            yield from _literals(other)
        case _:
            return


def problems() -> list[str]:
    """What is wrong with the catalogues, a line each."""
    listed = {language.catalogue for language in translated_languages()}
    there = {folder.name for folder in CATALOGUES.iterdir() if folder.is_dir()}
    found = [f"no catalogue: {name}" for name in listed - there]
    found += [f"a catalogue of no language in desk/core/languages.py: {name}" for name in there - listed]
    for name, known in catalogues().items():
        found += [f"{name}: {each}" for each in problems_in(known)]
        found += [f"{name}: {each}" for each in repeated(catalogue_file(name).read_text("utf-8"))]
    return found


def catalogues() -> dict[str, Catalog]:
    """The catalogue of each language that is translated."""
    found: dict[str, Catalog] = {}
    for name in (language.catalogue for language in translated_languages()):
        if catalogue_file(name).exists():
            with catalogue_file(name).open("rb") as file:
                found[name] = read_po(file, locale=name)
    return found


def problems_in(known: Catalog) -> list[str]:
    """What is wrong with one catalogue, a line each."""
    wanted = used()
    found: list[str] = []
    for message in wanted:
        if not message.id:
            continue
        translated = known.get(message.id if isinstance(message.id, str) else message.id[0])
        texts = _texts(translated.string) if translated is not None else ()
        if not texts or not all(texts):
            found.append(f"missing: {message.id!r}")
            continue
        if translated is not None and translated.fuzzy:
            found.append(f"fuzzy: {message.id!r}")
        if isinstance(message.id, str) != isinstance(translated.string if translated else "", str):
            found.append(f"plural on one side only: {message.id!r}")
        if not isinstance(message.id, str) and len(texts) != known.num_plurals:
            found.append(f"plural forms: {len(texts)} instead of {known.num_plurals}: {message.id!r}")
        allowed = {name for text in _texts(message.id) for name in _fields(text)}
        plural = not isinstance(message.id, str)
        wrong = [text for text in texts if not _fields(text) <= allowed or (not plural and _fields(text) != allowed)]
        found.extend(f"placeholders differ: {message.id!r} → {text!r}" for text in wrong)
    ids = {m.id if isinstance(m.id, str) else m.id[0] for m in wanted}
    left = [m.id for m in known if m.id and (m.id if isinstance(m.id, str) else m.id[0]) not in ids]
    found.extend(f"not used any more: {each!r}" for each in left)
    return found


def repeated(catalogue: str) -> list[str]:
    """Texts that the catalogue translates more than once, a line each: gettext silently takes the first."""
    heads = re.findall(r'^(msgid (?:".*"\n)+)', catalogue, re.MULTILINE)
    texts = Counter("".join(re.findall(r'"(.*)"', head)) for head in heads)
    return [f"translated more than once: {text!r}" for text, times in texts.items() if times > 1]


_LIMITS: dict[tuple[str, int | str], tuple[int, str]] = {
    ("Button", 0): (75, "a button"),
    ("form_button", 0): (75, "a button"),
    ("Option", 0): (75, "an option"),
    ("Option", "about"): (75, "an option"),
    ("Confirm", 0): (100, "a question's title"),
    ("Confirm", 1): (300, "a question"),
    ("Confirm", 2): (30, "its yes"),
    ("Confirm", 3): (30, "its no"),
    ("Form", "title"): (24, "a modal's title"),
    ("view", 1): (24, "a modal's title"),
    ("view", "submit"): (24, "a modal's button"),
    ("view", "close"): (24, "a modal's button"),
    ("heading", 0): (150, "a heading"),
    ("text", 1): (2000, "a label"),
    ("choice", 1): (2000, "a label"),
    **{(field, "placeholder"): (150, "a placeholder") for field in ("text", "choice", "search")},
}
"""Characters of an argument, by the name of what is called and the argument's place or name."""

_SHOWN = {"Button", "form_button", "Option", "Confirm", "heading", "small", "line", "Bold"}
_NO_TEXT = re.compile(r"[\W\d_]*$|^/[a-z-]+$|^[A-Z]-$|^(中文|English)$")


def limits() -> list[str]:
    """Texts over Slack's limit for where they stand, and words that are shown without being translated, a line each."""
    known = list(catalogues().values())
    found: list[str] = []
    for path in sorted((ROOT / "handlers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                found.extend(f"{path.relative_to(ROOT)}:{node.lineno}: {each}" for each in wrong_in(node, known))
    return found


def wrong_in(call: ast.Call, known: Sequence[Catalog]) -> Iterator[str]:
    """What is wrong with the texts of one call."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    places: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
    places += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg]
    for place, value in places:
        limit, what = _LIMITS.get((name, place), (0, ""))
        said = [text for inner in ast.walk(value) if isinstance(inner, ast.Call) for text in _said(inner, known)]
        yield from (f"{what} over {limit}: {text!r}" for text in said if limit and _length(text) > limit)
        bare = isinstance(value, ast.Constant) and isinstance(value.value, str) and not _NO_TEXT.fullmatch(value.value)
        shown = name in _SHOWN and (place == 0 or name in ("line", "Confirm"))
        if bare and (shown or (limit and place != "placeholder")):
            yield f"not in the catalogue: {ast.unparse(value)}"


def _said(call: ast.Call, known: Sequence[Catalog]) -> Iterator[str]:
    for message in _messages(call):
        yield from _texts(message)
        for catalogue in known:
            translated = catalogue.get(message if isinstance(message, str) else message[0])
            yield from _texts(translated.string) if translated is not None else ()


def _length(text: str) -> int:
    """The least that the text has once its placeholders are filled, in UTF-16 units."""
    words = "".join(literal for literal, *_ in string.Formatter().parse(text))
    return len(words.encode("utf-16-le")) // 2


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(text) for text in value) if isinstance(value, (tuple, list)) else ()


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


if __name__ == "__main__":
    lines = problems() + limits()
    print(*lines, sep="\n")  # noqa: T201
    print(f"{len(used())} texts, {len(lines)} problems")  # noqa: T201
    sys.exit(1 if lines else 0)

"""The tables of docs/security.md that follow from the code: `python -m tests.security_page` writes them."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr
from sqlmodel import SQLModel

import storage.tables
from bot import manifest
from bot.file_page import MADE
from bot.settings import Settings
from desk.core.disclosures import DISCLOSURE, REFUSED
from handlers.messages.audit_trail import OTHER_ACTS, what_happened
from handlers.messages.block_kit.translator import Translator
from handlers.messages.undo import ACTS

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "security.md"

_AMAZON = "what opens the bucket of files, in the variables that Amazon's own tools read"
"""What is said of settings without a word of their own."""

_CODE = ("bot", "desk", "handlers")
_RECORDERS = {"audit": 0, "record": 1, "record_act": 1}
"""Functions that write an entry of the audit trail, with the place of the act among their arguments."""


def columns() -> str:
    """Return the table of encrypted columns."""
    assert storage.tables.__name__  # the tables are declared once they are imported
    rows = [
        (f"`{table.name}`", ", ".join(f"`{each.name}`" for each in table.columns if each.name.endswith("_cipher")))
        for table in sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name)
    ]
    return _table(("table", "encrypted columns"), [row for row in rows if row[1]])


def secrets() -> str:
    """Return the table of settings that are secrets."""
    told = _docstrings()
    rows = [
        (f"`{field.validation_alias or f'LOANDESK_{name.upper()}'}`", told.get(name, _AMAZON))
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr
    ]
    return _table(("setting", "what it is"), rows)


def scopes() -> str:
    """Return the tables of Slack's scopes and events with their reasons."""
    rows = [
        *_reasons(manifest.SCOPES, ""),
        *_reasons(manifest.FILE_SCOPES, "with `LOANDESK_PUBLIC_URL` alone"),
        *_reasons(manifest.LINK_SCOPES, "with `LOANDESK_LOAN_LINKS` alone"),
        *_reasons(manifest.OPTIONAL_SCOPES, "optional"),
        *_reasons(manifest.OPTIONAL_FILE_SCOPES, "optional, with `LOANDESK_PUBLIC_URL` alone"),
    ]
    return _table(("scope", "why"), rows)


def acts() -> str:
    """Return the table of the acts that entries of the audit trail have."""
    t = Translator("en-US")
    wrong_codes = {f"{kind}_code_wrong" for kind in MADE}
    codes = sorted({*_recorded(), *ACTS, *OTHER_ACTS, *wrong_codes, DISCLOSURE, REFUSED})
    unsaid = what_happened(t, "", "")
    rows = [(f"`{code}`", "" if (words := what_happened(t, code, "")) == unsaid else words) for code in codes]
    return _table(("act", "in words"), rows)


TABLES: Mapping[str, Callable[[], str]] = {"columns": columns, "secrets": secrets, "scopes": scopes, "acts": acts}
"""The tables by the name in their comments."""


def in_doc(name: str) -> str:
    """Return a table as the document has it."""
    found = _place_of(name).search(DOC.read_text("utf-8"))
    assert found is not None, f"{DOC.name} has lost the comments around the table of {name}"
    return found[0]


def _place_of(name: str) -> re.Pattern[str]:
    begin = f"<!-- {name}: made by `python -m tests.security_page` -->\n"
    return re.compile(f"(?<={re.escape(begin)}).*?(?=<!-- end of {name} -->)", re.DOTALL)


def _table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {first} | {second} |" for first, second in (heads, *rows)]
    return "\n".join([lines[0], "|---|---|", *lines[1:]]).replace("|  |", "| |") + "\n"


def _reasons(reasons: Mapping[str, str], when: str) -> Iterator[tuple[str, str]]:
    for scope, why in reasons.items():
        yield f"`{scope}`{f' ({when})' if when else ''}", why


def _docstrings() -> dict[str, str]:
    """Return what is said below each setting."""
    (settings,) = [
        node
        for node in ast.parse((ROOT / "bot" / "settings.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    ]
    return {
        field.target.id: " ".join(said.value.value.split())
        for field, said in zip(settings.body, settings.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant) and isinstance(said.value.value, str)
    }


def _recorded() -> Iterator[str]:
    """Yield the acts that the code names where it writes an entry."""
    for folder in _CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _act_of(node)


def _act_of(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = _RECORDERS.get(name)
    if place is not None and len(call.args) > place:
        for node in ast.walk(call.args[place]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[:1].isalpha():
                yield node.value


if __name__ == "__main__":
    text = DOC.read_text("utf-8")
    for table_name, make in TABLES.items():
        begin, end = _place_of(table_name).search(text).span()  # pyright: ignore[reportOptionalMemberAccess] # fails loudly
        text = text[:begin] + make() + text[end:]
    DOC.write_text(text, "utf-8")

"""The table of rights in docs/security.md, made from `desk/data/permissions.toml`: `python -m tests.permissions` writes it."""

import re
from pathlib import Path

from desk.core.permissions import RULES, Grant, Relation

DOC = Path(__file__).parents[1] / "docs" / "security.md"
_TABLE = re.compile(
    r"(?<=<!-- rights: made by `python -m tests.permissions` -->\n).*?(?=<!-- end of rights -->)", re.DOTALL
)

_RELATIONS: dict[Relation, str] = {
    "own": "their own",
    "recent": "their own, within a day",
    "loan": "on their own loan",
    "held": "where they hold a follow-up",
    "covered": "of a member whom they cover",
    "managed": "of a member whom they manage",
    "team": "of their team",
    "unowned": "without an owner",
    "taken": "on a loan that they have taken to call next",
    "escalated": "with an escalation that no nearer manager has resolved",
}


def in_doc() -> str:
    """Return the table as the document has it."""
    found = _TABLE.search(DOC.read_text("utf-8"))
    assert found is not None, f"{DOC.name} has lost the comments around the table of rights"
    return found[0]


def table() -> str:
    """Return the table of rights in Markdown."""
    rows = [f"| {rule.does} | {'; '.join(map(_grant, rule.grants))} |" for rule in RULES.values()]
    return "\n".join(["| to | may |", "|---|---|", *rows]) + "\n"


def _grant(grant: Grant) -> str:
    if grant.scopes:
        return f"tokens of the API with {', '.join(f'`{scope}`' for scope in grant.scopes)}"
    who = ", ".join(grant.roles) if grant.roles else "every member"
    if grant.relations is None:
        return who
    return f"{who}: {', '.join(_RELATIONS[relation] for relation in grant.relations)}"


if __name__ == "__main__":
    DOC.write_text(_TABLE.sub(lambda _: table(), DOC.read_text("utf-8")), "utf-8")

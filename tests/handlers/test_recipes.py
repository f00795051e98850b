"""What the recipes in CONTRIBUTING ask for, and no type or import would miss."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import desk
import handlers
from desk.core.vocabulary import VOCABULARY, Outcome
from handlers.commands import COMMANDS
from handlers.door.declarations import Command
from handlers.door.registry import registry
from handlers.forms.form import Form
from handlers.messages import undo
from handlers.messages.refusals.refusals import EXPLANATIONS
from handlers.messages.refusals.texts import TEXTS

COMMANDS_PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text("utf-8")
_TABLE_OF_FORMS = COMMANDS_PAGE.partition("| form | opened from |")[2].partition("\n\n")[0].splitlines()[2:]
FORMS_IN_DOCS = {name for row in _TABLE_OF_FORMS for name in row.split("|")[1].strip().split(" · ")}
REFUSALS = ("Invalid", "NotFound", "NotAllowed", "Conflict", "Ambiguous")


def calls_in(*packages: str) -> Iterator[ast.Call]:
    for package in packages:
        for path in sorted(Path(package).rglob("*.py")):
            yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def literal(call: ast.Call, position: int) -> str | None:
    if len(call.args) <= position:
        return None
    argument = call.args[position]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def acts() -> set[str]:
    """The acts that can be undone."""
    offers = [
        call for call in calls_in(desk.__path__[0]) if isinstance(call.func, ast.Name) and call.func.id == "offer_undo"
    ]
    return {act for call in offers if (act := literal(call, 1)) is not None}


def codes() -> set[str]:
    """The codes of refusals, but for those of a file's rows, which the console words."""
    raised = [
        call
        for call in calls_in(desk.__path__[0], handlers.__path__[0])
        if isinstance(call.func, ast.Name) and call.func.id in REFUSALS
    ]
    found = {code for call in raised if (code := literal(call, 0)) is not None}
    return {code for code in found if not code.startswith("import_")}


def test_each_act_that_can_be_undone_has_a_word() -> None:
    found = acts()
    assert found
    assert found - {*undo.ACTS} == set()


def test_each_refusal_has_a_text() -> None:
    found = codes()
    assert found
    assert found - {*TEXTS, *EXPLANATIONS} == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_in_the_docs(command: Command) -> None:
    assert f"`{command.name}" in COMMANDS_PAGE


@pytest.mark.parametrize("form", registry().forms.values(), ids=lambda form: form.name)
def test_a_form_is_in_the_docs(form: Form) -> None:
    assert form.title in FORMS_IN_DOCS


@pytest.mark.parametrize("outcome", VOCABULARY.outcomes, ids=lambda outcome: outcome.code)
def test_an_outcome_is_in_the_docs(outcome: Outcome) -> None:
    assert outcome.en in COMMANDS_PAGE
    assert outcome.zh in COMMANDS_PAGE


def test_commands_differ_in_their_precedence() -> None:
    assert len({command.precedence for command in COMMANDS}) == len(COMMANDS)

"""What every message, view and form looks like in both languages; `--update-snapshots` rewrites the snapshots."""

import json
import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from desk.core.transaction import Office
from handlers.door.request import Request
from handlers.forms import playbook
from handlers.forms.call import CORRECTION
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View
from handlers.messages.refusals.errors import refusal
from sandbox.validator import validate_message, validate_view
from storage.tables import Workspace
from tests.builders import SHANGHAI, make_call, make_follow_up, make_loan, make_member
from tests.handlers.messages.choices import LANGUAGES, Choices, MinimalChoices, UnsettledChoices
from tests.handlers.messages.example_values import FORMS_OF_A_LOAN, ExampleBuilder, refusals, renderers

FOLDER = Path(__file__).parent / "snapshots"
PROFILES: dict[str, type[Choices]] = {"in full": Choices, "waiting": UnsettledChoices, "bare": MinimalChoices}
MODULES = {module: list(group) for module, group in groupby(renderers(), lambda each: each[0].partition(".")[0])}

Snapshot = Callable[[str, str], None]


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compare a text with the snapshot of that name."""

    def compare(name: str, text: str) -> None:
        path = FOLDER / f"{name}.txt"
        if request.config.getoption("--update-snapshots"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.exists(), f"{path.name} is new: run with --update-snapshots"
        assert text == path.read_text("utf-8")

    return compare


def lines_of(title: str, content: Message | View) -> str:
    """Return a message or view as lines: its text, and a line for each block."""
    if isinstance(content, View):
        payload = content.payload()
        assert validate_view(payload, payload["type"]) is None
        head = {name: value for name, value in payload.items() if name != "blocks"}
        return _paragraph(title, [_json(head)], content.blocks)
    assert validate_message({"text": content.text, "blocks": content.blocks}) is None
    plain = _paragraph(title, content.text.splitlines(), content.blocks)
    return plain if content.with_tables is None else plain + lines_of(f"{title}, with tables", content.with_tables)


def _paragraph(title: str, lines: Iterable[str], blocks: Iterable[dict[str, Any]]) -> str:
    rows = [f"# {title}", *(f"  {line}" for line in lines), *(f"  {_json(block)}" for block in blocks)]
    return "\n".join(rows) + "\n\n"


def _json(value: Any) -> str:
    """Return short JSON: plain words without their element, and ids that are the same in every run."""
    text = json.dumps(_short(value), ensure_ascii=False)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>", text)


def _short(value: Any) -> Any:
    match value:
        case {"type": "text" | "plain_text", "text": words, **more} if more in ({}, {"emoji": False}):
            return words
        case {"type": "text", "text": words, "style": style}:
            return {"/".join(style): words}
        case {"type": "rich_text_section", "elements": elements}:
            return _short(elements)
        case dict():
            return {name: _short(each) for name, each in value.items()}
        case list():
            return [_short(each) for each in value]
        case _:
            return value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", MODULES)
def test_every_message_and_view(module: str, language: str, snapshot: Snapshot) -> None:
    t = Translator(language)
    written: list[str] = []
    for name, function in MODULES[module]:
        versions: dict[str, str] = {}
        for profile, choices in PROFILES.items():
            content = function(**ExampleBuilder(choices()).arguments(function, t))
            if lines_of("", content) not in versions:
                versions[lines_of("", content)] = lines_of(f"{name}, {profile}", content)
        written.extend(versions.values())
    snapshot(f"{language}/{module}", "".join(written))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal(language: str, snapshot: Snapshot) -> None:
    t = Translator(language)
    written = [lines_of(error.code, refusal(t, error, SHANGHAI)) for error in refusals(ExampleBuilder(Choices()))]
    snapshot(f"{language}/refusal_reasons", "".join(written))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_form(office: Office, workspace: Workspace, language: str, snapshot: Snapshot) -> None:
    lin = await make_member(office, workspace, "U0LIN", name="Lin", roles="agent manager admin compliance")
    loan = await make_loan(office, workspace, "L-1042", owner=lin)
    await make_follow_up(office, loan, lin, purpose="documents")
    call = await make_call(office, loan, lin, note="brings the payslip")
    written: list[str] = []
    async with office.reading_desk(workspace) as desk:
        desk.actor = lin
        request = Request(desk=desk, t=Translator(language), zone=SHANGHAI, channel_id="")
        for name, form in FORMS_OF_A_LOAN.items():
            written.append(lines_of(f"{name}, empty", await form.build(request, {}, {})))
            chosen = await form.build(request, {"l": loan.number}, {"loan": loan.number, "outcome": "reached"})
            written.append(lines_of(f"{name}, of a loan", chosen))
        written.append(lines_of("correct_call", await CORRECTION.build(request, {"c": str(call.id)}, {})))
        written.append(lines_of("edit_playbook", await playbook.FORM.build(request, {"c": "income"}, {})))
    snapshot(f"{language}/forms", "".join(written))


def test_no_snapshot_is_left_of_a_removed_module() -> None:
    names = {path.stem for path in FOLDER.glob("*/*.txt")}
    assert names == {*MODULES, "refusal_reasons", "forms"}

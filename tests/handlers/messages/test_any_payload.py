"""Slack accepts what the desk sends, whatever people are called, whatever they write, and however much there is."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.core.transaction import Office
from desk.core.values import NAME_LIMIT, NUMBER_LIMIT
from desk.core.vocabulary import NOTE_LIMIT
from handlers.door.request import Request
from handlers.forms import playbook
from handlers.forms.call import CORRECTION
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import View, message_modal
from handlers.messages.refusals.errors import refusal, trouble
from sandbox.model import text_of
from sandbox.validator import MAX_ON_UPDATE, units, validate_message, validate_view
from storage.engine.trouble import Trouble
from storage.engine.types import new_id
from storage.tables import Workspace
from tests.builders import SHANGHAI, make_call, make_loan, make_member
from tests.handlers.messages.choices import LANGUAGES, NOW, Choices
from tests.handlers.messages.example_values import FORMS_OF_A_LOAN, ExampleBuilder, refusals, renderers

RENDERERS = dict(renderers())
NASTY = (
    "<!channel> *x* _y_ ~z~ `c`",
    "<@U0LIN|lin> <https://a.example|b> &lt;&amp;",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 8,
    "\u202eسلام עולם\u202c",
    "﷽" * 60,
    "a\u0300" * 50,
    "{name} %s {0} {",
    "行\n行\r\n\t\u2028行",
    " ",
    "\u200b",
)
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100))
NOTES = st.one_of(TEXTS, st.builds(lambda text: (text * 10_000)[:10_000], TEXTS), st.just(""))
COUNTS = st.sampled_from((0, 1, 2, 11, 26, 101, 1000))


class RandomChoices(Choices):
    """Decides at random, reproducibly by `seed`."""

    def __init__(self, name: str, note: str, number: str, count: int, seed: int) -> None:
        self.name, self.number = name[:NAME_LIMIT], number[:NUMBER_LIMIT]
        # Long notes in long lists, ten million characters, would take minutes.
        self.note = note if count <= 11 else note[:200]
        self._count = count
        self._random = random.Random(seed)

    def one_of(self, options: Sequence[Any]) -> Any:
        return self._random.choice(options)

    def includes(self, name: str) -> bool:
        return self._random.random() < 0.7

    def count(self) -> int:
        return self._count

    def amount(self) -> int:
        return self._random.choice((0, 1, 2, 37, 10**6))

    def moment(self) -> datetime:
        return NOW + timedelta(minutes=self._random.randrange(10**6))


CHOICES = st.builds(RandomChoices, TEXTS, NOTES, TEXTS, COUNTS, st.integers(0, 2**32))
LANGUAGE = st.sampled_from(sorted(LANGUAGES))
FEW_EXAMPLES = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def problems(content: Message | View, t: Translator) -> list[object]:
    """Return what Slack would refuse of the content as a message, as an update, and as a modal."""
    if isinstance(content, View):
        payload = content.payload()
        problem = validate_view(payload, payload["type"])
        return [problem] if problem else []
    found: list[object] = []
    for message in filter(None, (content, content.with_tables)):
        found.append(validate_message({"text": message.text, "blocks": message.blocks}))
        if units(message.text) > MAX_ON_UPDATE:
            found.append(f"a text of {units(message.text)} units")
        if len(text_of({"blocks": message.blocks})) > 40_000:
            found.append("msg_blocks_too_long")
    found.append(validate_view(message_modal(t, content, "Loan Desk").payload()))
    return [each for each in found if each]


@pytest.mark.parametrize("name", RENDERERS)
@FEW_EXAMPLES
@given(choices=CHOICES, language=LANGUAGE)
def test_slack_accepts_every_message_and_view(name: str, choices: RandomChoices, language: str) -> None:
    t = Translator(language)
    function: Callable[..., Message | View] = RENDERERS[name]
    assert problems(function(**ExampleBuilder(choices).arguments(function, t)), t) == []


@FEW_EXAMPLES
@given(choices=CHOICES, language=LANGUAGE)
def test_slack_accepts_every_refusal(choices: RandomChoices, language: str) -> None:
    t = Translator(language)
    for error in refusals(ExampleBuilder(choices)):
        assert problems(refusal(t, error, SHANGHAI, line=choices.note), t) == []
        assert refusal(t, error, SHANGHAI).text
    for kind in Trouble:
        assert problems(trouble(t, kind, line=choices.note), t) == []


@FEW_EXAMPLES
@given(choices=CHOICES, language=LANGUAGE)
def test_what_people_type_is_never_parsed(choices: RandomChoices, language: str) -> None:
    t = Translator(language)
    choices.name = choices.note = "<!channel> <@U0OTHER>"
    for function in RENDERERS.values():
        content = function(**ExampleBuilder(choices).arguments(function, t))
        text = content.text if isinstance(content, Message) else ""
        assert "<!" not in text
        assert "<@U0OTHER" not in text
        assert '"mrkdwn"' not in str(content.blocks).replace("'", '"')


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(
    choices=CHOICES, language=LANGUAGE, typed=st.dictionaries(st.sampled_from(("note", "next", "due", "name")), NOTES)
)
async def test_slack_accepts_every_form(
    office: Office, workspace: Workspace, choices: RandomChoices, language: str, typed: dict[str, str]
) -> None:
    unique = new_id().hex[-12:].upper()
    lin = await make_member(office, workspace, f"U{unique}", name=choices.name, roles="agent manager admin compliance")
    loan = await make_loan(office, workspace, f"L-{unique}", owner=lin, name=choices.name)
    kept = {name: text[:3000] for name, text in typed.items() if text}
    call = await make_call(office, loan, lin, note=kept.get("note", "")[:NOTE_LIMIT])
    async with office.reading_desk(workspace) as desk:
        desk.actor = lin
        t = Translator(language)
        request = Request(desk=desk, t=t, zone=SHANGHAI, channel_id="")
        for form in FORMS_OF_A_LOAN.values():
            assert problems(await form.build(request, {}, kept), t) == []
            chosen = {**kept, "loan": loan.number, "outcome": "reached"}
            assert problems(await form.build(request, {"l": loan.number}, chosen), t) == []
        assert problems(await CORRECTION.build(request, {"c": str(call.id)}, {}), t) == []
        assert problems(await playbook.FORM.build(request, {"c": "income"}, kept), t) == []

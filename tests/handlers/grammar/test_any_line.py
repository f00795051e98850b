"""Any line is understood, or refused with the part that was not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from handlers.grammar import call, digest, documents, due_list, follow, loan, note, reassign, stage, team
from handlers.grammar.text import Line
from tests.handlers.grammar.phrases import SHANGHAI, WEDNESDAY

GRAMMARS = [call, digest, documents, due_list, follow, loan, note, reassign, stage, team]

PHRASES = """
L-1042 L-1042/3 王小明 na 未接 已接通 paid half 承诺还款 plan 还款计划 next 下次 > : ： ， ；
fri 周五 3点 10:00 明天 下周 done 完成 move 改期 id 身份证 other 其他 by 前 周五前 and 和 got 收到 reject 退回
<@U1|a,b> @wang <#C1|d> agent 电核 until 到 cover hours 09:00-18:00 calendar off
find 查 new 13800138000 edit name today team now help ? 2 3/4 ² ½ ｎａ
"""
WORDS = PHRASES.split()

lines = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=9).map("".join),
)


@pytest.mark.parametrize("grammar", GRAMMARS, ids=lambda grammar: grammar.__name__.rpartition(".")[2])
@given(text=lines)
def test_any_line_is_understood_or_refused(grammar: Any, text: str):
    try:
        grammar.parse(Line.read(text), WEDNESDAY, SHANGHAI)
    except Invalid as refusal:
        check(refusal, text)


def check(refusal: Invalid, text: str) -> None:
    assert refusal.params["part"]
    assert len(refusal.params["given"]) <= len(text)
    assert all(isinstance(form, str) and form for form in refusal.params["nearest"])

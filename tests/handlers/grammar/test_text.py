"""A line as typed and as matched."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammar.text import Line, Mention, splits_word


def test_words_match_in_any_width_and_case_and_are_kept_as_typed():
    line = Line.read("Ｌ-1042　ＷＡＮＧ，Ｏｋ！")
    assert line.norm == "l-1042 wang,ok!"
    assert line.original(0, 6) == "Ｌ-1042"
    assert line.original(7, 11) == "ＷＡＮＧ"
    assert line.original(11) == "，Ｏｋ！"


@pytest.mark.parametrize(
    ("typed", "matched"), [("120㎡房", "120m2房"), ("½车款", "1⁄2车款"), ("㈠号", "(一)号"), ("ﬁne", "fine")]
)
def test_a_character_that_becomes_several_is_returned_whole(typed: str, matched: str):
    line = Line.plain(typed)
    assert line.norm == matched
    assert line.original(0) == typed


def test_part_of_such_a_character_is_returned_as_the_whole_character():
    line = Line.plain("a㎡b")
    assert line.norm == "am2b"
    assert line.original(1, 2) == "㎡"
    assert line.original(2, 3) == "㎡"


def test_combining_marks_stay_with_their_letter():
    line = Line.plain("Cafe\u0301 Zoe\u0308")
    assert line.norm == "café zoë"
    assert line.original(3, 4) == "e\u0301"


def test_slack_escapes_are_undone_once():
    assert Line.read("&lt;!channel&gt; &amp;amp; *x* =1+1").raw == "<!channel> &amp; *x* =1+1"


def test_a_link_is_replaced_by_its_label_or_without_one_by_its_address():
    line = Line.read(
        "mail <mailto:li@example.com|li@example.com> see <https://bank.cn/a?b=1&amp;c=2> or <http://x.cn|X &amp; Y>"
    )
    assert line.raw == "mail li@example.com see https://bank.cn/a?b=1&c=2 or X & Y"
    assert Line.read("<tel:13800138000|138 0013 8000>").raw == "138 0013 8000"


def test_a_mention_is_distinguished_from_one_typed_as_text():
    line = Line.read("Ask <@U012AB|li.wei> &lt;@U99&gt; in <#C7|desk> <#C8|>")
    assert line.raw == "Ask <@U012AB|li.wei> <@U99> in <#C7|desk> <#C8|>"
    assert [(m.kind, m.id, m.label) for m in line.mentions] == [
        ("user", "U012AB", "li.wei"),
        ("channel", "C7", "desk"),
        ("channel", "C8", ""),
    ]
    assert [line.original(m.start, m.end) for m in line.mentions] == ["<@U012AB|li.wei>", "<#C7|desk>", "<#C8|>"]


def test_a_mention_is_found_at_its_start_even_after_characters_that_become_several():
    line = Line.read("㎡㎡ <@W1>")
    assert line.mention_at(5) == Mention(5, 10, "user", "W1", "")
    assert line.mention_at(0) is None


def test_a_note_is_kept_without_surrounding_separators():
    line = Line.read("next， 太太说：月底前，一定还。 ")
    assert line.trimmed(4) == "太太说：月底前，一定还。"


@pytest.mark.parametrize(
    "inside", ["fri|ends", "3|5", "2|nd", "1|.5", "friday|'s", "10|%", "sun|-roof", "a|1", "10|:30"]
)
def test_a_match_that_ends_inside_a_number_or_latin_word_splits_it(inside: str):
    assert splits_word(inside.replace("|", ""), inside.index("|"))


@pytest.mark.parametrize(
    "between", ["fri|下午", "15:00|核实", "周五|fri", "fri| 2", "10|, 2", "3| 点", "|fri", "fri|", "fri|-"]
)
def test_a_match_that_ends_between_words_splits_nothing(between: str):
    assert not splits_word(between.replace("|", ""), between.index("|"))


@given(st.text(max_size=60))
def test_any_text_is_matched_normalised_and_returned_as_typed(text: str):
    line = Line.plain(text)
    assert line.norm == unicodedata.normalize("NFKC", text.replace("´", "'")).casefold()
    assert line.original(0) == (text if line.norm else "")


@given(st.text(max_size=60), st.data())
def test_any_span_maps_to_the_text_as_typed(text: str, data: st.DataObject):
    line = Line.plain(text)
    start = data.draw(st.integers(0, len(line.norm)))
    end = data.draw(st.integers(start, len(line.norm)))
    original = line.original(start, end)
    assert original in text
    assert line.norm[start:end] in unicodedata.normalize("NFKC", original.replace("´", "'")).casefold()


@given(st.text(max_size=60))
def test_any_text_survives_slacks_escapes(text: str):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = Line.read(escaped)
    assert line.raw == text
    assert line.mentions == ()

"""`/loan-digest`."""

from datetime import time

import pytest

from handlers.grammar.digest import DigestRequest, parse
from tests.handlers.grammar.lines import asked, refused, understood


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("", DigestRequest("show")),
        ("now", DigestRequest("now")),
        ("现在", DigestRequest("now")),
        ("OFF", DigestRequest("off")),
        ("关闭", DigestRequest("off")),
        ("08:30", DigestRequest("time", time(8, 30))),
        ("9:00", DigestRequest("time", time(9))),
        ("０７：１５", DigestRequest("time", time(7, 15))),
        ("00:00", DigestRequest("time", time(0))),
        ("23:59", DigestRequest("time", time(23, 59))),
    ],
)
def test_the_digest_is_set_as_typed(typed: str, request_: DigestRequest):
    assert understood(parse, typed) == request_


@pytest.mark.parametrize(
    ("typed", "code", "given"),
    [
        ("soon", "digest_unknown", "soon"),
        ("9", "digest_unknown", "9"),
        ("24:00", "clock_impossible", "24:00"),
        ("10:60", "clock_impossible", "10:60"),
        ("7:15", "clock_ambiguous", "7:15"),
        ("now please", "not_understood", "please"),
        ("08:30 mon", "not_understood", "mon"),
    ],
)
def test_anything_else_is_refused(typed: str, code: str, given: str):
    refusal = refused(parse, typed)
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == (code, "digest", given)


def test_an_ambiguous_hour_is_refused_and_shows_both_readings():
    assert refused(parse, "7:15").params["nearest"] == ("07:15", "19:15")


def test_the_chinese_word_for_help_requests_help():
    assert asked(parse, "帮助") == "help"

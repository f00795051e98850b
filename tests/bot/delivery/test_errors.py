"""What Slack's errors mean for a delivery."""

import pytest

from bot.delivery.errors import Verdict, verdict_on


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("ratelimited", Verdict.WAIT),
        ("fatal_error", Verdict.UNKNOWN),
        ("invalid_blocks", Verdict.OUR_FAULT),
        ("is_archived", Verdict.TARGET_GONE),
        ("restricted_action_read_only_channel", Verdict.TARGET_GONE),
        ("message_not_found", Verdict.MESSAGE_GONE),
        ("edit_window_closed", Verdict.FROZEN),
        ("token_revoked", Verdict.STOPPED),
        ("duplicate_message_not_found", Verdict.KEY_REFUSED),
        ("an_error_of_next_year", Verdict.UNKNOWN),
    ],
)
def test_each_error_means_one_thing(error: str, verdict: Verdict) -> None:
    assert verdict_on(error) is verdict

"""What the benchmark rests on: commands are signed as Slack signs them, ratios are made round by round."""

from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier

from bench import load, report
from bench.commands import LOAN_CALL
from bench.figures import ratios, share


def test_a_typed_command_is_signed_as_slack_signs_it_and_never_comes_twice() -> None:
    seen: set[str] = set()
    for _ in range(20):
        head, _, body = load.request(LOAN_CALL, 3000).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert SignatureVerifier(load.SIGNING_SECRET).is_valid_request(body, headers)
        seen.add(parse_qs(body.decode())["text"][0])

    assert len(seen) == 20


def test_a_ratio_is_made_within_each_round() -> None:
    slowed_down = ratios([10.0, 100.0, 30.0], [20.0, 200.0, 60.0])

    assert (slowed_down.low, slowed_down.median, slowed_down.high) == (0.5, 0.5, 0.5)


def test_the_99th_percentile_leaves_one_of_a_hundred_above_it() -> None:
    assert share([float(n) for n in range(1, 101)], 0.99) == 100.0
    assert share([float(n) for n in range(1, 1001)], 0.99) == 991.0


def test_the_page_has_a_place_for_the_figures() -> None:
    page = report.DOCS.read_text("utf-8")

    assert page.index(report.BEGIN) < page.index(report.END)

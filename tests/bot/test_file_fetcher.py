"""To which addresses the bot's token is sent when a file is fetched."""

import pytest

from bot.file_fetcher import serves_files

SLACK, SANDBOX = "https://slack.com/api/", "http://127.0.0.1:8420/api/"


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com/files-pri/T1-F1/download/scan.pdf",
        "https://files.slack.com:443/files-pri/T1-F1/scan%40home.pdf?pub_secret=1",
        "https://files.slack-gov.com/files-pri/T1-F1/scan.pdf",
    ],
)
def test_slacks_files_are_asked_for_with_the_token(url: str) -> None:
    assert serves_files(url, SLACK)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/files-pri/T1-F1",
        "http://files.slack.com/files-pri/T1-F1",
        "https://files.slack.com:8443/x",
        "https://files.slack.com.evil.example/x",
        "https://evil.example/files.slack.com",
        "https://files.slack.com@evil.example/x",
        "https://evil.example\\@files.slack.com/x",
        "https://files.slack.com\n.evil.example/x",
        "https://fіles.slack.com/x",
        "https://lender.slack.com/?redir=x",
        "https://127.0.0.1:8420/x",
        "http://127.0.0.1:8420/x",
        "https://[files.slack.com/x",
        "ftp://files.slack.com/x",
    ],
)
def test_no_other_address_gets_it(url: str) -> None:
    assert not serves_files(url, SLACK)


def test_a_sandbox_serves_its_own_files() -> None:
    assert serves_files("http://127.0.0.1:8420/files-pri/T1-F1/scan.pdf", SANDBOX)
    assert not serves_files("http://127.0.0.1:8421/files-pri/T1-F1/scan.pdf", SANDBOX)

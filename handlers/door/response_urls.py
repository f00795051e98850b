"""To which addresses an answer may be sent: Slack's own, because an answer names borrowers."""

from urllib.parse import urlsplit

_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")


def is_slacks(url: str, api_url: str) -> bool:
    """Return whether a `response_url` is Slack's, or leads to where the Web API is (the sandbox's does).

    An address that another program could read differently, with a user name or a backslash, is not.
    """
    if not (url.isascii() and url.isprintable()) or any(character in url for character in "\\@ "):
        return False
    try:
        to, api = urlsplit(url), urlsplit(api_url)
        place, slacks = (to.scheme, to.hostname, to.port), (api.scheme, api.hostname, api.port)
    except ValueError:
        return False
    return place == slacks or (to.scheme == "https" and to.hostname in _SLACK and to.port in (None, 443))

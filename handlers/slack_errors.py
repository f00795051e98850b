"""What Slack calls a failure of its Web API."""

from slack_sdk.errors import SlackApiError


def code_of(error: SlackApiError) -> str:
    """The name of the error; the empty text when Slack's answer has none, as behind a 5xx."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error", "")) if isinstance(data, dict) else ""

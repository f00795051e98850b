"""What is told of an endpoint of webhooks wherever it is named."""

from urllib.parse import urlsplit

from storage.tables import WebhookEndpoint

BY_OPERATOR = "operator"
"""Why an endpoint is disabled that the operator has stopped: nobody need be told."""


def host_of(row: WebhookEndpoint) -> str:
    """Return the host of an endpoint, without the path, which may have a secret."""
    return urlsplit(row.url).hostname or ""

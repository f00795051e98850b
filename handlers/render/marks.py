"""Marks texts that are translated elsewhere than where they stand."""


def _(text: str) -> str:
    """Marks a text for translation; it is translated where it is shown."""
    return text

"""Fill a form as a member does, field after field."""

from collections.abc import Mapping
from typing import Any

from sandbox.modals import Modal


async def fill(form: Modal, values: Mapping[str, Any]) -> None:
    """Enter values in the fields of a form, by label: with `_` for a space where the label is the name of an argument."""
    for label, value in values.items():
        await form.fill(label.replace("_", " "), value)

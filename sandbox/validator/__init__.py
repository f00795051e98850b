"""Says of a payload whether Slack would take it, from the limits on Slack's reference pages. It refuses, never warns."""

from sandbox.validator.message import MOST_ON_POST, MOST_ON_UPDATE, Refusal, validate_blocks, validate_message
from sandbox.validator.schema import units
from sandbox.validator.view import validate_options, validate_view

__all__ = [
    "MOST_ON_POST",
    "MOST_ON_UPDATE",
    "Refusal",
    "units",
    "validate_blocks",
    "validate_message",
    "validate_options",
    "validate_view",
]

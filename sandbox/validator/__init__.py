"""Validate payloads against the limits on Slack's reference pages. Every problem is a refusal, never a warning."""

from sandbox.validator.message import MAX_ON_POST, MAX_ON_UPDATE, Refusal, validate_blocks, validate_message
from sandbox.validator.schema import units
from sandbox.validator.view import validate_options, validate_view

__all__ = [
    "MAX_ON_POST",
    "MAX_ON_UPDATE",
    "Refusal",
    "units",
    "validate_blocks",
    "validate_message",
    "validate_options",
    "validate_view",
]

"""Validate a message: text, blocks, attachments and metadata. Limits: /reference/methods/chat.postMessage."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.dates import wrong_dates
from sandbox.model import Json
from sandbox.validator.blocks import check_blocks
from sandbox.validator.schema import Report, Surface, anything, array, fields, string, units

MAX_ON_UPDATE = 4_000
MAX_ON_POST = 40_000
MAX_METADATA = 16_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Slack's answer to an invalid payload: an error, and messages that point to the problems."""

    error: str
    messages: tuple[str, ...] = ()


def validate_blocks(blocks: Any, surface: Surface = "message", scopes: frozenset[str] = frozenset()) -> list[str]:
    """Return the problems of these blocks, each with a JSON pointer; empty when Slack would accept them."""
    report = Report(surface, scopes)
    check_blocks(blocks, report)
    return report.problems


def validate_message(payload: Json, scopes: frozenset[str] = frozenset()) -> Refusal | None:
    """Return why Slack, or this stricter workspace, refuses a message; None when it is valid.

    Stricter than Slack: a message with blocks needs a text too, since screen readers and notifications use only that; and
    a date that Slack can't show is refused, where Slack would show its fallback. A text over 40,000 characters is accepted,
    since Slack truncates it. `scopes` are the app's.
    """
    return _check_text(payload) or _check_blocks(payload, scopes) or _check_metadata(payload.get("metadata"))


def _check_text(payload: Json) -> Refusal | None:
    text, markdown = payload.get("text"), payload.get("markdown_text")
    if markdown is not None and (text or payload.get("blocks")):
        return Refusal("markdown_text_conflict")
    for name, value in (("text", text), ("markdown_text", markdown)):
        if value is not None and not isinstance(value, str):
            return Refusal("invalid_arguments", (f"[ERROR] must be a string [json-pointer:/{name}]",))
    if markdown is not None and units(markdown) > 12_000:
        return Refusal("msg_too_long")
    if (text or markdown or "").strip():
        return _check_dates(text or "", "/text")
    if payload.get("blocks") or payload.get("attachments"):
        return Refusal("no_text", ("[ERROR] a message with blocks needs a complete text too [json-pointer:/text]",))
    return Refusal("no_text")


def _check_dates(text: str, at: str) -> Refusal | None:
    wrong = wrong_dates(text)
    return Refusal("invalid_arguments", (f"[ERROR] {wrong[0]} [json-pointer:{at}]",)) if wrong else None


_ATTACHMENT = fields(
    {}, {"color": string(1, 20), "fallback": string(1, 4000), "blocks": anything}, at_least_one=("blocks",)
)


def _check_blocks(payload: Json, scopes: frozenset[str]) -> Refusal | None:
    report = Report("message", scopes)
    blocks = payload.get("blocks") or []
    attachments = payload.get("attachments") or []
    if not isinstance(blocks, list):
        return Refusal("invalid_blocks_format")
    check_blocks(blocks, report)
    if report.problems:
        return Refusal("invalid_blocks", tuple(report.problems))
    if isinstance(attachments, list) and len(attachments) > 100:
        return Refusal("too_many_attachments")
    array(_ATTACHMENT, 0, 100)(attachments, "/attachments", report)
    if not report.problems:
        for index, attachment in enumerate(attachments):
            report.counts.pop("blocks", None)  # the limit of 50 applies to each attachment separately
            check_blocks(attachment["blocks"], report, f"/attachments/{index}/blocks")
    return Refusal("invalid_attachments", tuple(report.problems)) if report.problems else None


def _check_metadata(metadata: Any) -> Refusal | None:
    if metadata is None or metadata == {}:
        return None
    report = Report()
    fields({"event_type": string(1, 255), "event_payload": anything})(metadata, "/metadata", report)
    if not report.problems and not isinstance(metadata["event_payload"], dict):
        report.fail("/metadata/event_payload", "must be an object")
    if report.problems:
        return Refusal("invalid_metadata_format", tuple(report.problems))
    return Refusal("metadata_too_large") if units(json.dumps(metadata)) > MAX_METADATA else None

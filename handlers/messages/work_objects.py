"""A loan as a Work Object of Slack: what everyone sees below a link to it, and the side pane of the member who opens it.

The shapes are those of https://docs.slack.dev/messaging/work-objects-implementation. Nothing is edited in a pane.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.languages import LANGUAGES
from desk.loans.lookup import LinkedLoan
from desk.loans.panes import LoanPane
from handlers.messages.block_kit.elements import brief_when, form_button, phone_ending, purpose, stage
from handlers.messages.block_kit.message import Button, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT
from handlers.messages.block_kit.writer import unescaped
from handlers.messages.repayment import past_due_line

ENTITY_TYPE = "slack#/entities/item"
"""The type of Work Object without fields of Slack's own."""

_PRIMARY = 2
"""The most buttons at the foot of a pane; further ones are in its menu."""


def loan_entity(t: Translator, loan: LinkedLoan, address: str, posted: str) -> dict[str, Any]:
    """Return what everyone in the conversation sees below a link: number, stage, and a button for members who may see more.
    `posted` is the link as it was posted."""
    fields = [_field("stage", t("Stage"), stage(t, loan.stage))]
    buttons = [Button(t("Open card"), "loan.card", {"l": str(loan.id)})]
    return {"app_unfurl_url": posted, **_entity(t, loan.id, loan.number, address, fields, buttons)}


def pane(t: Translator, view: LoanPane, address: str) -> dict[str, Any]:
    """Return the side pane of a loan: borrower, stage, owner, next call, days past due, and what its reader may do."""
    loan, offers = view.loan, view.offers
    fields = [
        _field("borrower", t("Borrower"), f"{loan.masked} · {phone_ending(t, loan.tail)}"),
        _field("stage", t("Stage"), stage(t, loan.stage)),
        _person("owner", t("Owner"), loan.owner) if loan.owner else _field("owner", t("Owner"), t("nobody")),
        _field("next_call", t("Next follow-up"), _next_call(t, view)),
    ]
    if view.next_call is not None:
        fields.append(_person("caller", t("Who calls"), view.next_call.assignee))
    if past_due := past_due_line(t, view.repayment, view.currency):
        fields.append(_field("past_due", t("Repayment"), past_due))
    buttons = [
        *([form_button(t("Log a call"), "call", loan=loan.id)] if offers.log_call else ()),
        Button(t("Open card"), "card.open", {"l": str(loan.id)}),
        *([form_button(t("Assign a follow-up"), "follow_up", loan=loan.id)] if offers.plan_follow_up else ()),
    ]
    return _entity(t, loan.id, loan.number, address, fields, buttons)


def refused_pane(t: Translator, message: Message) -> dict[str, Any]:
    """Return what the pane shows instead: why its reader sees nothing, and what to do."""
    return {"status": "custom", "custom_title": t("Nothing to show here"), "custom_message": unescaped(message.text)}


def _next_call(t: Translator, view: LoanPane) -> str:
    call = view.next_call
    if call is None:
        return (
            t("Nothing is planned.")
            if view.quiet_until is None
            else t("Nothing is needed until {date}.", date=t.date(view.quiet_until))
        )
    words = [purpose(t, call.purpose), brief_when(t, call.due, ZoneInfo(call.zone))]
    return " · ".join([*words, t("late")] if call.late else words)


def _entity(
    t: Translator,
    loan_id: UUID,
    number: str,
    address: str,
    fields: Sequence[dict[str, Any]],
    buttons: Sequence[Button],
) -> dict[str, Any]:
    drawn = [_action(button, position) for position, button in enumerate(buttons, start=1)]
    primary, more = drawn[:_PRIMARY], drawn[_PRIMARY:]
    return {
        "entity_type": ENTITY_TYPE,
        "url": address,
        "external_ref": {"id": str(loan_id), "type": "loan"},
        "entity_payload": {
            "attributes": {
                "title": {"text": number},
                "display_type": t("Loan"),
                "display_id": number,
                "product_name": PRODUCT,
                "locale": LANGUAGES[t.language].locale,
            },
            "custom_fields": list(fields),
            "display_order": [field["key"] for field in fields],
            "actions": {"primary_actions": primary, **({"overflow_actions": more} if more else {})},
        },
    }


def _field(key: str, label: str, value: str) -> dict[str, Any]:
    return {"key": key, "label": label, "type": "string", "value": value}


def _person(key: str, label: str, slack_user_id: str) -> dict[str, Any]:
    return {"key": key, "label": label, "type": "slack#/types/user", "user": {"user_id": slack_user_id}}


def _action(button: Button, position: int) -> dict[str, Any]:
    value = json.dumps(button.value, separators=(",", ":"))
    return {"text": button.label, "action_id": f"{button.act}#{position}", "value": value}

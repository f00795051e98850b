"""entity.*: present the details of a Work Object in the side pane that a user opened."""

from sandbox.api.call import ApiCall, ApiError
from sandbox.model import Json
from sandbox.panes import Pane, drawn_actions, drawn_blocks, title_of
from sandbox.validator.entities import validate_pane, validate_pane_error
from sandbox.validator.message import Refusal


def present_details(call: ApiCall) -> Json:
    """Show details, or an error, to the user whose click has the trigger, and to nobody else."""
    call.only("trigger_id", "metadata", "error", "user_auth_required", "user_auth_url")
    if not call.app.entity_types:
        raise ApiError("feature_not_enabled")
    metadata, error = call.structure("metadata", "invalid_metadata"), call.structure("error", "invalid_metadata")
    if (metadata is None) == (error is None):
        raise ApiError("invalid_arguments", ("[ERROR] exactly one of metadata and error is needed",))
    if refusal := validate_pane(metadata) if error is None else validate_pane_error(error):
        raise ApiError(refusal.error, refusal.messages)
    pane = _pane(call)
    if error is not None:
        pane.title, pane.error = error.get("custom_title", ""), error.get("custom_message") or error["status"]
        pane.blocks = drawn_actions(error.get("actions", ()))
    else:
        _check(call, pane, metadata)
        pane.title, pane.error, pane.blocks = title_of(metadata), "", drawn_blocks(metadata["entity_payload"])
    call.panes.show(pane)
    return {}


def _pane(call: ApiCall) -> Pane:
    trigger_id = call.text("trigger_id")
    pane = call.panes.waiting(trigger_id)
    if isinstance(call.triggers.exchange(trigger_id), str) or pane is None:
        raise ApiError("invalid_trigger_id")
    return pane


def _check(call: ApiCall, pane: Pane, metadata: Json) -> None:
    if metadata["external_ref"]["id"] != pane.link["external_ref"]["id"]:
        raise ApiError("entity_metadata_does_not_match_trigger")
    check_types(call, [metadata])


def check_types(call: ApiCall, entities: list[Json]) -> None:
    """Raise `invalid_metadata` for a type of Work Object that the app's settings do not have."""
    for entity in entities:
        if entity["entity_type"] not in call.app.entity_types:
            refusal = Refusal("invalid_metadata", (f"[ERROR] {entity['entity_type']} is not switched on for the app",))
            raise ApiError(refusal.error, refusal.messages)


METHODS = {"entity.presentDetails": (present_details, ())}

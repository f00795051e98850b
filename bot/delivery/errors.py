"""Map Slack's error codes to what a delivery does next (https://docs.slack.dev/reference/methods/chat.postMessage#errors)."""

from datetime import datetime
from enum import Enum


class Verdict(Enum):
    """What to do about a request that failed."""

    UNKNOWN = "unknown"
    """The outcome is unknown: before trying again, search for the message."""
    UNREACHED = "unreached"
    """Slack could not be reached, so nothing was done."""
    WAIT = "wait"
    """Nothing was done; try again later."""
    OUR_FAULT = "our_fault"
    """Slack refuses the message itself: send it once as plain text."""
    KEY_REFUSED = "key_refused"
    """Slack does not accept our `client_msg_id` here: send without one."""
    TARGET_GONE = "target_gone"
    """The channel accepts nothing more: use the fallback, and tell an admin."""
    MESSAGE_GONE = "message_gone"
    """The message to be updated was deleted: post a new one."""
    FROZEN = "frozen"
    """The message exists and can no longer be updated."""
    STOPPED = "stopped"
    """The bot may not do this until it is reinstalled: keep the notice pending, and log it."""


_VERDICTS = {
    Verdict.WAIT: "ratelimited rate_limited",
    Verdict.UNKNOWN: "internal_error fatal_error request_timeout service_unavailable team_added_to_org "
    "external_channel_migrating",
    Verdict.OUR_FAULT: "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text "
    "invalid_attachments too_many_attachments attachment_payload_limit_exceeded invalid_metadata_format "
    "invalid_metadata_schema metadata_too_large metadata_must_be_sent_from_app markdown_text_conflict "
    "invalid_arguments invalid_arg_name invalid_array_arg invalid_form_data invalid_post_type too_many_contact_cards",
    Verdict.KEY_REFUSED: "duplicate_message_not_found duplicate_channel_not_found",
    Verdict.TARGET_GONE: "channel_not_found is_archived is_inactive not_in_channel restricted_action "
    "restricted_action_read_only_channel restricted_action_thread_only_channel "
    "restricted_action_non_threadable_channel restricted_action_thread_locked cannot_reply_to_message "
    "ekm_access_denied messages_tab_disabled user_not_found user_disabled cannot_dm_bot app_access_restricted "
    "slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked",
    Verdict.MESSAGE_GONE: "message_not_found",
    Verdict.FROZEN: "edit_window_closed cant_update_message",
    Verdict.STOPPED: "account_inactive token_revoked token_expired invalid_auth not_authed missing_scope "
    "no_permission not_allowed_token_type team_access_not_granted team_not_found accesslimited access_denied "
    "org_login_required enterprise_is_restricted two_factor_setup_required message_limit_exceeded",
}

_BY_ERROR = {error: verdict for verdict, errors in _VERDICTS.items() for error in errors.split()}


def verdict_on(error: str) -> Verdict:
    """Return the verdict on Slack's error code; UNKNOWN for a code not listed here, which may have left the message behind."""
    return _BY_ERROR.get(error, Verdict.UNKNOWN)


class SlackRequestError(Exception):
    """A request to Slack failed, or was not sent because its method must not be used now.

    `at` is when; `until` is when the method may be used again, `at` itself where nothing prevents it. `limited` names the
    method for which Slack asked to wait.
    """

    def __init__(
        self, verdict: Verdict, error: str, *, at: datetime, until: datetime | None = None, limited: str | None = None
    ) -> None:
        super().__init__(error)
        self.limited = limited
        self.verdict = verdict
        self.error = error
        self.at = at
        self.until = until or at

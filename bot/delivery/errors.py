"""What an error of Slack's means for a delivery (https://docs.slack.dev/reference/methods/chat.postMessage#errors)."""

from datetime import datetime
from enum import Enum


class Verdict(Enum):
    """What to do about a call that did not succeed."""

    UNKNOWN = "unknown"
    """Nobody knows whether it was done: try again, and look first whether it was."""
    UNREACHED = "unreached"
    """It was not done, because Slack could not be reached."""
    WAIT = "wait"
    """It was not done, and may be asked for again after a while."""
    OUR_FAULT = "our_fault"
    """Slack refuses the message itself: say it in plain text, once."""
    KEY_REFUSED = "key_refused"
    """Slack does not take our `client_msg_id` here: send without one."""
    TARGET_GONE = "target_gone"
    """Nothing can be sent there any more: go elsewhere, and tell an admin."""
    MESSAGE_GONE = "message_gone"
    """The message to be rewritten was deleted: post anew."""
    FROZEN = "frozen"
    """The message stands, and cannot be rewritten any more."""
    STOPPED = "stopped"
    """The bot may not do this in the workspace until somebody reinstalls it: keep what is owed, and log it."""


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
    """What `error`, as Slack names it, means. One that is not known here may have left the message behind."""
    return _BY_ERROR.get(error, Verdict.UNKNOWN)


class SlackRequestError(Exception):
    """A call to Slack that did not succeed, or that was not made because the method is to be left alone.

    `at` is when; `until` is how long Slack is to be left alone with such a call, `at` itself where there is no reason to.
    """

    def __init__(self, verdict: Verdict, error: str, *, at: datetime, until: datetime | None = None) -> None:
        super().__init__(error)
        self.verdict = verdict
        self.error = error
        self.at = at
        self.until = until or at

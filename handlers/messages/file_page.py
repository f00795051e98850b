"""The page of the desk that opens a file: it asks for the code, and says why a file does not open. HTML without scripts."""

import base64
import hashlib
from html import escape

from desk.files.links import DIGITS, LINK_LIFETIME, SESSION, Outcome
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT
from handlers.messages.file_lines import length

_SESSION_MINUTES = int(SESSION.total_seconds() // 60)

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1d1c1d}"
    "main{max-width:24rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:8px}"
    "h1{font-size:1.25rem;margin:0 0 1rem}label{display:block;margin:1rem 0 .25rem}"
    "input{font:inherit;font-size:1.5rem;letter-spacing:.2em;width:100%;box-sizing:border-box;padding:.4rem}"
    "button{font:inherit;margin-top:1rem;padding:.5rem 1.5rem;border:0;border-radius:4px;background:#0b5c4a;color:#fff}"
    "[role=alert]{color:#a4161a;font-weight:600}"
    "@media(prefers-color-scheme:dark){body{background:#1a1d21;color:#e8e8e8}main{background:#222529}"
    "[role=alert]{color:#ff8a80}input{background:#1a1d21;color:inherit;border:1px solid #777}}"
)

_STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""What the page may load: its own style, nothing else."""

RECORDING_SECURITY_POLICY = f"{CONTENT_SECURITY_POLICY}; media-src 'self'"
"""What the page that plays a recording may load besides: the recording."""


def recording_page(t: Translator, path: str, *, name: str, seconds: int | None, plays: bool) -> str:
    """Return the page that plays a recording, whose bytes are at `path`. `plays`: browsers can; else it can only be saved."""
    player = f'<p><audio controls autoplay preload="metadata" src="{path}"></audio></p>' if plays else ""
    hint = (
        t("If it doesn't play here, save it and open it with a program.")
        if plays
        else t("Browsers can't play this kind.")
    )
    return _page(
        t,
        t("Recording of a call"),
        f"<p>{escape(name)} · {escape(length(t, seconds))}</p>{player}<p>{escape(hint)} "
        f'<a href="{path}" download>{escape(t("Save"))}</a></p>'
        f"<p>{escape(t('This page plays it for {n} minutes. That you listened is recorded.', n=_SESSION_MINUTES))}</p>",
    )


def file_page(t: Translator, outcome: Outcome, *, tries_left: int = 0, trouble: bool = False) -> str:
    """Return the page after this outcome, with a field for the code where one can still be typed.

    `trouble`: the file could not be opened for a reason of the desk's.
    """
    problem = t("The file can't be opened just now. Ask for a new link in Slack in a moment.") if trouble else ""
    said = problem or _words(t, outcome, tries_left)
    asks = outcome in ("ask", "wrong") and not trouble
    role = "" if outcome == "ask" and not trouble else ' role="alert"'
    return _page(t, t("Open a file"), f"<p{role}>{escape(said)}</p>{_form(t) if asks else ''}")


def _page(t: Translator, title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="{t.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{PRODUCT}</title><style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        f"{content}</main></body></html>"
    )


def _form(t: Translator) -> str:
    return (
        '<form method="post"><label for="code">'
        f"{escape(t('Code'))}</label>"
        '<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" '
        f'maxlength="{2 * DIGITS}" required autofocus>'
        f'<button type="submit">{escape(t("Open"))}</button></form>'
    )


def _words(t: Translator, outcome: Outcome, tries_left: int) -> str:
    minutes = int(LINK_LIFETIME.total_seconds() // 60)
    match outcome:
        case "ask":
            return t("Type the six digits that Loan Desk has just shown you in Slack.")
        case "wrong":
            return t.n("That isn't the code. {n} try left.", "That isn't the code. {n} tries left.", tries_left)
        case "spent":
            return t("Too many wrong codes. Ask for a new link in Slack.")
        case "expired":
            return t("This link was valid for {n} minutes. Ask for a new one in Slack.", n=minutes)
        case "used":
            return t("This link has been used. Ask for a new one in Slack.")
        case "forbidden":
            return t("You can't open this file any more: the loan has changed hands, or your role has changed.")
        case "unknown":
            return t("There is no such link. Ask for a new one in Slack.")
        case "opened":
            return ""

"""The page that says how an installation of the app ended, in every language: nobody says which one its reader speaks."""

from html import escape
from typing import Literal

from desk.core.languages import LANGUAGES
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import PRODUCT
from handlers.messages.file_page import STYLE

InstallOutcome = Literal["installed", "denied", "stale", "not_allowed", "refused", "silent", "crowded", "trouble"]
"""How an installation ended: `stale` began elsewhere, too long ago, or was used; `silent`: Slack did not answer."""


def install_page(outcome: InstallOutcome, *, name: str = "", code: str = "", again: str = "", opens: str = "") -> str:
    """Return the page. `name` is of the Slack team, `code` Slack's error, `again` where an installation begins, `opens` a link
    that opens the app in Slack."""
    parts: list[str] = []
    for language in LANGUAGES.values():
        t = Translator(language.locale)
        said = f"<p>{escape(_words(t, outcome, name, code))}</p>"
        if outcome == "installed" and opens:
            said += f'<p><a href="{escape(opens)}">{escape(t("Open it in Slack"))}</a></p>'
        elif outcome not in ("installed", "not_allowed"):
            said += f'<p><a href="{escape(again)}">{escape(t("Begin again"))}</a></p>'
        parts.append(f'<section lang="{language.code}"><h1>{escape(t("Install Loan Desk"))}</h1>{said}</section>')
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{PRODUCT}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _words(t: Translator, outcome: InstallOutcome, name: str, code: str) -> str:
    match outcome:
        case "installed":
            return t("Loan Desk is installed in {name}. It has written to who administers it there.", name=name)
        case "denied":
            return t("You did not allow it in Slack, so nothing was installed.")
        case "stale":
            return t("This installation began in another browser or more than ten minutes ago, or has ended already.")
        case "not_allowed":
            return t(
                "Loan Desk may not be installed in {name}, so its access was given back. Who runs this desk can allow it "
                "(LOANDESK_INSTALLERS).",
                name=name,
            )
        case "refused":
            return t("Slack refused the installation: {code}.", code=code)
        case "silent":
            return t("Slack did not answer, so nothing was installed.")
        case "crowded":
            return t("Too many installations have begun at once. Wait a few minutes.")
        case "trouble":
            return t("The desk can't reach its database just now, so nothing was installed.")

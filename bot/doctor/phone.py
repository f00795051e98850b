"""Check what the settings say of the phone system."""

import os
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.findings import Finding, fix, ok
from bot.settings import Settings
from desk.telephony.adapters.mapped import systems

_SUBJECT = "phone system"


def check_phone(settings: Settings) -> Iterator[Finding]:
    """Yield which systems may report calls, and what keeps them from it; nothing where no phone system is set."""
    by = {
        "asterisk, freeswitch and those of files": settings.phone_secret,
        "twilio": settings.twilio_auth_token,
        "zoom": settings.zoom_secret_token,
    }
    doors = [name for name, key in by.items() if key.get_secret_value()]
    own = sorted(name for name, each in settings.known_phone_systems().items() if systems().get(name) is not each)
    if settings.twilio_auth_token.get_secret_value() and not settings.public_url:
        yield fix(_SUBJECT, "TWILIO_AUTH_TOKEN: Twilio signs the address that it calls: set LOANDESK_PUBLIC_URL")
    folder = settings.phone_recordings
    if folder and not (Path(folder).is_dir() and os.access(folder, os.R_OK | os.X_OK)):
        yield fix(_SUBJECT, f"LOANDESK_PHONE_RECORDINGS: {folder} is no folder that this process may read")
    if not doors and own:
        yield fix(_SUBJECT, "LOANDESK_PHONE_SYSTEMS has files, and no LOANDESK_PHONE_SECRET lets those systems in")
    if doors:
        of_files = f"; files of your own: {', '.join(own)}" if own else ""
        yield ok(_SUBJECT, f"calls may be reported by {', '.join(doors)}{of_files}")

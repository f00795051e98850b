"""The lender's phone system, by the settings: where it is, where it keeps recordings, and the door by which it reports."""

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import aiohttp

from bot.phone_recordings import PhoneRecordings
from desk.core.phone_site import Site
from desk.core.transaction import Office
from storage.tables import Workspace

if TYPE_CHECKING:
    from bot.phone_system import PhoneDoor
    from bot.settings import Settings

PHONE = "/phone/"
"""The beginning of the paths of reports."""


def site_of(settings: "Settings", workspace: Workspace) -> Site:
    """Return where the phone system is."""
    prefixes = tuple(each.strip() for each in settings.phone_prefixes.split(",") if each.strip())
    region = settings.phone_country or workspace.country or "CN"
    return Site(ZoneInfo(settings.phone_zone or workspace.zone), region, prefixes)


def phone_door(settings: "Settings", office: Office, workspace: Workspace) -> "PhoneDoor | None":
    """Return the door by which the phone system reports calls, None where nothing is set that it could be known by."""
    # Most desks have none: the readers of what each system writes are loaded where one is set.
    secret = settings.phone_secret.get_secret_value()
    twilio_token = settings.twilio_auth_token.get_secret_value()
    zoom_token = settings.zoom_secret_token.get_secret_value()
    if not (secret or twilio_token or zoom_token):
        return None
    from bot.phone_keys import PhoneKeys
    from bot.phone_system import PhoneDoor

    keys = PhoneKeys(secret, twilio_token, zoom_token, settings.public_url)
    site = site_of(settings, workspace)
    return PhoneDoor(office, workspace, site, keys=keys, systems=settings.known_phone_systems())


def phone_recordings(settings: "Settings", session: aiohttp.ClientSession) -> PhoneRecordings:
    """Return where the phone system keeps recordings."""
    folder = Path(settings.phone_recordings) if settings.phone_recordings else None
    return PhoneRecordings(folder, settings.recording_hosts(), session)

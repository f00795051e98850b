"""Settings with keys: those of the fixture `cipher` unless others are given."""

import base64

from bot.settings import Settings

KEY_1 = base64.b64encode(bytes(32)).decode()
KEY_2 = base64.b64encode(bytes(range(32, 64))).decode()
SEARCH = base64.b64encode(bytes(range(32))).decode()


def settings_with(database_url: str, *, keys: str = f"1:{KEY_1}", search: str = SEARCH, **more: str) -> Settings:
    """Return the settings of a desk on that database."""
    return Settings.model_validate(
        {
            "database_url": database_url,
            "bot_token": "xoxb-sandbox-token",
            "signing_secret": "sandbox-signing-secret",
            "encryption_keys": keys,
            "search_key": search,
        }
        | more
    )

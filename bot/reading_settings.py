"""Read the settings from the environment, and say in one line each what is wrong with them."""

from pathlib import Path

from pydantic import ValidationError

from bot.settings import CannotStartError, Settings
from storage.keys.errors import KeysError, KmsAwayError


class WrongSettingsError(Exception):
    """A setting is missing or wrong; the message names it, never its value."""


def read_settings(env_file: Path | None = Path(".env"), *, with_keys: bool = True) -> Settings:
    """Return the settings of this process, whose keys can be used; without `with_keys` those are not tried.

    Raise WrongSettingsError, and CannotStartError when the KMS that has the wrapping key is away.
    """
    try:
        settings = Settings(_env_file=env_file)  # pyright: ignore[reportCallIssue]
        if with_keys:
            settings.key_ring()
    except ValidationError as error:
        wrong = [
            (_variable(str(e["loc"][0])) + ": " if e["loc"] else "", e["msg"])
            for e in error.errors(include_input=False)
        ]
        lines = [f"  {name}{message.removeprefix('Value error, ')}" for name, message in wrong]
        raise WrongSettingsError("These settings are missing or wrong:\n" + "\n".join(lines)) from None
    except KeysError as error:
        raise WrongSettingsError(f"{error}.") from None
    except KmsAwayError as error:
        raise CannotStartError(f"The keys cannot be unwrapped: {error}.") from None
    return settings


def _variable(location: str) -> str:
    return location if location.isupper() else f"LOANDESK_{location.upper()}"

"""Settings, from the environment or a `.env` file. A wrong one is named at start."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.logs import LogFormat
from handlers.loan_links import LoanLinks
from storage.cipher import Cipher, KeyRing
from storage.database import async_url


def _known_database(url: SecretStr) -> SecretStr:
    async_url(url.get_secret_value())
    return url


def _loan_links(pattern: str) -> str:
    if pattern:
        LoanLinks(pattern)
    return pattern


class Settings(BaseSettings):
    """Every setting has the prefix LOANDESK_, except DATABASE_URL and PORT, which platforms set, and Slack's own."""

    model_config = SettingsConfigDict(
        env_prefix="LOANDESK_", env_file=".env", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_known_database)] = Field(
        default=SecretStr("sqlite:///data/loandesk.db"), validation_alias="DATABASE_URL"
    )
    """Where the desk's tables are: `sqlite:///path` or `postgresql://…`."""

    bot_token: SecretStr = Field(validation_alias="SLACK_BOT_TOKEN")
    """The bot token of the Slack app, `xoxb-…`."""

    signing_secret: SecretStr = Field(validation_alias="SLACK_SIGNING_SECRET")
    """The signing secret of the Slack app."""

    app_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_APP_TOKEN")
    """The app-level token with the scope `connections:write`, `xapp-…`. Only Socket Mode needs it."""

    slack_api_url: str = Field(default="https://slack.com/api/", validation_alias="SLACK_API_URL")
    """Where the Web API is. Only the sandbox is elsewhere."""

    encryption_keys: SecretStr
    """The keys of personal data, `1:<base64 of 32 bytes>`, joined by commas; the highest id encrypts."""

    search_key: SecretStr
    """The key of the search index, base64 of 32 bytes. It cannot be changed without indexing every borrower anew."""

    first_admin: str = Field(default="", pattern=r"^([UW][A-Z0-9]+)?$")
    """The Slack id of the first admin, who then adds everybody else with `/loan-team add`."""

    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535, validation_alias="PORT")

    zone: str = "Asia/Shanghai"
    """The zone of a new workspace: of contact hours and of members whom Slack gives none."""

    country: str = Field(default="CN", pattern=r"^([A-Z]{2})?$")
    """Whose public holidays a new workspace keeps, ISO 3166; empty keeps none."""

    locale: str = "zh-CN"
    """The language of a new workspace's channels."""

    loan_links: Annotated[str, AfterValidator(_loan_links)] = ""
    """The links of the lender's own loan system, `https://loans.example.com/l/{number}`: they are unfurled. Empty: none."""

    phone_region: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
    """Where a phone number without a country prefix belongs."""

    executor_id: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    """The name of this process, its own and the same after a restart. Empty: made from the machine's name."""

    admin_host: str = "127.0.0.1"
    admin_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `/healthz`, `/readyz` and `/metrics` are, never open to the public. None: `bot.serving.ADMIN_PORTS`."""

    backlog_seconds: int = Field(default=300, ge=1)
    """A message that is owed for longer makes `/readyz` say so."""

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a file of this machine, which one process has to itself."""
        return async_url(self.database_url.get_secret_value()).startswith("sqlite")

    log_format: LogFormat = "json"
    """How the log is written: `json`, a line each, or `text` for a person who reads along."""

    def cipher(self) -> Cipher:
        """The cipher with the keys of these settings. Raises ValueError naming what is wrong with them."""
        return Cipher(KeyRing.read(self.encryption_keys.get_secret_value(), self.search_key.get_secret_value()))


class WrongSettingsError(Exception):
    """The environment lacks a setting or has a wrong one; the message names each, never its value."""


def read_settings(env_file: Path | None = Path(".env")) -> Settings:
    """The settings of this process. Raises WrongSettingsError."""
    try:
        settings = Settings(_env_file=env_file)  # pyright: ignore[reportCallIssue]
        settings.cipher()
    except ValidationError as error:
        lines = [f"  {_variable(str(e['loc'][0]))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise WrongSettingsError("These settings are missing or wrong:\n" + "\n".join(lines)) from None
    except ValueError as error:
        raise WrongSettingsError(f"LOANDESK_ENCRYPTION_KEYS or LOANDESK_SEARCH_KEY: {error}") from None
    return settings


def _variable(location: str) -> str:
    return location if location.isupper() else f"LOANDESK_{location.upper()}"

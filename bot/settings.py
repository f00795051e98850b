"""Settings, from the environment or a `.env` file. A wrong one is named at start."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import setting_values as values
from bot.logs import LogFormat
from bot.ring_requests import RingRequest, read_request
from storage.engine.cipher import Cipher, KeyRing, WrongSearchKeyError
from storage.engine.database import async_url
from storage.files.bucket import Bucket
from storage.keys.errors import KeysError, SecretFileError
from storage.keys.key_file import ENCRYPTION_KEYS, SEARCH_KEY, WrappedKeys, read_keys, unwrap
from storage.keys.private_text import read_private

if TYPE_CHECKING:
    from desk.telephony.adapters.mapped import System
    from storage.keys.pkcs11_token import Pkcs11Kms

Read = TypeVar("Read")


_MEGABYTE = 1024 * 1024


class UnfitSettingError(ValueError):
    """A setting that others make necessary is missing, or does not go with them."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


class Settings(BaseSettings):
    """Every setting has the prefix LOANDESK_, except DATABASE_URL and PORT, which platforms set, and Slack's own."""

    model_config = SettingsConfigDict(
        env_prefix="LOANDESK_", env_file=".env", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, AfterValidator(values.known_database)] = Field(
        default=SecretStr("sqlite:///data/loandesk.db"), validation_alias="DATABASE_URL"
    )
    """Where the desk's tables are: `sqlite:///path` or `postgresql://…`."""

    bot_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_BOT_TOKEN")
    """The bot token of the Slack app, `xoxb-…`, for a desk of one workspace."""

    client_id: str = Field(default="", validation_alias="SLACK_CLIENT_ID")
    client_secret: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_CLIENT_SECRET")
    """The id and secret of the Slack app, for a desk of several workspaces, in which it is installed from a browser."""

    installers: Annotated[str, AfterValidator(values.slack_teams)] = ""
    """The Slack teams and organisations in which the app may be installed: ids, `T012ABCDEF,E012ABCDEF`."""

    signing_secret: Annotated[SecretStr, AfterValidator(values.given)] = Field(validation_alias="SLACK_SIGNING_SECRET")
    """The signing secret of the Slack app."""

    app_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_APP_TOKEN")
    """The app-level token with the scope `connections:write`, `xapp-…`. Only Socket Mode needs it."""

    slack_api_url: Annotated[str, AfterValidator(values.address)] = Field(
        default="https://slack.com/api/", validation_alias="SLACK_API_URL"
    )
    """Where the Web API is. Only the sandbox is elsewhere."""

    encryption_keys: SecretStr = SecretStr("")
    """The keys of personal data, `1:<base64 of 32 bytes>`, joined by commas; the highest id encrypts."""

    search_key: SecretStr = SecretStr("")
    """The key of the search index, base64 of 32 bytes. Changing it requires indexing every borrower again."""

    key_file: Annotated[str, BeforeValidator(str)] = ""
    """The file with both, in their place: in clear, or wrapped by a key in a KMS."""

    pkcs11_module: Annotated[str, BeforeValidator(str)] = ""
    """The PKCS#11 library of the KMS that has the wrapping key, `/usr/lib/softhsm/libsofthsm2.so`."""

    pkcs11_token: str = ""
    """The label of the token."""

    pkcs11_key: Annotated[str, AfterValidator(values.given)] = "loandesk"
    """The label of new wrapping keys."""

    pkcs11_pin: SecretStr = SecretStr("")
    """The PIN of the token's user."""

    pkcs11_pin_file: Annotated[str, BeforeValidator(str)] = ""
    """The file with the PIN, in its place."""

    first_admin: Annotated[str, AfterValidator(values.member_id)] = ""
    """The Slack id of the first admin, who adds the others with `/loan-team add`."""

    host: Annotated[str, AfterValidator(values.given)] = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535, validation_alias="PORT")

    api_requests_per_second: float = Field(default=300, ge=1, le=10_000)
    """How many requests a token of the API may make in a second, in each process."""

    phone_secret: Annotated[SecretStr, AfterValidator(values.long_secret)] = SecretStr("")
    """What the phone system shows at `/phone/…`, as the password of Basic or the token of Bearer. Empty: no such door."""

    twilio_auth_token: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    """The token of the Twilio account, with which it signs its callbacks."""

    zoom_secret_token: SecretStr = Field(default=SecretStr(""), validation_alias="ZOOM_SECRET_TOKEN")
    """The secret token of the Zoom app, with which it signs its events. Empty: Zoom shows the secret."""

    phone_systems: Annotated[str, BeforeValidator(str)] = ""
    """The folder with the lender's own files of phone systems, `/etc/loandesk/phone`. Empty: those that are shipped."""

    phone_zone: Annotated[str, AfterValidator(lambda zone: values.known_zone(zone) if zone else zone)] = ""
    """The zone in which the phone system writes times. Empty: the workspace's."""

    phone_country: Annotated[str, AfterValidator(values.known_country)] = ""
    """The country of the phone system's numbers without a country code. Empty: the workspace's."""

    phone_prefixes: str = ""
    """What is dialled before a number to get an outside line, joined by commas: `9`."""

    phone_recordings: Annotated[str, BeforeValidator(str)] = ""
    """The folder in which the phone system keeps recordings, `/var/spool/asterisk/monitor`. Empty: none is read."""

    phone_recording_hosts: str = ""
    """The hosts from which recordings may be fetched by https, joined by commas: `api.twilio.com`."""

    phone_recording_logins: SecretStr = SecretStr("")
    """Names and passwords for some of these hosts, a JSON object: `{"api.twilio.com": "AC…:…"}`."""

    ring_url: SecretStr = SecretStr("")
    """The address of the request that has the phone system ring: with {extension}, {number} or {digits}, and {token}. Empty: the
    desk shows numbers, and rings nobody."""

    ring_method: Literal["GET", "POST", "PUT"] = "POST"
    ring_headers: SecretStr = SecretStr("")
    """Its headers, a JSON object: `{"Authorization": "Basic …"}`."""

    ring_body: SecretStr = SecretStr("")
    """Its body, a JSON object with the same places. Empty: none."""

    zone: Annotated[str, AfterValidator(values.known_zone)] = "Asia/Shanghai"
    """The time zone of a new workspace: of contact hours, and of members without a zone in Slack."""

    country: Annotated[str, AfterValidator(values.known_country)] = "CN"
    """The country (ISO 3166) of a new workspace's public holidays and of phone numbers without a country prefix.
    Empty: no holidays, and phone numbers are Chinese."""

    locale: Annotated[str, AfterValidator(values.known_locale)] = "zh-CN"
    """The language of a new workspace's channels."""

    loan_links: Annotated[str, AfterValidator(values.loan_links)] = ""
    """The link pattern of the lender's loan system, `https://loans.example.com/l/{number}`, to unfurl. Empty: none."""

    public_url: Annotated[str, AfterValidator(values.public_address)] = ""
    """The address at which browsers reach this desk, `https://desk.example.com`, for the page that opens files. Empty: the
    desk has no such page, and takes no files."""

    files: Annotated[str, BeforeValidator(str), AfterValidator(values.place_of_files)] = "data/files"
    """The folder of files, or the bucket and the beginning of its objects' names, `s3://bucket/prefix`. On PostgreSQL,
    every process must see the same."""

    files_endpoint: Annotated[str, AfterValidator(values.endpoint)] = ""
    """The address of the object storage, `https://s3.example.com`. Empty: Amazon's."""

    files_region: str = ""
    """The region of the bucket, where the object storage has regions."""

    aws_access_key_id: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_ACCESS_KEY_ID")
    aws_secret_access_key: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_SECRET_ACCESS_KEY")
    aws_session_token: SecretStr = Field(default=SecretStr(""), validation_alias="AWS_SESSION_TOKEN")
    """The keys of the bucket. Empty: those of the machine's role."""

    audit_heads: Path = Path("data/audit-heads.txt")
    """The file to which the worker appends the head of the audit trail once a day."""

    tsa_url: Annotated[str, AfterValidator(values.authority)] = ""
    """The address of the authority (RFC 3161) that stamps each day's head of the audit trail. Empty: none does."""

    tsa_ca: Annotated[str, BeforeValidator(str)] = ""
    """The file of its certificates in PEM: the root, those between, and its own if its answers are without."""

    tsa_policy: Annotated[str, AfterValidator(values.policy)] = ""
    """The policy that its stamps must be under, like `1.2.3.4.1`. Empty: any."""

    webhooks_private: Annotated[str, AfterValidator(values.networks)] = ""
    """The networks besides public addresses to which webhooks may be sent, also over http, joined by commas:
    `10.20.0.0/16,192.168.7.5`. Empty: none."""

    file_megabytes: int = Field(default=20, ge=1, le=200)
    """The largest document that the desk takes, in megabytes of 1,048,576 bytes."""

    recording_megabytes: int = Field(default=100, ge=1, le=1024)
    """The largest recording of a call that the desk takes, in megabytes of 1,048,576 bytes."""

    executor_id: Annotated[str, AfterValidator(values.process_name)] = ""
    """The unique name of this process, the same after a restart. Empty: made from the machine's name."""

    admin_host: Annotated[str, AfterValidator(values.given)] = "127.0.0.1"
    admin_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `/healthz`, `/readyz` and `/metrics` are, never open to the public. None: `bot.commands.serving.ADMIN_PORTS`."""

    backlog_seconds: int = Field(default=300, ge=1)
    """`/readyz` reports a message that is pending for longer."""

    stop_seconds: float = Field(default=25, gt=0, le=300)
    """A process that was told to stop has ended after so many seconds: what it has not finished by then is cut off."""

    @property
    def several_workspaces(self) -> bool:
        """Whether the app is installed in workspaces from a browser, rather than served with one token."""
        return not self.bot_token.get_secret_value()

    @model_validator(mode="after")
    def _one_way_to_slack(self) -> "Settings":
        if not self.several_workspaces:
            return self
        if not (self.client_id or self.client_secret.get_secret_value()):
            raise UnfitSettingError("SLACK_BOT_TOKEN", "it is empty")
        needed = {
            "SLACK_CLIENT_ID": self.client_id,
            "SLACK_CLIENT_SECRET": self.client_secret.get_secret_value(),
            "LOANDESK_PUBLIC_URL": self.public_url,
            "LOANDESK_INSTALLERS": self.installers,
        }
        for name, value in needed.items():
            if not value:
                raise UnfitSettingError(name, "several workspaces need it")
        of_one = {
            "LOANDESK_PHONE_SECRET": self.phone_secret,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "ZOOM_SECRET_TOKEN": self.zoom_secret_token,
            "LOANDESK_RING_URL": self.ring_url,
            "LOANDESK_PHONE_RECORDINGS": SecretStr(self.phone_recordings),
            "LOANDESK_PHONE_RECORDING_HOSTS": SecretStr(self.phone_recording_hosts),
        }
        for name, value in of_one.items():
            if value.get_secret_value():
                raise UnfitSettingError(name, "a phone system is of one workspace, and this desk may have several")
        return self

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a file on this machine, which only one process uses."""
        return async_url(self.database_url.get_secret_value()).startswith("sqlite")

    log_format: LogFormat = "json"
    """The log format: `json`, one object per line, or `text` for people."""

    def ring_request(self) -> RingRequest | None:
        """Return the request that has the phone system ring, None without one. Raises ValueError."""
        headers, body = self.ring_headers.get_secret_value(), self.ring_body.get_secret_value()
        return read_request(self.ring_url.get_secret_value(), self.ring_method, headers, body)

    @model_validator(mode="after")
    def _readable_request(self) -> Self:
        try:
            self.ring_request()
        except ValueError as error:
            raise ValueError(f"LOANDESK_RING_…: {error}") from None
        return self

    def known_phone_systems(self) -> Mapping[str, "System"]:
        """Return the phone systems that files describe, by name. Raises ValueError for a file of the lender's that is wrong."""
        from desk.core.data_files import DataFileError  # only a desk with a phone system needs them
        from desk.telephony.adapters.mapped import systems, systems_with

        if not self.phone_systems:
            return systems()
        try:
            return systems_with(Path(self.phone_systems))
        except (DataFileError, OSError) as error:
            raise ValueError(f"LOANDESK_PHONE_SYSTEMS: {error}") from None

    def recording_hosts(self) -> Mapping[str, str]:
        """Return the hosts from which recordings may be fetched, with the header that each wants; empty: none.

        Raises ValueError.
        """
        hosts = [each.strip().casefold() for each in self.phone_recording_hosts.split(",") if each.strip()]
        return values.logins(hosts, self.phone_recording_logins.get_secret_value())

    @model_validator(mode="after")
    def _readable_phone_system(self) -> Self:
        if self.phone_systems:
            self.known_phone_systems()
        try:
            self.recording_hosts()
        except ValueError as error:
            raise ValueError(f"LOANDESK_PHONE_RECORDING_LOGINS: {error}") from None
        return self

    @property
    def most_file_bytes(self) -> int:
        """The largest document that the desk takes, in bytes."""
        return self.file_megabytes * _MEGABYTE

    @property
    def most_recording_bytes(self) -> int:
        """The largest recording that the desk takes, in bytes."""
        return self.recording_megabytes * _MEGABYTE

    def files_at(self, place: str = "") -> Path | Bucket:
        """Return the folder or bucket of files, or another `place`, written as `files` is, with the same keys."""
        named = place or self.files
        if not named.startswith("s3://"):
            return Path(named)
        name, _, prefix = named.removeprefix("s3://").partition("/")
        return Bucket(
            name,
            prefix.strip("/"),
            self.files_endpoint,
            self.files_region,
            self.aws_access_key_id.get_secret_value(),
            self.aws_secret_access_key.get_secret_value(),
            self.aws_session_token.get_secret_value(),
        )

    _unwrapped: dict[tuple[str, str], KeyRing] = PrivateAttr(default_factory=dict)

    def cipher(self) -> Cipher:
        """Return a cipher with these keys. Raise as `key_ring` does."""
        return Cipher(self.key_ring())

    def key_ring(self) -> KeyRing:
        """Return the keys. A KMS unwraps them once: later they come from memory.

        Raise KeysError and KmsAwayError.
        """
        given = (self.encryption_keys.get_secret_value(), self.search_key.get_secret_value())
        if not self.key_file:
            return _keys_of_environment(*given)
        if any(given):
            other = " and ".join(
                name for name, value in zip((ENCRYPTION_KEYS, SEARCH_KEY), given, strict=True) if value
            )
            raise KeysError(f"LOANDESK_KEY_FILE and also {other} are given: remove LOANDESK_KEY_FILE, or {other}")
        source = (self.key_file, self.pkcs11_token)
        if source not in self._unwrapped:
            found = _of_file("LOANDESK_KEY_FILE", read_keys, self.key_file)
            if isinstance(found, KeyRing):
                return found
            self._unwrapped[source] = unwrap(found, self.kms())
        return self._unwrapped[source]

    def wrapped_keys(self) -> WrappedKeys | None:
        """Return the keys as the KMS wrapped them; None if they are in clear. Raise KeysError."""
        found = _of_file("LOANDESK_KEY_FILE", read_keys, self.key_file) if self.key_file else None
        return found if isinstance(found, WrappedKeys) else None

    def kms(self) -> "Pkcs11Kms":
        """Return the KMS that these settings name. Raise KeysError naming what is missing."""
        from storage.keys.pkcs11_token import Pkcs11Kms  # only a desk with a KMS needs its library

        if not (self.pkcs11_module and self.pkcs11_token):
            raise KeysError("LOANDESK_PKCS11_MODULE and LOANDESK_PKCS11_TOKEN: wrapped keys need both")
        pin = self.pkcs11_pin.get_secret_value()
        if bool(pin) is bool(self.pkcs11_pin_file):
            raise KeysError("LOANDESK_PKCS11_PIN_FILE or LOANDESK_PKCS11_PIN: wrapped keys need one of them, not both")
        if self.pkcs11_pin_file:
            pin = _of_file("LOANDESK_PKCS11_PIN_FILE", read_private, self.pkcs11_pin_file).strip()
        return Pkcs11Kms(self.pkcs11_module, self.pkcs11_token, self.pkcs11_key, pin)


class CannotStartError(Exception):
    """The process cannot start; the message says why and what to do."""


def _keys_of_environment(encryption: str, search: str) -> KeyRing:
    given = {ENCRYPTION_KEYS: encryption, SEARCH_KEY: search}
    if missing := [name for name, value in given.items() if not value]:
        is_are = "are" if len(missing) > 1 else "is"
        raise KeysError(
            f"{' and '.join(missing)} {is_are} missing: `loandesk keys new` prints both, or writes the file for LOANDESK_KEY_FILE"
        )
    try:
        return KeyRing.read(encryption, search)
    except WrongSearchKeyError as error:
        raise KeysError(f"{SEARCH_KEY}: {error}") from None
    except ValueError as error:
        raise KeysError(f"{ENCRYPTION_KEYS}: {error}") from None


def _of_file(setting: str, read: Callable[[Path], Read], path: str) -> Read:
    """Return what is read of the file that a setting names, and name the setting where it cannot be."""
    try:
        return read(Path(path))
    except SecretFileError as error:
        raise SecretFileError(f"{setting}: {error}") from None

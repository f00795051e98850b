"""Settings: a wrong one is named at start, and no secret is shown."""

import base64
import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.manifest import OPTIONAL_SCOPES, SCOPES
from bot.reading_settings import WrongSettingsError, read_settings
from bot.settings import Settings
from storage.files.bucket import Bucket

ROOT = Path(__file__).parent.parent.parent
KEY = base64.b64encode(bytes(32)).decode()
GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "secret",
    "LOANDESK_ENCRYPTION_KEYS": f"1:{KEY}",
    "LOANDESK_SEARCH_KEY": KEY,
}


def environment(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in (GOOD | changes).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def test_four_settings_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, DATABASE_URL=None)

    settings = read_settings(env_file=None)

    assert settings.database_url.get_secret_value() == "sqlite:///data/loandesk.db"
    assert settings.signing_secret.get_secret_value() == "secret"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", None),
        ("LOANDESK_ENCRYPTION_KEYS", None),
        ("LOANDESK_ENCRYPTION_KEYS", "1:c2hvcnQ="),
        ("DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("PORT", "99999"),
        ("LOANDESK_FIRST_ADMIN", "somebody"),
        ("SLACK_SIGNING_SECRET", ""),
        ("DATABASE_URL", "nonsense hunter2"),
        ("DATABASE_URL", "postgresql//desk:hunter2@db/x"),
        ("DATABASE_URL", "sqlite://"),
        ("LOANDESK_ZONE", "Asia/Beijing"),
        ("LOANDESK_ZONE", "Asia"),
        ("LOANDESK_COUNTRY", "ZZ"),
        ("LOANDESK_LOCALE", "klingon"),
        ("LOANDESK_EXECUTOR_ID", "one two"),
        ("LOANDESK_HOST", ""),
        ("LOANDESK_ADMIN_HOST", ""),
        ("SLACK_API_URL", "foo"),
        ("LOANDESK_FILES", "s3://"),
        ("LOANDESK_FILES", "s3:/scans/desk"),
        ("LOANDESK_FILES", "s3://Scans of ours/desk"),
        ("LOANDESK_FILES", "https://scans.s3.example.com"),
        ("LOANDESK_FILES_ENDPOINT", "s3.example.com"),
        ("LOANDESK_FILES_ENDPOINT", "https://key:hunter2@s3.example.com"),
        ("LOANDESK_FILES_ENDPOINT", "https://s3.example.com/scans"),
    ],
)
def test_a_missing_or_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    environment(monkeypatch, **{name: value})

    with pytest.raises(WrongSettingsError, match=name) as error:
        read_settings(env_file=None)

    assert "hunter2" not in str(error.value)
    assert KEY not in str(error.value)
    assert "pattern" not in str(error.value)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("data/files", Path("data/files")),
        ("/srv/desk", Path("/srv/desk")),
        ("s3://scans", Bucket("scans", "", "https://s3.example.com", "cn-1", "key", "hunter2")),
        ("s3://scans/desk/files/", Bucket("scans", "desk/files", "https://s3.example.com", "cn-1", "key", "hunter2")),
    ],
)
def test_files_are_in_a_folder_or_a_bucket(monkeypatch: pytest.MonkeyPatch, written: str, place: Path | Bucket) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_SESSION_TOKEN": None}
    there = {"LOANDESK_FILES_ENDPOINT": "https://s3.example.com/", "LOANDESK_FILES_REGION": "cn-1"}
    environment(monkeypatch, LOANDESK_FILES=written, **keys, **there)
    settings = read_settings(env_file=None)
    assert settings.files_at() == place
    assert "hunter2" not in f"{settings!r}{settings.files_at()!r}"


SEVERAL = {
    "SLACK_BOT_TOKEN": None,
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "hunter2",
    "LOANDESK_PUBLIC_URL": "https://desk.example.com",
    "LOANDESK_INSTALLERS": "T012ABCDEF, E012ABCDEF",
}


def test_several_workspaces_need_the_id_and_secret_of_the_app_in_place_of_a_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment(monkeypatch, **SEVERAL)
    settings = read_settings(env_file=None)
    assert settings.several_workspaces
    assert settings.installers == "T012ABCDEF,E012ABCDEF"
    environment(monkeypatch, **SEVERAL | {"SLACK_BOT_TOKEN": "xoxb-1"})
    assert not read_settings(env_file=None).several_workspaces


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_CLIENT_ID", None),
        ("SLACK_CLIENT_SECRET", None),
        ("LOANDESK_PUBLIC_URL", None),
        ("LOANDESK_INSTALLERS", None),
        ("LOANDESK_INSTALLERS", "everybody"),
        ("LOANDESK_PHONE_SECRET", "hunter2" * 8),
        ("TWILIO_AUTH_TOKEN", "hunter2"),
        ("ZOOM_SECRET_TOKEN", "hunter2"),
    ],
)
def test_what_several_workspaces_lack_or_cannot_have_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    environment(monkeypatch, **SEVERAL | {name: value})
    with pytest.raises(WrongSettingsError) as wrong:
        read_settings(env_file=None)
    assert name in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


def documented(file: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / file).read_text("utf-8"), re.MULTILINE))


def test_every_setting_is_in_the_operators_table_and_in_the_example() -> None:
    settings = {
        str(field.validation_alias or f"LOANDESK_{name.upper()}") for name, field in Settings.model_fields.items()
    }

    assert documented("docs/operating.md", r"^\| `([A-Z0-9_]+)` \|") == settings
    assert documented(".env.example", r"^(?:# )?([A-Z0-9_]+)=") == settings


@pytest.mark.parametrize(("name", "field"), list(Settings.model_fields.items()))
def test_the_table_has_the_defaults(name: str, field: FieldInfo) -> None:
    variable = str(field.validation_alias or f"LOANDESK_{name.upper()}")
    (shown,) = documented("docs/operating.md", rf"^\| `{variable}` \| ([^|]*?) ?\|")
    default = field.get_default()
    plain = default.get_secret_value() if isinstance(default, SecretStr) else default

    assert shown == ("" if field.is_required() else f"`{plain}`" if plain not in ("", None) else "none")


def test_the_scopes_are_in_the_reviewers_table_with_their_reasons() -> None:
    text = (ROOT / "docs/security.md").read_text("utf-8")

    for scope, why in (SCOPES | OPTIONAL_SCOPES).items():
        assert re.search(rf"^\| `{scope}`( \(optional\))? \| {re.escape(why)} \|$", text, re.MULTILINE)

"""What a single setting may be: each function returns the value, or raises ValueError, whose message says how to write it."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr

from desk.core.languages import LANGUAGES, is_listed
from storage.engine.database import async_url

T = TypeVar("T", str, SecretStr)


def known_database(url: SecretStr) -> SecretStr:
    async_url(url.get_secret_value())
    return url


def known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("there is no such time zone; write it like Asia/Shanghai") from None
    return zone


def known_country(country: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # only a country that is set needs its table

    if country and country not in SUPPORTED_REGIONS:
        raise ValueError("write the two capital letters of a country, like CN, or nothing")
    return country


def known_locale(locale: str) -> str:
    if not (is_listed(locale) and re.fullmatch("[a-z]+([-_][A-Za-z]+)*", locale)):
        raise ValueError(f"write {' or '.join(language.locale for language in LANGUAGES.values())}")
    return locale


def member_id(user_id: str) -> str:
    if user_id and not re.fullmatch("[UW][A-Z0-9]+", user_id):
        raise ValueError(
            "write a Slack member id, like U012ABCDEF: it is in the person's profile, under the three dots"
        )
    return user_id


def slack_teams(ids: str) -> str:
    named = [each.strip() for each in ids.split(",") if each.strip()]
    if any(not re.fullmatch("[TE][A-Z0-9]+", each) for each in named):
        raise ValueError("write the ids of Slack teams and organisations, like T012ABCDEF,E012ABCDEF")
    return ",".join(named)


def process_name(name: str) -> str:
    if not re.fullmatch("[A-Za-z0-9._-]{0,64}", name):
        raise ValueError("at most 64 letters, digits, dots, dashes and underscores")
    return name


def address(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError("write it like https://slack.com/api/")
    return url


def public_address(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        wrong = bool(parts.username or parts.query or parts.fragment or not parts.hostname or parts.port == 0)
    except ValueError:
        raise ValueError("write it like https://desk.example.com") from None
    if wrong or not (parts.scheme == "https" or (local and parts.scheme == "http")):
        raise ValueError("write it like https://desk.example.com, with https")
    return url.rstrip("/")


def place_of_files(place: str) -> str:
    if place.startswith("s3:") and not re.fullmatch(
        "s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._=-]+)*/?", place
    ):
        raise ValueError("write a folder, or a bucket like s3://bucket/prefix")
    if not place.startswith("s3:") and "://" in place:
        raise ValueError("write a folder, or a bucket like s3://bucket/prefix")
    return place


def endpoint(url: str) -> str:
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?", url):
        raise ValueError("write it like https://s3.example.com, without the bucket's path")
    return url.rstrip("/")


def authority(url: str) -> str:
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", url):
        raise ValueError("write it like https://tsa.example.com/tsr")
    return url


def networks(text: str) -> str:
    try:
        for each in filter(None, map(str.strip, text.split(","))):
            ip_network(each)
    except ValueError:
        raise ValueError("write networks joined by commas, like 10.20.0.0/16,192.168.7.5") from None
    return text


def policy(oid: str) -> str:
    if oid and not re.fullmatch(r"[0-2](\.\d{1,19}){1,19}", oid):
        raise ValueError("write the policy's object identifier, like 1.2.3.4.1")
    return oid


def long_secret(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and len(value.get_secret_value()) < 20:
        raise ValueError("use at least 20 characters: openssl rand -base64 24")
    return value


def given(value: T) -> T:
    if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
        raise ValueError("it is empty")
    return value


def loan_links(pattern: str) -> str:
    if pattern:
        from handlers.loan_links import LoanLinks  # it imports what serves, which a command that ends does without

        LoanLinks(pattern)
    return pattern


def logins(hosts: Sequence[str], given: str) -> Mapping[str, str]:
    """Return the header Authorization that each of these hosts wants; empty: none."""
    try:
        found = json.loads(given) if given else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError('write a JSON object, like {"api.twilio.com": "AC…:…"}')
    known = {host.casefold(): login for host, login in found.items()}
    if strange := sorted(known.keys() - {*hosts}):
        raise ValueError(f"{strange[0]} is not in LOANDESK_PHONE_RECORDING_HOSTS")
    if any(not isinstance(each, str) or not each.partition(":")[1] for each in known.values()):
        raise ValueError("write each as name:password")
    basic = {host: "Basic " + base64.b64encode(login.encode()).decode() for host, login in known.items()}
    return {host: basic.get(host, "") for host in hosts}

"""Time stamps (RFC 3161) of the heads of the audit trail: an authority signs that a head was there at a time.

A stamp is kept beside the file of heads, in a file of its own, a line of JSON each: the head's line, query and reply as they
went over the wire, the authority's certificates and its policy. `openssl ts` reads the first two.
"""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from bot.audit_heads import append, newest_line
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.dataclass import dataclass

SECONDS = 20
"""Time limit of the authority's answer."""

AGAIN_AFTER = timedelta(minutes=5)
"""When the authority is asked again after it failed."""

DRIFT = timedelta(minutes=5)
"""How far the stamped time may be from this machine's."""

log = structlog.get_logger()

_LARGEST = 65_536
_QUERY = "application/timestamp-query"
_GRANTED = (0, 1)


class BadStampError(Exception):
    """There is no stamp, or it proves nothing. The message says why."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom to ask, and what its answers are verified with: certificates in PEM, and a policy, or none in particular."""

    url: str
    certificates: Path
    policy: str = ""

    def pem(self) -> bytes:
        """Return the certificates. Raises BadStampError."""
        try:
            content = self.certificates.read_bytes()
            certificates_in(content)
        except OSError as error:
            raise BadStampError(f"LOANDESK_TSA_CA: {self.certificates} cannot be read ({error.strerror})") from None
        return content


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp of the line of a head, as it is kept."""

    line: str
    query: bytes
    reply: bytes
    certificates: bytes
    policy: str

    def written(self) -> str:
        """Return the line of the file."""
        given = {"line": self.line, "query": _base64(self.query), "reply": _base64(self.reply), "policy": self.policy}
        return json.dumps(given | {"certificates": self.certificates.decode()}) + "\n"


def authority_of(settings: Settings) -> Authority:
    """Return the authority that the settings name."""
    return Authority(settings.tsa_url, Path(settings.tsa_ca), settings.tsa_policy)


def stamps_file(heads: Path) -> Path:
    """Return the file of the stamps of a file of heads."""
    return heads.with_name(heads.name + ".stamps")


def read_stamps(file: Path) -> list[Stamp]:
    """Return what is in the file; nothing if there is none. Raises BadStampError, OSError."""
    found = _stamps_or_none(file)
    if None in found:
        raise BadStampError(f"line {found.index(None) + 1} of {file} is not a time stamp")
    return [stamp for stamp in found if stamp is not None]


def _stamps_or_none(file: Path) -> list[Stamp | None]:
    """Return the stamp of each line of the file, None for a line that is none: a full disk left a part of it."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [_stamp_or_none(line) for line in lines]


def _stamp_or_none(line: str) -> Stamp | None:
    try:
        read: dict[str, Any] = json.loads(line)
        query, reply = (base64.b64decode(read[name], validate=True) for name in ("query", "reply"))
        return Stamp(str(read["line"]), query, reply, read["certificates"].encode(), str(read["policy"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


async def ask(session: aiohttp.ClientSession, authority: Authority, line: str, clock: Clock) -> Stamp:
    """Have the authority stamp a line. Raises BadStampError: it is away or slow, or its answer proves nothing."""
    pem = authority.pem()
    _, _, signers = certificates_in(pem)
    builder = TimestampRequestBuilder().data(line.encode()).hash_algorithm(HashAlgorithm.SHA256)
    # Who has its certificate needs no copy. Some replies with several certificates cannot be read (docs/libraries.md).
    query = builder.cert_request(cert_request=not signers).build()
    stamp = Stamp(line, query.as_bytes(), await _post(session, authority.url, query.as_bytes()), pem, authority.policy)
    stamped_at = check(stamp, nonce=query.nonce)
    if abs(stamped_at - clock.now()) > DRIFT:
        raise BadStampError(
            f"the authority says it is {stamped_at:%Y-%m-%d %H:%M:%S} UTC: check its clock and this machine's"
        )
    return stamp


def check(stamp: Stamp, certificates: bytes | None = None, nonce: int | None = None) -> datetime:
    """Return when the line was stamped. The certificates count as they were at that time; they are the stamp's unless others
    are given. Raises BadStampError."""
    roots, intermediates, signers = certificates_in(stamp.certificates if certificates is None else certificates)
    try:
        reply = decode_timestamp_response(stamp.reply)
    except ValueError:
        raise BadStampError(
            "the reply cannot be read as a time stamp. If it has several certificates, add the authority's own certificate to "
            "LOANDESK_TSA_CA: then none are asked for"
        ) from None
    if reply.status not in _GRANTED:
        raise BadStampError(f"the authority refused: {'; '.join(reply.status_string) or f'status {reply.status}'}")
    verifier = VerifierBuilder(
        nonce=nonce, roots=roots, intermediates=intermediates, tsa_certificate=signers[0] if signers else None
    )
    try:
        verifier.build().verify_message(reply, stamp.line.encode())
        return _time_under(stamp.policy, reply)
    except (VerificationError, ValueError) as error:
        raise BadStampError(_reason(error)) from None


def fingerprint(certificates: bytes) -> str:
    """Return the SHA-256 of the first root among certificates in PEM. Raises BadStampError."""
    return certificates_in(certificates)[0][0].fingerprint(SHA256()).hex()


def certificates_in(
    content: bytes,
) -> tuple[list[x509.Certificate], list[x509.Certificate], list[x509.Certificate]]:
    """Return the certificates in PEM: the roots, those between, and the authority's own if it is there. Raises BadStampError."""
    try:
        found = x509.load_pem_x509_certificates(content)
        signs = [_is_ca(each) for each in found]
    except ValueError:
        raise BadStampError("LOANDESK_TSA_CA: no certificates in PEM") from None
    roots = [each for each, is_ca in zip(found, signs, strict=True) if is_ca and each.issuer == each.subject]
    between = [each for each, is_ca in zip(found, signs, strict=True) if is_ca and each.issuer != each.subject]
    if not roots:
        raise BadStampError("LOANDESK_TSA_CA: the root certificate of the authority is missing in it")
    return roots, between, [each for each, is_ca in zip(found, signs, strict=True) if not is_ca]


@dataclass(slots=True)
class StampKeeper:
    """Has the newest head of a file stamped, apart from the worker's rounds: an authority may be slow."""

    authority: Authority
    heads: Path
    workspace_id: str
    session: aiohttp.ClientSession
    clock: Clock
    stamped: str = ""
    asked_at: datetime | None = None

    async def round(self) -> None:
        """Stamp the newest head, unless it is stamped. What fails is logged, and tried again after a while. Raises OSError."""
        now = self.clock.now()
        if self.asked_at is not None and now < self.asked_at + AGAIN_AFTER:
            return
        line = newest_line(self.heads, self.workspace_id)
        if line in ("", self.stamped):
            return
        self.asked_at = now
        file = stamps_file(self.heads)
        try:
            if line not in {stamp.line for stamp in _stamps_or_none(file) if stamp is not None}:
                append(file, (await ask(self.session, self.authority, line, self.clock)).written())
        except BadStampError as error:
            log.error("head_not_stamped", why=str(error))
            return
        self.stamped, self.asked_at = line, None


def stamps_that_fail(
    stamps: Sequence[Stamp], lines: Sequence[str], certificates: bytes | None
) -> list[tuple[Stamp, str]]:
    """Return the stamps that prove nothing about these lines, each with the reason. `certificates` are those to trust, if the
    stamps' own are not enough."""
    failed: list[tuple[Stamp, str]] = []
    for stamp in stamps:
        try:
            if stamp.line not in lines:
                raise BadStampError("the head that it is of is not in the file of heads")
            check(stamp, certificates)
        except BadStampError as error:
            failed.append((stamp, str(error)))
    return failed


async def _post(session: aiohttp.ClientSession, url: str, query: bytes) -> bytes:
    limit = aiohttp.ClientTimeout(total=SECONDS)
    headers = {"Content-Type": _QUERY}
    try:
        # A redirect would turn the query into a GET.
        async with session.post(url, data=query, headers=headers, timeout=limit, allow_redirects=False) as answer:
            if answer.status != 200:
                raise BadStampError(f"the authority answers {answer.status}")
            content = bytearray()
            async for chunk in answer.content.iter_any():
                content += chunk
                if len(content) > _LARGEST:
                    raise BadStampError("the authority's answer is too large for a time stamp")
            return bytes(content)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise BadStampError(f"the authority cannot be reached ({type(error).__name__})") from None


def _time_under(policy: str, reply: TimeStampResponse) -> datetime:
    given = reply.tst_info.policy.dotted_string
    if policy and given != policy:
        raise BadStampError(f"the stamp is under the policy {given}, not {policy}")
    return reply.tst_info.gen_time


def _reason(error: Exception) -> str:
    said = str(error)
    for known, words in (
        ("certificate has expired", "the authority's certificate had ended when it stamped"),
        ("certificate is not yet valid", "the authority's certificate had not begun when it stamped"),
        ("Nonce", "the reply is to another query"),
        ("Mismatch between messages", "the stamp is of something else"),
        ("certificates", "the certificates of LOANDESK_TSA_CA do not bear the signature"),
    ):
        if known in said:
            return words
    return f"the stamp does not verify ({said[:80]})"


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()

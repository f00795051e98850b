"""A time stamping authority (RFC 3161) on this machine: `openssl ts` behind a small server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.time_stamps import Authority

POLICY = "1.2.3.4.1"
DAY = timedelta(days=1)


def certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
    *,
    until: timedelta = 9 * DAY,
) -> x509.Certificate:
    """Return a certificate that began two days ago: of a root, or with an `issuer` of an authority."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = issuer or (subject, key)
    builder = (
        x509.CertificateBuilder(issuer_name, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(uses, critical=True)
    return builder.sign(issuer_key, SHA256())


@dataclass
class LocalAuthority:
    """The authority's folder, and what it does to a query and to its answer, after so many seconds."""

    folder: Path
    until: timedelta = 9 * DAY
    url: str = ""
    asked: int = 0
    tampered_query: Callable[[bytes], bytes] = lambda query: query
    answer: Callable[[bytes], web.Response] = lambda reply: web.Response(body=reply)
    seconds: float = 0
    seen: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = certificate("Root of tests", root_key)
        own = certificate("Authority of tests", key, (root.subject, root_key), until=self.until)
        (self.folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
        (self.folder / "tsa.pem").write_bytes(own.public_bytes(Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(
            f"[tsa]\ndefault_tsa = it\n[it]\nserial = {self.folder}/serial\nsigner_cert = {self.folder}/tsa.pem\n"
            f"signer_key = {self.folder}/tsa.key\nsigner_digest = sha256\ndefault_policy = {POLICY}\ndigests = sha256\n"
        )

    def named(self, url: str = "", certificates: Path | None = None, policy: str = POLICY) -> Authority:
        """Return it as a desk names it that knows its root."""
        return Authority(url or self.url, certificates or self.folder / "ca.pem", policy)

    def send_chain(self) -> None:
        """Send the root with each reply, behind the authority's own certificate."""
        with (self.folder / "tsa.cnf").open("a") as out:
            out.write(f"certs = {self.folder}/ca.pem\n")

    async def reply(self, query: bytes) -> bytes:
        """Return what `openssl ts` answers."""
        (self.folder / "query").write_bytes(query)
        process = await asyncio.create_subprocess_exec(
            *("openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-queryfile", self.folder / "query"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return (await process.communicate())[0]

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked += 1
        assert request.content_type == "application/timestamp-query"
        query = await request.read()
        self.seen.append(query)
        await asyncio.sleep(self.seconds)
        return self.answer(await self.reply(self.tampered_query(query)))


@asynccontextmanager
async def serving(authority: LocalAuthority) -> AsyncIterator[LocalAuthority]:
    """Serve the authority on 127.0.0.1."""
    application = web.Application()
    application.router.add_post("/tsr", authority._serve)
    async with TestServer(application) as server:
        authority.url = str(server.make_url("/tsr"))
        yield authority

"""Recordings that the phone system serves by https, some of its hosts only to those who log in."""

import base64
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.phone_place import phone_recordings
from bot.phone_recordings import PhoneRecordings, UnavailableError
from bot.reading_settings import WrongSettingsError, read_settings
from desk.files.inspection import RefusedFileError
from tests.bot.test_settings import environment

HOST = "api.twilio.test"
LOGIN = "AC1:token"


class _Here(AbstractResolver):
    """Resolves every name to a port on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Do nothing."""


def _contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server of HOST and a client that trusts it use."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=2)).not_valid_after(now + timedelta(days=2))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


async def _serve(request: web.Request) -> web.Response:
    if request.path == "/moved":
        raise web.HTTPFound("https://elsewhere.test/")
    expected = "Basic " + base64.b64encode(LOGIN.encode()).decode()
    known = request.headers.get("Authorization") == expected
    return web.Response(body=b"RIFF" if known else b"", status=200 if known else 401)


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    server, client = _contexts(tmp_path)
    app = web.Application()
    app.router.add_get("/{name}", _serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=_Here(port), ssl=client)) as found:
        yield found
    await runner.cleanup()


async def _read(recordings: PhoneRecordings, place: str) -> bytes:
    return b"".join([piece async for piece in recordings.read(place)])


def _recordings(monkeypatch: pytest.MonkeyPatch, session: aiohttp.ClientSession, logins: str | None) -> PhoneRecordings:
    environment(monkeypatch, LOANDESK_PHONE_RECORDING_HOSTS=HOST, LOANDESK_PHONE_RECORDING_LOGINS=logins)
    return phone_recordings(read_settings(env_file=None), session)


async def test_a_host_that_wants_a_login_gets_it_and_no_other_does(
    monkeypatch: pytest.MonkeyPatch, session: aiohttp.ClientSession
) -> None:
    recordings = _recordings(monkeypatch, session, f'{{"{HOST}": "{LOGIN}"}}')
    assert await _read(recordings, f"https://{HOST}/RE1.wav") == b"RIFF"
    with pytest.raises(RefusedFileError, match="withheld"):
        await _read(recordings, "https://elsewhere.test/RE1.wav")
    with pytest.raises(UnavailableError, match="http_302"):
        await _read(recordings, f"https://{HOST}/moved")
    with pytest.raises(UnavailableError, match="http_401"):
        await _read(_recordings(monkeypatch, session, None), f"https://{HOST}/RE1.wav")


@pytest.mark.parametrize(
    "logins", ["[]", "{", f'{{"{HOST}": 5}}', f'{{"{HOST}": "hunter2"}}', '{"b.test": "a:hunter2"}']
)
def test_logins_that_cannot_be_read_are_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, logins: str) -> None:
    environment(monkeypatch, LOANDESK_PHONE_RECORDING_HOSTS=HOST, LOANDESK_PHONE_RECORDING_LOGINS=logins)
    with pytest.raises(WrongSettingsError) as wrong:
        read_settings(env_file=None)
    assert "LOANDESK_PHONE_RECORDING_LOGINS" in str(wrong.value)
    assert "hunter2" not in str(wrong.value)

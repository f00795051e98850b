"""An authority stamps the head of the audit trail: kept beside the heads, verified later, and missed without harm."""

import contextlib
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from bot import time_stamps
from bot.audit_heads import HeadKeeper
from bot.commands import audit as audit_command
from bot.doctor.time_stamps import check_time_stamps
from bot.time_stamps import AGAIN_AFTER, BadStampError, Stamp, StampKeeper, check, read_stamps, stamps_file
from desk.core.transaction import Office
from storage.tables import Workspace
from tests.bot.keys import settings_with
from tests.bot.test_audit_commands import printing, trail
from tests.clocks import FrozenClock
from tests.timestamping import POLICY, LocalAuthority, serving
from tests.wire.conftest import log

__all__ = ["log"]

DESK = "01a2260a-0000-7000-8000-000000000001"
HEAD = f"2026-11-25T02:00:00Z {DESK} 1 1 {'ab' * 32}"

ENDED = Path(__file__).parent.parent / "data" / "time_stamp_of_a_certificate_that_ended.json"
"""Made by `openssl ts` with a certificate that ended two seconds later."""


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[LocalAuthority]:
    async with serving(LocalAuthority(tmp_path / "authority")) as authority:
        yield authority


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def true_clock(clock: FrozenClock) -> FrozenClock:
    """The clock at the time that the authority takes from this machine."""
    clock.advance(seconds=(datetime.now(UTC) - clock.now()).total_seconds())
    return clock


async def test_the_newest_head_is_stamped_and_verified_with_the_trail(
    office: Office,
    workspace: Workspace,
    true_clock: FrozenClock,
    database_url: str,
    authority: LocalAuthority,
    session: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    heads = tmp_path / "heads.txt"
    keeper = StampKeeper(authority.named(), heads, str(workspace.id), session, true_clock)
    await keeper.round()
    assert authority.asked == 0  # there is no head yet
    await trail(office, workspace, true_clock)
    await HeadKeeper(office, workspace, heads).round()
    for again in (keeper, keeper, StampKeeper(authority.named(), heads, str(workspace.id), session, true_clock)):
        await again.round()
    (stamp,) = read_stamps(stamps_file(heads))
    assert (authority.asked, authority.seen) == (1, [stamp.query])

    async def verified(**tsa: str) -> tuple[int, str]:
        printed, console = printing()
        code = await audit_command.verify(settings_with(database_url, **tsa), console, heads=heads)
        return code, printed.getvalue()

    root = time_stamps.fingerprint(stamp.certificates)
    code, said = await verified()
    assert code == 0
    assert (
        f"1 of 1 time stamps hold, the last of {check(stamp):%Y-%m-%d %H:%M:%S} UTC. The root certificate is {root}"
        in said
    )
    assert "compare it with the authority's" in said
    code, said = await verified(tsa_ca=str(authority.folder / "ca.pem"))
    assert (code, "compare" in said) == (0, False)
    other = LocalAuthority(tmp_path / "other")
    code, said = await verified(tsa_ca=str(other.folder / "ca.pem"))
    assert (code, "LOANDESK_TSA_CA do not bear the signature" in said) == (1, True)

    whole = stamps_file(heads).read_text()
    stamps_file(heads).write_text(whole.replace(stamp.line, stamp.line.replace(" 2 ", " 1 ", 1)))
    code, said = await verified()
    assert (code, "FIX  the time stamp of the head of" in said, "0 of 1" in said) == (1, True, True)
    stamps_file(heads).write_text(whole + "{}\n")
    code, said = await verified()
    assert (code, "line 2 of" in said) == (1, True)


def reply_to(other: bytes) -> bytes:
    return TimestampRequestBuilder().data(other).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()


async def test_an_authority_that_fails_harms_nothing_and_is_asked_again(
    authority: LocalAuthority,
    session: aiohttp.ClientSession,
    clock: FrozenClock,
    log: io.StringIO,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time_stamps, "SECONDS", 0.5)
    heads, line = tmp_path / "heads.txt", HEAD
    heads.write_text(line + "\n")
    ended = LocalAuthority(tmp_path / "ended", until=timedelta(days=-1))
    other = LocalAuthority(tmp_path / "other")

    def html(_: bytes) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    failing = {
        "cannot be reached (TimeoutError)": {"seconds": 60.0},
        "cannot be reached (ClientConnectorError)": {"url": "http://127.0.0.1:9/tsr"},
        "answers 500": {"answer": lambda _: web.Response(status=500)},
        "answers 302": {"answer": lambda _: web.Response(status=302, headers={"Location": authority.url})},
        "cannot be read as a time stamp": {"answer": html},
        "too large": {"answer": lambda _: web.Response(body=b"x" * 100_000)},
        "the authority refused": {"tampered_query": lambda _: b"nonsense"},
        "the reply is to another query": {"tampered_query": lambda _: reply_to(line.encode())},
        "the authority's certificate had ended": {"folder": ended.folder},
        "do not bear the signature": {"folder": other.folder},
    }
    for why, changed in failing.items():
        clock.advance(seconds=(datetime.now(UTC) - clock.now() - AGAIN_AFTER / 2).total_seconds())
        keeper = StampKeeper(authority.named(), heads, DESK, session, clock)
        if "url" in changed:
            keeper.authority = authority.named(url=str(changed["url"]))
        elif why.startswith("the authority's certificate"):
            keeper.authority = ended.named(url=authority.url)
        usual = {name: getattr(authority, name) for name in changed}
        for name, value in changed.items():
            setattr(authority, name, value)
        await keeper.round()
        asked = authority.asked
        await keeper.round()
        assert authority.asked == asked  # not at once
        for name, value in usual.items():
            setattr(authority, name, value)
        said = json.loads(log.getvalue().splitlines()[-1])
        assert (said["event"], why in said["why"]) == ("head_not_stamped", True), said
        assert (heads.read_text(), stamps_file(heads).exists()) == (line + "\n", False)
        clock.advance(seconds=AGAIN_AFTER.total_seconds())
        keeper.authority = authority.named()
        await keeper.round()
        assert [stamp.line for stamp in read_stamps(stamps_file(heads))] == [line]
        stamps_file(heads).unlink()


async def test_a_stamp_under_another_policy_or_of_another_time_is_refused(
    authority: LocalAuthority, session: aiohttp.ClientSession, true_clock: FrozenClock, tmp_path: Path
) -> None:
    with pytest.raises(BadStampError, match=f"under the policy {POLICY}, not 1.2.3"):
        await time_stamps.ask(session, authority.named(policy="1.2.3"), "a head", true_clock)
    with pytest.raises(BadStampError, match=r"LOANDESK_TSA_CA: .* cannot be read"):
        await time_stamps.ask(session, authority.named(certificates=tmp_path / "none"), "a head", true_clock)
    (tmp_path / "empty").touch()
    with pytest.raises(BadStampError, match=r"no certificates|root certificate"):
        await time_stamps.ask(session, authority.named(certificates=tmp_path / "empty"), "a head", true_clock)
    true_clock.advance(minutes=6)
    with pytest.raises(BadStampError, match="the authority says it is"):
        await time_stamps.ask(session, authority.named(), "a head", true_clock)


async def test_an_authority_whose_certificate_is_given_sends_none(
    authority: LocalAuthority, session: aiohttp.ClientSession, true_clock: FrozenClock, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes((authority.folder / "ca.pem").read_bytes() + (authority.folder / "tsa.pem").read_bytes())
    stamp = await time_stamps.ask(session, authority.named(certificates=both), "a head", true_clock)
    alone = await time_stamps.ask(session, authority.named(), "a head", true_clock)
    assert len(stamp.reply) < len(alone.reply)
    assert abs(check(stamp) - check(alone)) < timedelta(minutes=1)

    # rfc3161-client reads no reply whose certificates are not in the order of DER
    authority.send_chain()
    with pytest.raises(BadStampError, match=r"cannot be read .* add the authority's own certificate"):
        await time_stamps.ask(session, authority.named(), "a head", true_clock)
    await time_stamps.ask(session, authority.named(certificates=both), "a head", true_clock)


def test_a_stamp_holds_after_its_certificate_has_ended() -> None:
    (stamp,) = read_stamps(ENDED)
    assert check(stamp) == datetime(2026, 11, 29, 3, 35, 52, tzinfo=UTC)


@settings(max_examples=120)
@given(st.data())
def test_no_altered_stamp_says_another_time_or_holds_for_another_head(data: st.DataObject) -> None:
    (stamp,) = read_stamps(ENDED)
    at, bit = data.draw(st.integers(0, len(stamp.reply) - 1)), 1 << data.draw(st.integers(0, 7))
    altered = stamp.reply[:at] + bytes([stamp.reply[at] ^ bit]) + stamp.reply[at + 1 :]
    changed = Stamp(stamp.line, stamp.query, altered, stamp.certificates, stamp.policy)
    with contextlib.suppress(BadStampError):
        assert check(changed) == check(stamp)
    with pytest.raises(BadStampError):
        check(Stamp(stamp.line + "x", stamp.query, altered, stamp.certificates, stamp.policy))


async def test_doctor_asks_the_authority_and_says_which_head_waits(
    authority: LocalAuthority, session: aiohttp.ClientSession, true_clock: FrozenClock, tmp_path: Path, sqlite_url: str
) -> None:
    heads = tmp_path / "heads.txt"
    named = {"tsa_url": authority.url, "tsa_ca": str(authority.folder / "ca.pem"), "audit_heads": str(heads)}

    async def said(**changed: str) -> list[tuple[bool, str]]:
        settings = settings_with(sqlite_url, **named | changed)
        return [(each.ok, each.words) async for each in check_time_stamps(settings, session, true_clock)]

    assert await said() == [(True, f"{authority.url} stamps")]
    heads.write_text(HEAD + "\n")
    ((_, words),) = await said()
    assert "the head of 2026-11-25 waits for its stamp" in words
    await StampKeeper(authority.named(), heads, DESK, session, true_clock).round()
    ((_, words),) = await said()
    assert words.endswith("the head of 2026-11-25 is stamped")
    ((is_ok, words),) = await said(tsa_ca=str(tmp_path / "none"))
    assert (is_ok, "LOANDESK_TSA_CA" in words, "written all the same" in words) == (False, True, True)
    assert await said(tsa_url="") == []


async def test_what_a_full_disk_left_of_a_stamp_keeps_no_later_one_away(
    office: Office,
    workspace: Workspace,
    true_clock: FrozenClock,
    authority: LocalAuthority,
    session: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    heads = tmp_path / "heads.txt"
    await trail(office, workspace, true_clock)
    await HeadKeeper(office, workspace, heads).round()
    stamps_file(heads).write_text('{"line": "2026-')
    await StampKeeper(authority.named(), heads, str(workspace.id), session, true_clock).round()
    cut, whole = stamps_file(heads).read_text().splitlines()
    assert (cut, json.loads(whole)["line"]) == ('{"line": "2026-', heads.read_text().strip())
    with pytest.raises(BadStampError, match="line 1"):
        read_stamps(stamps_file(heads))

"""An archive of a case file is proved unaltered, or what was done to it is named; what is no such archive is refused."""

import asyncio
import base64
import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.cases import verification
from desk.cases.archive import MANIFEST, SIGNATURE, Archive, of_bytes
from desk.cases.signing import Signer
from desk.cases.verification import BadArchiveError, Finding, is_safe, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer(1, KEY.public_key().public_bytes_raw(), KEY)
MEMBERS = {"case.en.html": b"<p>" * 5000, "case.json": b"{}", "files/0001-id.pdf": bytes(100_000)}
Entries = list[tuple[zipfile.ZipInfo, bytes]]


async def archive(members: Iterable[tuple[str, bytes]] = MEMBERS.items()) -> bytes:
    made = Archive(SIGNER, {"loan": "A-1", "asked_by": "Compliance"})
    content = b"".join([piece async for piece in made.stream(of_bytes(*each) for each in members)])
    assert (made.size, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    return content


def rewritten(content: bytes, change: Callable[[Entries], None]) -> bytes:
    """The same archive, with entries that another program has changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        entries = [(entry, read.read(entry)) for entry in read.infolist()]
    change(entries)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        for entry, data in entries:
            plain = zipfile.ZipInfo(entry.filename)
            plain.external_attr, plain.create_system, plain.compress_type = entry.external_attr, 3, zipfile.ZIP_DEFLATED
            out.writestr(plain, data)
    return written.getvalue()


def of(path: str, data: bytes = b"x", mode: int = 0o100600) -> tuple[zipfile.ZipInfo, bytes]:
    entry = zipfile.ZipInfo(path)
    entry.external_attr = mode << 16
    return entry, data


def signed(**facts: Any) -> Entries:
    """An archive of one's own whose signature holds, for what a signature does not protect from."""
    manifest = json.dumps(
        {"format": "loandesk-case", "version": 1, "key": {"ed25519": SIGNER.public.hex()}, "members": [], **facts}
    ).encode()
    return [of(MANIFEST, manifest), of(SIGNATURE, base64.b64encode(SIGNER.sign(manifest)))]


def checked(tmp_path: Path, content: bytes, public: bytes | None = None) -> verification.Verified:
    file = tmp_path / "case.zip"
    file.write_bytes(content)
    return verify(file, public)


async def test_the_same_content_gives_the_same_bytes_and_they_verify(tmp_path: Path) -> None:
    content = await archive()
    assert await archive() == content
    found = checked(tmp_path, content, SIGNER.public)
    assert (found.findings, found.members, found.facts["loan"]) == ((), 3, "A-1")
    assert checked(tmp_path, content).public == SIGNER.public
    with pytest.raises(BadArchiveError, match="another key"):
        checked(tmp_path, content, Ed25519PrivateKey.generate().public_key().public_bytes_raw())


async def test_what_was_changed_removed_or_added_is_named(tmp_path: Path) -> None:
    content = await archive()

    def change(entries: Entries) -> None:
        entries[0] = (entries[0][0], entries[0][1][:-1] + b"!")
        del entries[1]
        entries.append(of("files/0002-id.pdf"))

    found = checked(tmp_path, rewritten(content, change))
    assert set(found.findings) == {
        Finding("changed", "case.en.html"),
        Finding("missing", "case.json"),
        Finding("added", "files/0002-id.pdf"),
    }


async def test_each_byte_of_manifest_and_signature_counts(tmp_path: Path) -> None:
    content = await archive()
    for path in (MANIFEST, SIGNATURE):
        for at in range(0, 60, 7):

            def change(entries: Entries, path: str = path, at: int = at) -> None:
                n = next(n for n, (entry, _) in enumerate(entries) if entry.filename == path)
                data = bytearray(entries[n][1])
                data[at] ^= 1
                entries[n] = (entries[n][0], bytes(data))

            with pytest.raises(BadArchiveError):
                checked(tmp_path, rewritten(content, change))


async def test_no_byte_of_an_archive_can_be_altered_unseen(tmp_path: Path) -> None:
    """What is not seen are the times and attributes that the headers of members repeat: they say nothing of the case."""
    content = await archive([("case.json", b"{}" * 20)])
    whole = checked(tmp_path, content)
    for at in range(len(content)):
        altered = bytearray(content)
        altered[at] ^= 0x20
        try:
            found = checked(tmp_path, bytes(altered))
        except BadArchiveError:
            continue
        assert found.findings or found.facts == whole.facts
        if not found.findings:
            with zipfile.ZipFile(io.BytesIO(altered)) as opened:
                assert opened.read("case.json") == b"{}" * 20


@pytest.mark.parametrize(
    "path",
    [
        "../case.json",
        "/etc/passwd",
        "a/../../b",
        "C:/x",
        "..\\x",
        "a\\b",
        "a//b",
        "a/",
        "",
        "a/./b",
        "a\nb",
        "NUL:",
        " /x",
    ],
)
async def test_a_path_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    assert not is_safe(path)
    content = await archive()
    with pytest.raises(BadArchiveError, match=r"leads out|something else"):
        checked(tmp_path, rewritten(content, lambda entries: entries.append(of(path or "x/"))))


@pytest.mark.filterwarnings("ignore:Duplicate name")
async def test_what_no_case_file_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = await archive()

    def refused(change: Callable[[Entries], None]) -> str:
        with pytest.raises(BadArchiveError) as caught:
            checked(tmp_path, rewritten(content, change))
        return str(caught.value)

    assert "more than once" in refused(lambda entries: entries.append(of("case.json", b"other")))
    assert "more than once" in refused(lambda entries: entries.append(of("CASE.json", b"other")))
    assert "something else" in refused(lambda entries: entries.append(of("link", b"/etc", stat.S_IFLNK | 0o777)))
    assert "no manifest.json" in refused(lambda entries: entries.__delitem__(slice(3, 4)))
    assert "not list the members" in refused(
        lambda entries: entries.__setitem__(slice(None), signed(members=[{"path": 1}]))
    )
    assert "version 1" in refused(lambda entries: entries.__setitem__(slice(None), signed(version=2))).replace(
        "of ", ""
    )
    assert "not that of a case file" in refused(lambda e: e.__setitem__(slice(None), signed(format="zip")))
    assert "names no key" in refused(lambda entries: entries.__setitem__(slice(None), signed(key={})))
    broken = (b"{", b"[]", b"\xff", b"[" * 100_000)
    for each in broken:
        assert "not JSON" in refused(
            lambda e, each=each: e.__setitem__(slice(None), [of(MANIFEST, each), of(SIGNATURE)])
        )
    monkeypatch.setattr(verification, "_MOST_MEMBERS", 4)
    assert "at most 4" in refused(lambda _: None)


async def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_MOST_BYTES", 1_000_000)
    bomb = of("bomb", bytes(2_000_000))
    member = {"path": "bomb", "size": 2_000_000, "sha256": "0" * 64}
    content = rewritten(await archive(), lambda e: e.__setitem__(slice(None), [*signed(members=[member]), bomb]))
    with pytest.raises(BadArchiveError, match="unpacks to"):
        checked(tmp_path, content)
    lying = [*signed(members=[{**member, "size": 10}]), of("bomb", bytes(900_000))]
    found = checked(tmp_path, rewritten(content, lambda entries: entries.__setitem__(slice(None), lying)))
    assert found.findings == (Finding("changed", "bomb"),)


async def test_something_before_or_behind_the_archive_is_refused(tmp_path: Path) -> None:
    content = await archive()
    for around in (b"MZ" + content, content + b"PK", content[:-1], b"", b"PK\x05\x06" + bytes(18)):
        with pytest.raises(BadArchiveError):
            checked(tmp_path, around)


async def test_a_file_between_the_others_or_packed_in_another_way_is_refused(tmp_path: Path) -> None:
    content = await archive()
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        at = read.start_dir
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as out:
        out.writestr("files/0002-id.pdf", b"what only a reader sees that goes by the headers of files")
        size = out.start_dir
    end = bytearray(content[-22:])
    end[16:20] = (at + size).to_bytes(4, "little")
    with pytest.raises(BadArchiveError, match="between the files"):
        checked(tmp_path, content[:at] + hidden.getvalue()[:size] + content[at:-22] + bytes(end))

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as out:
        for entry, data in signed():
            out.writestr(entry.filename, data)
    damaged = bytearray(packed.getvalue())
    damaged[60] ^= 0xFF
    for each in (packed.getvalue(), bytes(damaged)):
        with pytest.raises(BadArchiveError, match="packed as in no case file"):
            checked(tmp_path, each)


async def test_others_have_their_turn_while_much_is_packed() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(others())
    await archive([("case.json", bytes(4_000_000))])
    task.cancel()
    assert turns > 10

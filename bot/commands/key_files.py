"""`loandesk keys new`, `list`, `add`, `remove`, `wrap` and `rewrap`: the file of the keys, in clear or wrapped by a KMS."""

import base64
import contextlib
import os
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.commands.keys import count_stale
from bot.logs import reason_of
from bot.private_file import is_taken, private_file
from bot.recording import record
from bot.settings import Settings
from storage.engine.cipher import KeyRing
from storage.keys.errors import KeysError, KmsAwayError
from storage.keys.key_file import wrap, written
from storage.keys.private_text import read_private

HIGHEST = 255
"""The id of a key is one byte of each ciphertext."""


def new(target: Path | None, console: Console) -> int:
    """Print new keys for the environment, or write them to a new file for its owner alone. Return 1 if that fails."""
    ring = KeyRing(keys={1: os.urandom(32)}, current=1, search=os.urandom(32))
    if target is None:
        console.print(written(ring), end="")
        return 0
    if is_taken(target):
        console.print(f"Nothing was written: {target} already exists.")
        return 1
    try:
        with _placed(target, written(ring)):
            pass
    except OSError as error:
        console.print(f"Nothing was written: {reason_of(error)}")
        return 1
    console.print(
        f"Set LOANDESK_KEY_FILE={target}. Keep a copy in a second place, apart from backups: without the keys nobody can read "
        "the data."
    )
    return 0


async def list_keys(settings: Settings, console: Console) -> int:
    """Print where the keys come from, and each by its id and its check value, which does not reveal it. Return 0."""
    ring, wrapped = settings.key_ring(), settings.wrapped_keys()
    console.print(f"From {settings.key_file or 'the environment'}.")
    if wrapped is not None:
        console.print(f"Wrapped by the key {wrapped.wrapping_key} in {settings.kms().place}.")
    for number, check in sorted(ring.checks().items()):
        console.print(f"{number:>3}  {check}  {'encrypts' if number == ring.current else 'decrypts only'}")
    console.print(f"     {ring.search_check()}  search key")
    return 0


async def add(settings: Settings, console: Console) -> int:
    """Add a key of a higher id to the file, or print one for the environment. Return 1 if that fails."""
    ring, number = settings.key_ring(), settings.key_ring().current + 1
    if number > HIGHEST:
        console.print(f"Nothing was changed: {HIGHEST} is the highest id of a key.")
        return 1
    key = os.urandom(32)
    if not settings.key_file:
        console.print(f"Add to LOANDESK_ENCRYPTION_KEYS, behind a comma: {number}:{base64.b64encode(key).decode()}")
    else:
        wider = KeyRing(keys={**ring.keys, number: key}, current=number, search=ring.search)
        if not await _changed(console, _save(settings, wider, "add_key", key=number)):
            return 1
        console.print(f"Key {number} is in {settings.key_file}.")
    console.print("Restart every process of the desk, then run `loandesk keys rotate`.")
    return 0


async def remove(settings: Settings, number: int, console: Console) -> int:
    """Take an older key that nothing needs out of the file, and keep the file as it was. Return 1 if that fails."""
    ring, file = settings.key_ring(), Path(settings.key_file)
    if not settings.key_file:
        console.print(
            "The keys are in the environment: remove it from LOANDESK_ENCRYPTION_KEYS, then restart every process."
        )
        return 1
    if number not in ring.keys or number == ring.current:
        why = "encrypts" if number == ring.current else f"is not in {file}"
        console.print(f"Nothing was changed: key {number} {why}.")
        return 1
    if stale := await count_stale(settings, ring.current):
        console.print(
            f"Nothing was changed: {stale} values need an older key. Run `loandesk keys rotate`, which names damaged ones."
        )
        return 1
    before = file.with_name(f"{file.name}.with-{number}")
    rest = {each: key for each, key in ring.keys.items() if each != number}
    narrower = KeyRing(keys=rest, current=ring.current, search=ring.search)

    async def keep_and_save() -> None:
        with _placed(before, read_private(file)):
            await _save(settings, narrower, "remove_key", key=number)

    if not await _changed(console, keep_and_save()):
        return 1
    console.print(f"Key {number} is no longer in {file}. Restart every process when it suits.")
    console.print(f"{before} has the keys as they were: keep it elsewhere as long as you keep an older backup.")
    return 0


async def wrap_keys(settings: Settings, target: Path, console: Console) -> int:
    """Write the keys, wrapped by a new key in the KMS, to a new file. Return 1 if that fails."""
    if settings.wrapped_keys() is not None:
        console.print("Nothing was changed: the keys are wrapped. `loandesk keys rewrap` takes a new wrapping key.")
        return 1
    if is_taken(target):
        console.print(f"Nothing was changed: {target} already exists.")
        return 1

    if not await _changed(console, _wrap_with_new_key(settings, target, "wrap_keys")):
        return 1
    console.print(f"{target} has the keys, wrapped in {settings.kms().place}.")
    console.print(
        f"Set LOANDESK_KEY_FILE={target}, remove LOANDESK_ENCRYPTION_KEYS and LOANDESK_SEARCH_KEY, and restart every process. "
        "Keep the keys in clear off this machine, in a safe: without the token nobody can read the data otherwise."
    )
    return 0


async def rewrap(settings: Settings, console: Console) -> int:
    """Wrap the same keys with a new key in the KMS; no row changes. Return 1 if that fails."""
    wrapped = settings.wrapped_keys()
    if wrapped is None:
        console.print("Nothing was changed: the keys are not wrapped. `loandesk keys wrap` does that.")
        return 1

    if not await _changed(console, _wrap_with_new_key(settings, Path(settings.key_file), "rewrap_keys")):
        return 1
    console.print(f"{settings.key_file} is wrapped with a new key. Copy it to the other machines of the desk.")
    console.print(
        f"The wrapping key {wrapped.wrapping_key} is still in the token, for copies of the file from before: delete it when none "
        "is left."
    )
    return 0


async def _changed(console: Console, change: Coroutine[Any, Any, None]) -> bool:
    """Make the change, or say why nothing was changed."""
    try:
        await change
    except (KeysError, KmsAwayError) as error:
        console.print(f"Nothing was changed: {error}.")
        return False
    except OSError as error:
        console.print(f"Nothing was changed: {reason_of(error)}")
        return False
    return True


async def _wrap_with_new_key(settings: Settings, target: Path, act: str) -> None:
    """Wrap the keys with a new wrapping key, which is deleted again when the file cannot be written."""
    kms = settings.kms()
    wrapping_key = kms.make_key()
    try:
        text = wrap(settings.key_ring(), kms, wrapping_key).written()
        await _record_and_place(settings, target, text, act, wrapping_key=wrapping_key)
    except BaseException:
        with contextlib.suppress(KmsAwayError):
            kms.delete_key(wrapping_key)
        raise


async def _save(settings: Settings, ring: KeyRing, act: str, **details: int) -> None:
    """Write the keys to the file, wrapped if they were."""
    wrapped = settings.wrapped_keys()
    text = wrap(ring, settings.kms(), wrapped.wrapping_key).written() if wrapped is not None else written(ring)
    await _record_and_place(settings, Path(settings.key_file), text, act, **details)


async def _record_and_place(settings: Settings, target: Path, text: str, act: str, **details: str | int) -> None:
    """Record the act, then write the file: what cannot be recorded is not done."""
    with _placed(target, text):
        await record(settings, act, None, file=target.name, **details)


@contextlib.contextmanager
def _placed(target: Path, text: str) -> Generator[None]:
    """Write a file beside the target, and put it in its place when the block ends; if that fails, delete it. Raises OSError."""
    target = target.resolve()  # a link goes on leading to it
    beside = target.with_name(target.name + ".new")
    try:
        with private_file(beside) as out:
            out.write(text.encode())
            out.flush()
            os.fsync(out.fileno())
        yield
        beside.rename(target)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

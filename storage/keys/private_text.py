"""Read a secret from a file that nobody else may read or have written."""

import os
import pwd
import stat
from pathlib import Path

from storage.keys.errors import SecretFileError

_LARGEST = 65_536
"""Bytes: more is no file of keys."""


def read_private(path: Path) -> str:
    """Return the text of a file that belongs to this account or to root, and that no other account may read or write.

    Raises SecretFileError. A credential that systemd passes on may be readable by a group, because systemd lets the
    service in by an access list, which looks like that (systemd.exec, "Credentials").
    """
    try:
        # Without O_NONBLOCK a pipe would wait for its writer.
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretFileError(f"{path} cannot be read ({error.strerror}): check its name and its owner") from None
    try:
        state = os.fstat(opened)
        if not stat.S_ISREG(state.st_mode):
            raise SecretFileError(f"{path} is not a file")
        _require_private(path, state)
        content = os.read(opened, _LARGEST + 1)
    finally:
        os.close(opened)
    if len(content) > _LARGEST:
        raise SecretFileError(f"{path} is too large: it has more than {_LARGEST} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SecretFileError(f"{path} is not text in UTF-8") from None


def _require_private(path: Path, state: os.stat_result) -> None:
    if state.st_uid not in (0, os.geteuid()):
        raise SecretFileError(
            f"{path} belongs to {_account(state.st_uid)}: run this as that account, or chown the file to the desk's"
        )
    group_reads = stat.S_IRGRP if _is_credential(path) else 0
    if state.st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~group_reads:
        raise SecretFileError(
            f"others on this machine may read or write {path}: chmod 600 it, or mount it with mode 0400 for the desk's account"
        )


def _is_credential(path: Path) -> bool:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return bool(folder) and path.parent.absolute() == Path(folder)


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the account {number}"

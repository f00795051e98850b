"""Make a file that only its owner may read."""

import os
from pathlib import Path
from typing import BinaryIO


def is_taken(path: Path) -> bool:
    """Return whether something has this name, also a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def private_file(path: Path) -> BinaryIO:
    """Return a new file, open for writing. What is there under this name, a file that an interrupted command left, or a link, is
    replaced and not followed. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")

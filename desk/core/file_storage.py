"""Where the desk keeps files, and by what address people open them."""

from desk.core.dataclass import dataclass
from storage.files.store import FileStore


@dataclass(frozen=True, slots=True)
class FileStorage:
    """The store of files, the public address of the page that opens them, without a slash at its end, and the most bytes of
    a document and of a recording. A desk without such a page takes no files."""

    store: FileStore
    page_url: str
    most_bytes: int
    most_audio: int

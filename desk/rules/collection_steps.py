"""What a lender does about arrears beyond calls: the kinds in `desk/data/collection_steps.toml`."""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable

from desk.core.data_files import DataFile
from desk.core.vocabulary import Word


def load_steps(source: Traversable) -> Mapping[str, Word]:
    """Return the kinds of steps by code. Raises DataFileError, which names the file, the line and the entry."""
    file = DataFile(source)
    found = {code: file.read(Word, {"code": code, **dict(entry)}, code) for code, entry in file.tables.items()}
    if not found:
        raise file.error("there are no steps", "step")
    return found


STEPS = load_steps(resources.files("desk") / "data" / "collection_steps.toml")
"""The steps of this desk."""

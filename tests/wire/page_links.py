"""Links of the desk's own page, as a message or form shows them."""

import re
from typing import Any

from sandbox.elements import find_element


def link_and_code(blocks: list[dict[str, Any]], text: str) -> tuple[str, str]:
    """Return the address of the only link to the page in these blocks, and the code that their text gives."""
    code = re.search(r"\b\d{3} \d{3}\b", text)
    assert code is not None, text
    return find_element(blocks, "files.follow#1")[1]["url"], code[0]

"""The reference of a request: in every line of the log about it, and in the answer to whoever had trouble."""

import os

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: nothing that is read out loud or copied by hand is taken for another sign."""


def new_reference() -> str:
    """Eight signs in two groups: `7F3K-92QD`."""
    signs = "".join(_SIGNS[byte % 32] for byte in os.urandom(8))
    return f"{signs[:4]}-{signs[4:]}"

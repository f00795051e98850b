"""The rules that plan calls in a workspace: the desk's own, with the numbers that its managers replaced."""

from desk.core.transaction import Desk
from desk.rules.cadence import CADENCE, Cadence, with_numbers


def cadence_of(desk: Desk) -> Cadence:
    """Return the rules of the workspace."""
    changed = desk.workspace.cadence
    return with_numbers(changed) if changed else CADENCE

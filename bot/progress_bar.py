"""How far a command of the operator is, on a terminal."""

from rich.console import Console
from rich.progress import Progress


def progress_bar(console: Console) -> Progress:
    """Return a bar that is gone when the work is done. What is printed to a file or another program gets none: rich would leave
    an empty line there."""
    return Progress(console=console, transient=True, disable=not console.is_interactive)

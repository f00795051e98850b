"""What a report consists of. All texts are plain: nothing in them is read as markup, and a line feed is a new line."""

from collections.abc import Sequence

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: level 1 of a part, 2 of a section in it."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a `small` one is a remark."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, whose `head` is repeated on each page. `widths` are shares of the line; columns in `right` hold numbers."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    widths: tuple[int, ...]
    right: tuple[int, ...] = ()


Block = Heading | Paragraph | Table


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `header` and `footer` are on each page, the page's number behind the footer; `watermark` lies across each."""

    title: str
    blocks: Sequence[Block]
    header: str = ""
    footer: str = ""
    watermark: str = ""

"""Rows as a file of the lender has them, of values that came through the API: so that one set of rules reads both.

Values come as texts by column, as `desk.importing` names these; a column that is not given is left as it is.
"""

from collections.abc import Mapping

from desk.core.transaction import Desk
from desk.importing.money_rows import InstalmentRow, PaymentRow, read_instalment, read_payment
from desk.importing.rows import Header, ImportRow, RowReader

Texts = Mapping[str, str]
"""The text of each column that was given."""


def loan_row(desk: Desk, line: int, texts: Texts) -> ImportRow:
    """Return what a system says of a loan, with every fault. `texts` has its `number`."""
    reader = RowReader(_header(texts), today=desk.workspace_today, region=desk.workspace.country or "CN")
    return reader.read(line, list(texts.values()))


def payment_row(line: int, texts: Texts) -> PaymentRow:
    """Return a payment or a reversal, with every fault."""
    return read_payment(_header(texts), line, list(texts.values()))


def instalment_row(line: int, texts: Texts) -> InstalmentRow:
    """Return an instalment, with every fault."""
    return read_instalment(_header(texts), line, list(texts.values()))


def _header(texts: Texts) -> Header:
    return Header({column: place for place, column in enumerate(texts)}, {column: column for column in texts}, {})

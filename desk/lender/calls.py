"""Calls that the lender's systems report."""

from desk.core.permissions import require
from desk.core.transaction import Desk
from desk.rules.call_records import CallRecord
from desk.telephony.records import Effect, site_of, take_records


async def report_call(desk: Desk, record: CallRecord) -> Effect:
    """Keep a report of a call, which the worker applies when its other reports have come. Return what it did.

    Raises NotAllowed (`scope_missing`).
    """
    require(desk, "report_calls")
    (effect,) = await take_records(desk, [record], site_of(desk))
    return effect

"""Keeping what the phone system reports of many calls at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from desk.core.phone_site import Site
from desk.core.transaction import Office
from desk.rules.call_records import CallRecord
from desk.telephony.records import SETTLE, Effect, take_records
from storage.tables import Workspace

_AT_ONCE = 100
"""How many calls a transaction writes, so that a long list does not keep others from writing."""


async def keep_records(
    office: Office, workspace: Workspace, records: Sequence[CallRecord], site: Site, *, settle: timedelta = SETTLE
) -> Counter[Effect]:
    """Keep records as `take_records` does, in several transactions: what is cut off in the middle may be given again.

    Return how many had which effect.
    """
    taken = Counter[Effect]()
    for at in range(0, len(records), _AT_ONCE):
        async with office.desk(workspace) as desk:
            taken.update(await take_records(desk, records[at : at + _AT_ONCE], site, settle=settle))
    return taken

"""How many requests a program may make, counted by all processes of the desk together."""

from desk.core.dataclass import dataclass
from storage.engine.work import Work
from storage.queries.people import allowances
from storage.tables import ApiToken


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a request was taken, and when, in microseconds since 1970, the token has all its requests left again."""

    allowed: bool
    full_at: int


async def take_request(session: Work, token: ApiToken, *, now: int, step: int, quota: int) -> Taken:
    """Take a request of a token that has `quota` of them at most and gets another with each `step`, in microseconds.

    This is the generic cell rate algorithm (ITU-T I.371): one instant in a row says how many are left.
    """
    latest = now + (quota - 1) * step
    full_at = await allowances.take(session, token.workspace_id, token.id, now=now, step=step, latest=latest)
    if full_at is not None:
        return Taken(True, full_at)
    return Taken(False, await allowances.full_at(session, token.id) or latest)

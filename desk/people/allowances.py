"""How many requests a program may make, counted by all processes of the desk together."""

from desk.core.dataclass import dataclass
from storage.engine.work import Work
from storage.queries.people import allowances
from storage.tables import ApiToken


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a request was taken, and in how many microseconds the token has all its requests left again."""

    allowed: bool
    missing: int


async def take_request(session: Work, token: ApiToken, *, now: int | None, step: int, quota: int) -> Taken:
    """Take a request of a token that has `quota` of them at most and gets another with each `step`, in microseconds. `now`, since
    1970, is the database's if it is None.

    This is the generic cell rate algorithm (ITU-T I.371): one instant in a row says how many are left.
    """
    spare = (quota - 1) * step
    missing = await allowances.take(session, token.workspace_id, token.id, now=now, step=step, spare=spare)
    if missing is not None:
        return Taken(True, missing)
    return Taken(False, await allowances.missing(session, token.id, now=now) or spare)

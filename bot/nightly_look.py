"""The nightly look: once a night, ask Slack about every member's account and every channel that the desk writes to.

It finds what no event told: accounts that were deactivated or changed while the desk was away, and channels that were archived,
that the bot was removed from, or that were shared with another company later.
"""

from collections import deque
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from desk.core.transaction import Office
from desk.messages import lost_channels
from desk.people import accounts
from desk.people.team import ReminderChannel
from handlers.door.directory import Directory, code_of
from handlers.door.retry_after import LONGEST_SECONDS, read_retry_after
from storage.engine.trouble import log_fields
from storage.queries.people import members, workspaces
from storage.tables import Member, Workspace

log = structlog.get_logger()

BEGINS_AT = time(3)
"""When it begins, in the workspace's time zone; later where no worker runs then."""

AT_ONCE = 50
"""Members and channels of one round. Slack allows about a hundred `users.info` a minute."""

PAUSE = timedelta(minutes=1)
"""The pause between two rounds, at least; Slack may ask for a longer one."""

LONGEST_PAUSE = timedelta(seconds=LONGEST_SECONDS)
"""The longest pause that Slack is believed to need."""


class _WaitError(Exception):
    """Slack asks the desk to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.pause = max(timedelta(seconds=seconds), PAUSE)


class _Subject(NamedTuple):
    """A member or a channel to ask about."""

    slack_id: str
    is_channel: bool


class NightlyLook:
    """Asks about some members and channels in each round until all were asked about. Of several processes, one looks."""

    def __init__(self, office: Office, workspace: Workspace, client: AsyncWebClient) -> None:
        self._office = office
        self._workspace = workspace
        self._directory = Directory(client)
        self._ahead: deque[_Subject] = deque()
        self._not_before: datetime | None = None

    async def round(self) -> None:
        """Begin the look of the night if it is due, and do a part of it. Only database errors are raised."""
        now = self._office.clock.now()
        if not self._ahead and _is_due(self._workspace, now):
            await self._begin(now)
        if not self._ahead or (self._not_before is not None and now < self._not_before <= now + LONGEST_PAUSE):
            return
        self._not_before = now + PAUSE
        for _ in range(min(AT_ONCE, len(self._ahead))):
            try:
                await self._look_at(self._ahead[0])
            except _WaitError as wait:
                self._not_before = now + wait.pause
                return
            self._ahead.popleft()

    async def _begin(self, now: datetime) -> None:
        async with self._office.desk(self._workspace) as desk:
            row = desk.workspace = await workspaces.locked(desk.session, desk.workspace.id)
            if not _is_due(row, now):  # another process looks
                return
            is_new, row.looked_at = row.looked_at is None, now
            if is_new:
                return
            people = await members.everybody(desk.session, row.id)
            teams = await members.teams(desk.session, row.id)
            used = {m.reminder_channel_id for m in people if m.channel_lost_at is None}
            used |= {team.manager_channel_id for team in teams if team.channel_lost_at is None}
        self._ahead.extend(_Subject(member.slack_user_id, is_channel=False) for member in people)
        self._ahead.extend(_Subject(channel, is_channel=True) for channel in sorted(filter(None, used)))

    async def _look_at(self, subject: _Subject) -> None:
        try:
            if subject.is_channel:
                await self._check_channel(subject.slack_id, await self._directory.channel(subject.slack_id))
            else:
                await self._follow(subject.slack_id)
        except SlackApiError as error:
            if code_of(error) in ("ratelimited", "rate_limited"):
                raise _WaitError(read_retry_after(getattr(error.response, "headers", {}))) from error
            log.warning("not_looked_at", subject=subject.slack_id, error=code_of(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("not_looked_at", subject=subject.slack_id, **log_fields(error))

    async def _follow(self, slack_id: str) -> None:
        member = await self._member(slack_id)
        if member is None:
            return
        account = await self._directory.person(slack_id, zone=member.zone, locale=member.locale)
        if account is not None and not accounts.differs(member, account):
            return
        async with self._office.desk(self._workspace) as desk:
            if account is not None:
                await accounts.follow(desk, account)
            elif (row := await members.by_slack_id(desk.session, desk.workspace.id, slack_id)) is not None:
                await accounts.lose(desk, row)

    async def _member(self, slack_id: str) -> Member | None:
        async with self._office.database.reading() as session:
            return await members.by_slack_id(session, self._workspace.id, slack_id)

    async def _check_channel(self, channel_id: str, channel: ReminderChannel | None) -> None:
        error = _trouble_with(channel)
        if error is None:
            return
        async with self._office.desk(self._workspace) as desk:
            if await lost_channels.lose_channel(desk, channel_id, error):
                log.warning("channel_lost", channel=channel_id, error=error)


def _is_due(workspace: Workspace, now: datetime) -> bool:
    begun = workspace.looked_at
    return begun is None or begun < _last_beginning(now, ZoneInfo(workspace.zone))


def _last_beginning(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), BEGINS_AT, zone)
    return tonight if tonight <= local else datetime.combine(local.date() - timedelta(days=1), BEGINS_AT, zone)


def _trouble_with(channel: ReminderChannel | None) -> str | None:
    if channel is None:
        return "channel_not_found"
    if channel.is_shared_outside:
        return lost_channels.SHARED_OUTSIDE
    if channel.is_archived:
        return "is_archived"
    return None if channel.bot_is_in else "not_in_channel"

"""Keep recently opened App Homes up to date, within Slack's limit of about 100 publications a minute."""

from dataclasses import field
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from desk.core.dataclass import dataclass
from desk.core.setting_aside import set_aside
from desk.core.transaction import Office
from desk.messages.home import read_page, record_published, stale_homes
from desk.people.members import locale_of, zone_of
from handlers.door.request import Request
from handlers.door.views import ViewsClient
from handlers.events import current_home, home_for_non_member
from handlers.messages.block_kit.translator import Translator
from handlers.messages.unreadable import in_words
from storage.engine.trouble import is_outage
from storage.queries.messages.homes import HOMES
from storage.tables import Home, Member, Workspace

PER_ROUND = 1
"""Homes checked in a round of one second: `views.publish` allows about 100 a minute, and opening a Home uses some."""

REST = 9
"""No Home is checked for so many times as long as it took to compute one: the figures of a manager of 100,000 loans take a
second, and are to take no more than a tenth of the desk's time."""


@dataclass(slots=True)
class HomeUpdater:
    """Check recently opened Homes and publish those that have changed. The cost does not grow with Homes or changes."""

    office: Office
    workspace: Workspace
    client: AsyncWebClient
    _rests: tuple[datetime, datetime] | None = field(default=None, init=False)

    async def round(self) -> None:
        """Check the Homes whose last check is the oldest, unless it is too soon after one that took long."""
        now = self.office.clock.now()
        if self._rests and self._rests[0] <= now < self._rests[1]:
            return
        async with self.office.desk(self.workspace) as desk:
            homes = await stale_homes(desk, limit=PER_ROUND)
        for home in homes:
            try:
                await self._check(home)
            except Exception as error:  # one that cannot be read must not be tried again each time
                if is_outage(error):
                    raise
                async with self.office.desk(self.workspace) as desk:
                    await set_aside(desk, HOMES, home.member_id, error)

    async def _check(self, home: Home) -> None:
        began = self.office.clock.now()
        async with self.office.reading_desk(self.workspace) as desk:
            member = await desk.session.get(Member, home.member_id)
            if member is None:
                return
            desk.actor = member
            request = Request(desk=desk, t=Translator(locale_of(member)), zone=zone_of(desk, member), channel_id="")
            if member.removed_at is None:
                view = in_words(desk, request.t, await current_home(request, read_page(home.showing)))
            else:
                view = home_for_non_member(request.t, request.zone)
            now = self.office.clock.now()
            self._rests = (now, now + REST * (now - began))
            if desk.cipher.digest("home", view.content()) == home.digest:
                return
        # Slack refuses the hash when the owner has just turned a page: the next round sees it.
        view_hash = await ViewsClient(self.client).publish(view, member.slack_user_id, home.hash)
        if view_hash is not None:
            async with self.office.desk(self.workspace, member) as desk:
                await record_published(desk, view.content(), view_hash, view.private)

"""How members answer their reminders: after a while, in their own working hours, with outcomes drawn by purpose."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sandbox.user_actions import Reply
from tests.simulation import lives
from tests.simulation.days import LENDER_ZONE, Office, instant
from tests.simulation.facts import Announcement, Called, Moved, Post, Snoozed, Undone
from tests.simulation.world import Reminder, actions

if TYPE_CHECKING:
    from tests.simulation.play import Play

MOVED, SNOOZED, SNOOZED_AGAIN, TAKEN_BACK = 0.05, 0.05, 0.4, 0.05
"""The shares of reminders whose call is moved, that are snoozed once and again, and of acts that are undone."""

IGNORED = 0.06
"""The share of reminders that nobody answers before the managers hear."""

SERVICE = (("reached", 68), ("no_answer", 14), ("busy", 5), ("voicemail", 3), ("unreachable", 4), ("call_back", 6))
OUTCOMES: Mapping[str, Sequence[tuple[str, int]]] = {
    "conditions": (*SERVICE, ("refused", 4), ("withdrew", 3)),
    "identity": (("confirmed", 66), ("unverified", 14), ("no_answer", 14), ("failed", 6)),
    "documents": (*SERVICE, ("wrong_number", 3)),
    "repayment": (("reached", 32), ("paid", 22), ("promised", 20), ("no_answer", 18), ("busy", 4), ("call_back", 4)),
    "promise": (("paid", 55), ("promised", 15), ("part_paid", 8), ("no_answer", 14), ("reached", 8)),
    "overdue": (("promised", 32), ("paid", 22), ("no_answer", 22), ("reached", 18), ("refused", 6)),
}
"""How often calls about a purpose have an outcome."""

NEXT_ON = ("promised", "part_paid")
PAYMENTS = ("paid", "part_paid")


class Answers:
    """Answers the reminders of a play."""

    def __init__(self, play: "Play") -> None:
        self._play = play
        self._snoozed: set[tuple[str, int]] = set()

    def plan(self, reminder: Reminder) -> None:
        """Plan the answers to the calls of a reminder, one after the other."""
        play = self._play
        office = play.office_of(reminder.post.to)
        minute = play.minute
        for row in reminder.post.rows:
            minute = office.later(minute, play.random.randrange(4, 70)) + 1
            if play.random.random() >= IGNORED:
                play.later(minute, partial(self._answer, reminder, row))

    def plan_for_manager(self, post: Post) -> None:
        """Plan that the manager finishes what nobody acted on."""
        row = post.rows[0]
        if row not in self._play.world.escalations:
            return
        manager = next(p for p in self._play.world.people.values() if (p.team, p.role) == (post.to, "manager"))
        minute = (
            self._play.office_of(manager.slack_id).later(self._play.minute, self._play.random.randrange(5, 120)) + 1
        )
        self._play.later(minute, partial(self._finish, manager.slack_id, row))

    async def _finish(self, manager: str, row: Announcement) -> None:
        message = self._play.world.escalations[row]
        if not any(name.startswith(("form.open", "reminder.hand_over")) for name, _ in actions(message)):
            return
        await self._call(manager, row, "confirmed" if row.purpose in ("identity",) else "reached")

    async def _answer(self, reminder: Reminder, row: Announcement) -> None:
        play = self._play
        if not reminder.waits(row) or play.is_away(row.to):
            return
        if reminder.number is not None and play.random.random() < MOVED:
            to = self._some_time(play.office_of(row.to))
            at = instant(to).astimezone(play.office_of(row.to).zone)
            line = f"/loan-follow {row.loan}/{reminder.number} move {at:%Y-%m-%d %H:%M}"
            moved = await play.world.type(row.to, line)
            play.facts.append(Moved(play.minute, row.loan, row.to, row.purpose, row.minute, to))
            self._think_again(reminder, row, moved)
            return
        before = (row.loan, reminder.number or 0) in self._snoozed
        if reminder.number is not None and play.random.random() < (SNOOZED_AGAIN if before else SNOOZED):
            await self._snooze(reminder, row)
            return
        outcomes = OUTCOMES.get(row.purpose, SERVICE)
        outcome = play.random.choices([name for name, _ in outcomes], [share for _, share in outcomes])[0]
        logged = await self._call(row.to, row, outcome, reminder.number)
        if outcome not in (*PAYMENTS, "failed"):
            self._think_again(reminder, row, logged)

    async def _snooze(self, reminder: Reminder, row: Announcement) -> None:
        play = self._play
        found = {value["k"]: name for name, value in actions(reminder.message) if "k" in value}
        until = play.random.choice([each for each in ("quarter", "hour", "morning") if each in found])
        await play.world.press(row.to, reminder.message, found[until])
        play.facts.append(Snoozed(play.minute, row.loan, row.to, row.purpose, row.minute, until))
        self._snoozed.add((row.loan, reminder.number or 0))
        await play.round()

    def _think_again(self, reminder: Reminder, row: Announcement, reply: Reply) -> None:
        """Now and then have the member take back what they did a minute or two ago, and answer the reminder after all."""
        play = self._play
        if play.random.random() < TAKEN_BACK:
            undo = partial(self._undo, reminder, row, reply, len(play.facts))
            play.later(play.minute + play.random.randrange(1, 4), undo)

    async def _undo(self, reminder: Reminder, row: Announcement, reply: Reply, known: int) -> None:
        play = self._play
        if any(getattr(fact, "loan", "") == row.loan for fact in play.facts[known:]):
            return  # something else has happened to the loan meanwhile
        assert reply.message is not None
        await play.world.press(
            row.to, reply.message, next(n for n, _ in actions(reply.message) if n.startswith("undo"))
        )
        play.facts.append(Undone(play.minute, row.loan))
        minute = play.office_of(row.to).later(play.minute, play.random.randrange(5, 90)) + 1
        play.later(minute, partial(self._answer, reminder, row))

    async def _call(self, who: str, row: Announcement, outcome: str, number: int | None = None) -> Reply:
        play = self._play
        life = play.by_number[row.loan]
        today = play.world.clock.now().astimezone(LENDER_ZONE).date()
        if outcome in PAYMENTS and (not life.ledger or not life.ledger.left or life.paid_on == today):
            outcome = "reached"
        name = f"{row.loan}/{number}" if number is not None else row.loan
        purpose = "" if number is not None else f" {row.purpose}"
        next_at, next_on, amount, said, then = None, None, None, "", ""
        if outcome == "part_paid":
            assert life.ledger is not None
            amount = life.ledger.left[0][1] // 2
            said = f" {Decimal(amount) / 100:.2f}"
        if outcome in NEXT_ON:
            next_on = self._some_day(play.office_of(who))
            then = f" next {next_on}"
        elif outcome == "call_back" or (outcome == "no_answer" and play.random.random() < 0.2):
            next_at = self._some_time(play.office_of(who))
            then = f" next {instant(next_at).astimezone(play.office_of(who).zone):%Y-%m-%d %H:%M}"
        elif outcome == "failed":
            then = ": the photo is of another person"
        words = outcome.replace("_", " ")
        reply = await play.world.type(who, f"/loan-call {name} {words}{said}{purpose}{then}")
        if outcome in PAYMENTS:
            assert life.ledger is not None
            play.paid(life, life.ledger.left[0][1] if amount is None else amount)
        of = None if amount is None else Decimal(amount) / 100
        reminded = row.minute if number is not None else None
        play.facts.append(Called(play.minute, row.loan, who, row.purpose, outcome, reminded, next_at, next_on, of))
        if play.random.random() < 0.02:
            play.later(play.office_of(who).later(play.minute, 30) + 1, partial(play.reassign, life))
        if outcome == "failed":
            life.has_failed = True
            await play.round()
            decided = play.office_of(who).later(play.minute, play.random.randrange(20, 300)) + 1
            play.later(decided, partial(play.decline, life))
        return reply

    def _some_time(self, office: Office) -> int:
        """Return a minute within the next working days, now and then in the evening."""
        random = self._play.random
        minute = lives.some_days_on(random, office, self._play.minute, random.randrange(1, 4))
        if random.random() < 0.1:
            minute = office.spans[office.date_of(minute)][1] + random.randrange(5, 40)
        return minute

    def _some_day(self, office: Office) -> date:
        """Return a date within the next days."""
        today = datetime.fromtimestamp(self._play.minute * 60, office.zone).date()
        return today + timedelta(days=self._play.random.randrange(1, 8))

"""Appointments in a simulation: people book, move and settle them, and the desk reminds of them."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from tests.simulation import lives
from tests.simulation.days import instant
from tests.simulation.facts import Booked, Rebooked, Settled
from tests.simulation.lives import Life

if TYPE_CHECKING:
    from tests.simulation.play import Play

BOOKED = {"application": ("interview", 0.2), "approved": ("signing", 0.5), "signed": ("pickup", 0.4)}
"""What kind of appointment is booked on loans that enter a stage, and for which share of them."""

MOVED, CONFIRMED = 0.25, 0.2
ENDED = ("withdrawn", "closed", "declined")
LENGTH, DAY = 60, 24 * 60


@dataclass(eq=False, slots=True)
class _Appointment:
    """An appointment that is to come. `moves` counts how often it has been moved."""

    life: Life
    kind: str
    who: str
    at: int
    moves: int = 0
    is_confirmed: bool = False


@dataclass(slots=True)
class Appointments:
    """The appointments of a play."""

    play: "Play"
    _open: list[_Appointment] = field(default_factory=list)

    async def perhaps_book(self, life: Life) -> None:
        """Now and then book an appointment on a loan that has entered a stage."""
        kind, share = BOOKED.get(life.stage, ("", 0.0))
        if self.play.random.random() < share:
            self.play.later(self.play.minute + 2, partial(self._book, life, kind))

    def hand_over(self, life: Life, outgoing: str) -> None:
        """Have the new owner of a loan attend what the old one was to attend."""
        for each in self._open:
            if each.life is life and each.who == outgoing:
                each.who = life.owner

    async def _book(self, life: Life, kind: str) -> None:
        play, who = self.play, self.play.present(life.owner)
        if life.stage in ENDED or any(each.life is life and each.kind == kind for each in self._open):
            return
        new = _Appointment(life, kind, who, self._free_time(who))
        place = {"Place": "Room 3"} if play.random.random() < 0.5 else {}
        values = {"What for": kind, "When": self._words(who, new.at), **place}
        await play.world.form(who, life.number, "Open", "Book an appointment", values)
        self._open.append(new)
        play.facts.append(Booked(play.minute, life.number, who, kind, new.at))
        office = play.office_of(who)
        if play.random.random() < MOVED:
            play.later(office.later(play.minute, play.random.randrange(20, 200)) + 1, partial(self._move, new))
        elif play.random.random() < CONFIRMED:
            at = office.later(play.minute, play.random.randrange(20, 200)) + 1
            play.later(at, partial(self._settle, new, 0, "Confirmed", "confirmed"))
        self._plan_end(new)

    async def _move(self, appointment: _Appointment) -> None:
        play, life = self.play, appointment.life
        if life.stage in ENDED or appointment not in self._open or appointment.at <= play.minute:
            return
        who, at = life.owner, self._free_time(appointment.who)
        if play.is_away(who):
            return
        values = {"When": self._words(who, at)}
        await play.world.form(who, life.number, "Open", "Move it", values, nth=self._place(appointment))
        appointment.at, appointment.moves, appointment.is_confirmed = at, appointment.moves + 1, False
        play.facts.append(Rebooked(play.minute, life.number, appointment.kind, at))
        self._plan_end(appointment)

    async def _settle(self, appointment: _Appointment, moves: int, button: str, state: str) -> None:
        play, life = self.play, appointment.life
        if life.stage in ENDED or appointment not in self._open or appointment.moves != moves:
            return
        if state == "confirmed" and (appointment.at <= play.minute or play.is_away(life.owner)):
            return
        if play.is_away(life.owner):
            play.later(play.minute + DAY, partial(self._settle, appointment, moves, button, state))
            return
        who = life.owner
        place = (self._place_among_unconfirmed if state == "confirmed" else self._place)(appointment)
        await play.world.press_in_card(who, life.number, "Open", button, place)
        play.facts.append(Settled(play.minute, life.number, appointment.kind, state))
        if state == "confirmed":
            appointment.is_confirmed = True
        else:
            self._open.remove(appointment)

    def _plan_end(self, appointment: _Appointment) -> None:
        button, state = self.play.random.choice((("Took place", "kept"), ("Took place", "kept"), ("Missed", "missed")))
        self.play.later(appointment.at + 20, partial(self._settle, appointment, appointment.moves, button, state))

    def _place(self, appointment: _Appointment) -> int:
        """Return the place of an appointment in the list on its loan's card, where the earliest is the first."""
        on_loan = sorted((each for each in self._open if each.life is appointment.life), key=lambda each: each.at)
        return on_loan.index(appointment)

    def _place_among_unconfirmed(self, appointment: _Appointment) -> int:
        on_loan = [each for each in self._open if each.life is appointment.life and not each.is_confirmed]
        return sorted(on_loan, key=lambda each: each.at).index(appointment)

    def _free_time(self, who: str) -> int:
        """Return a whole hour of the next working days at which the member has no appointment."""
        random, office = self.play.random, self.play.office_of(who)
        taken = [each.at for each in self._open if each.who == who]
        while True:
            minute = lives.some_days_on(random, office, self.play.minute, random.randrange(1, 7))
            minute -= minute % 60
            if minute > self.play.minute and all(abs(minute - each) >= LENGTH for each in taken):
                return minute

    def _words(self, who: str, minute: int) -> str:
        local: datetime = instant(minute).astimezone(self.play.office_of(who).zone)
        return f"{local:%Y-%m-%d %H:%M}"

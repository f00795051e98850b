"""The times that the form of an appointment offers and takes: those at which who attends is free.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

import re

import pytest

from sandbox.modals import Modal
from storage.tables import Appointment, Loan
from tests.builders import make_loan
from tests.wire.appointments import approved_loan, booked, booking, calls
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await approved_loan(slack)


def offered(form: Modal) -> list[str]:
    """Return the times that the form offers."""
    return re.findall(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2} \d\d:\d\d", form.text)


async def test_the_form_offers_only_free_times_of_working_days(slack: Slack, loan: Loan) -> None:
    form = await booking(slack)
    assert "Thu 26 Nov 10:00" in form.text
    await booked(slack, "2026-11-26 10:30")
    other = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number=other.number)
    assert "Thu 26 Nov 10:00" not in form.text
    assert "Thu 26 Nov 14:00" in form.text
    await form.fill("What for", "pickup")
    await form.fill("When", "2026-11-26 11:00")
    await form.submit()
    assert "has another appointment then" in form.errors["When"]
    await form.press("Thu 26 Nov 14:00")
    await form.submit()
    assert "pickup · Thu 26 Nov 14:00" in form.text


async def test_the_times_offered_are_those_of_who_attends_for_as_long_as_it_takes(slack: Slack, loan: Loan) -> None:
    await booked(slack, "2026-11-26 17:00", **{"Who attends": "UOTHER"})
    await slack.command(slack.manager, "/loan-team away @other from 2026-11-27 until 2026-11-30")
    await slack.command(slack.manager, "/loan-team calendar 2026-12-01 off")
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number="A-2")
    assert offered(form) == ["Thu 26 Nov 10:00", "Thu 26 Nov 14:00", "Thu 26 Nov 16:00", "Fri 27 Nov 10:00"]
    await form.fill("Who attends", "UOTHER")
    assert offered(form) == ["Thu 26 Nov 10:00", "Thu 26 Nov 14:00", "Thu 26 Nov 16:00", "Wed 2 Dec 10:00"]
    await form.fill("How long", "120")
    assert offered(form) == ["Thu 26 Nov 10:00", "Thu 26 Nov 14:00", "Wed 2 Dec 10:00", "Wed 2 Dec 14:00"]
    await form.press("Wed 2 Dec 10:00")
    await form.fill("What for", "pickup")
    await form.submit()
    assert "pickup · Wed 2 Dec 10:00" in form.text
    assert (await slack.rows(Appointment))[-1].minutes == 120


async def test_for_a_person_who_is_no_member_no_times_are_offered(slack: Slack, loan: Loan) -> None:
    form = await booking(slack)
    await form.fill("Who attends", "USTRANGER")
    assert offered(form) == []
    await form.fill("What for", "signing")
    await form.fill("When", "fri 15:00")
    await form.submit()
    assert [*form.errors] == ["Who attends"]


async def test_a_day_on_which_its_member_is_away_is_booked_and_pointed_out(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent from fri until 2026-11-30")
    assert "<@UAGENT> does not work then" in (await booked(slack, "fri 15:00")).text


async def test_a_date_without_a_time_and_a_link_that_is_none_are_refused_beside_their_fields(
    slack: Slack, loan: Loan
) -> None:
    form = await booking(slack)
    await form.fill("What for", "interview")
    await form.fill("When", "fri")
    await form.submit()
    assert "needs a time of day" in form.errors["When"]
    await form.fill("When", "fri 15:00")
    await form.fill("Link to the video call", "meet me")
    await form.submit()
    assert "begins with https://" in form.errors["Link to the video call"]
    assert await calls(slack) == []


async def test_outside_working_hours_it_is_booked_and_says_so(slack: Slack, loan: Loan) -> None:
    assert "does not work then" in (await booked(slack, "sat 10:00")).text


async def test_two_who_would_be_in_two_places_at_once_are_kept_apart_to_the_minute(slack: Slack, loan: Loan) -> None:
    await booked(slack, "fri 15:00")
    second = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent)
    form = await booking(slack, number=second.number)
    await form.fill("What for", "pickup")
    await form.fill("When", "fri 15:59")
    await form.submit()
    assert form.errors
    await form.fill("When", "fri 16:00")
    await form.submit()
    assert "pickup · Fri 27 Nov 16:00" in form.text

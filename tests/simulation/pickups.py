"""The pickup in the model: the satisfaction call comes seven days after it, or after the payout while the desk knows of none."""

from datetime import timedelta

from tests.simulation.announcing import Announcer
from tests.simulation.loans import Loan, lender_date

AFTER = timedelta(days=7)


def picked_up(loan: Loan) -> int | None:
    """Return the minute in which the car was picked up, as far as the desk knows: that of the first appointment that was kept,
    else of the first call about it since the payout, on the day of the last appointment or later, unless that was missed."""
    booked = [each for each in loan.appointments if each.kind == "pickup" and each.state != "cancelled"]
    kept = [each.at for each in booked if each.state == "kept"]
    if kept:
        return min(kept)
    void = [each.call for each in loan.appointments if each.state == "cancelled"]
    made = [
        call.closed
        for call in loan.calls
        if (call.purpose, call.state) == ("pickup", "done") and call.closed >= loan.entered
        if call.outcome in (None, "reached") and call not in void
    ]
    last = max(booked, key=lambda each: each.at, default=None)
    if last is not None:
        made = [each for each in made if last.state != "missed" and lender_date(each) >= lender_date(last.at)]
    return min(made, default=None)


def follow(announcer: Announcer, loan: Loan, minute: int) -> None:
    """Move the satisfaction call that a rule planned to a week after the pickup, unless it was tried, or is due and stays so."""
    for call in loan.open("feedback"):
        if call.rule != "satisfaction" or call.at is not None:
            continue
        office = announcer.office_of(call.assignee)
        since = picked_up(loan) or call.created
        day = max(office.on_or_after(office.date_of(since) + AFTER), office.unfinished_day(minute))
        if day != call.day and max(day, call.day) > office.date_of(minute):
            announcer.place(loan, call, minute, day=day)

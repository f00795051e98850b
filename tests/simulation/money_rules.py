"""The rules about an instalment and arrears: which calls they ask for on a day, and which call already is the one."""

from datetime import date, timedelta

from tests.simulation.loans import Call, Loan, lender_date

HALF_A_YEAR = timedelta(days=183)
FIRST_RULES = ("instalment", "arrears")
RULES_ABOUT_MONEY = ("instalment", "instalment_eve", "arrears", "arrears_m2", "arrears_m3")
ARREARS = ((61, "arrears_m3", 7, 4), (31, "arrears_m2", 3, 5), (1, "arrears", 3, 5))
"""Days past due, the rule, after how many days it is asked again, and how often."""

AGAIN = {rule: (days, most) for _, rule, days, most in ARREARS}


def wanted(loan: Loan, minute: int) -> list[tuple[str, date]]:
    """Return the rules that ask for a call now, with the due date of the oldest unpaid instalment."""
    if loan.stage != "disbursed":
        return []
    oldest = loan.oldest_unpaid
    if oldest is None or loan.is_paused(minute):
        return []
    if loan.in_arrears(minute):
        days = loan.days_past_due(minute)
        return [next((rule, oldest) for from_day, rule, *_ in ARREARS if days >= from_day or from_day == 1)]
    if loan.ledger is None:
        return []
    first_day, today = oldest - HALF_A_YEAR, lender_date(minute)
    trouble = any(each.made >= first_day and each.is_broken(today) for each in loan.promises) or any(
        lender_date(each.created) >= first_day
        for each in loan.calls
        if each.purpose == "overdue"
        or (each.purpose == "promise" and (each.instalment or date.max) < lender_date(each.created))
    )
    first = oldest == loan.ledger.rows[0][0]
    return [("instalment", oldest), *([("instalment_eve", oldest)] if first or trouble else [])]


def stands_for(call: Call, rule: str, day: date) -> bool:
    """Return whether a call takes the place of the one that the rule asks for: it was planned by it, or it is a member's."""
    if call.trigger is not None:
        is_members = call.rule is None and call.state == "open"
        return call.trigger == (rule, day) or (is_members and rule != "instalment_eve")
    is_first = rule in FIRST_RULES
    return call.instalment == day and (is_first or (call.state == "open" and rule != "instalment_eve"))


def is_due_again(loan: Loan, rule: str, day: date, minute: int) -> bool:
    """Return whether nobody asks after arrears any more, as many days after the last call as the rule says."""
    days, most = AGAIN.get(rule, (0, 0))
    about = [each for each in loan.calls if each.purpose in ("overdue", "promise")]
    made = [each for each in about if each.state in ("done", "open")]
    if not days or loan.open("overdue", "promise") or not made:
        return False
    if sum(each.trigger == (rule, day) for each in made) >= most:
        return False
    last = lender_date(max(each.closed for each in made))
    return last + timedelta(days=days) <= lender_date(minute)

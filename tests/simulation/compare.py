"""Compare what a simulated desk announced and counted with what the model says, in words."""

from collections import Counter
from collections.abc import Sequence

from tests.simulation.days import LENDER_ZONE, instant
from tests.simulation.facts import Announcement, Post
from tests.simulation.model import Model
from tests.simulation.play import Play, announced

BUNDLE_ABOVE = 5
"""More calls than this for one member in one minute are one message."""

ROWS_SHOWN = 10
"""How many calls such a message lists; the rest are counted."""


def traced(model: Model, play: Play, loan: str) -> list[str]:
    """Return what happened to a loan, what was announced, and what should have been, in order."""
    happened = [(each.minute, "happened", repr(each)) for each in play.facts if getattr(each, "loan", loan) == loan]
    seen = [(each.minute, "seen", _words(each)) for each in announced([*play.posts, *play.escalations])]
    wanted = [(each.minute, "expected", _words(each)) for each in (*model.expected, *model.escalations)]
    lines = sorted([*happened, *(each for each in (*seen, *wanted) if f" {loan} " in each[2])])
    return [f"{instant(minute).astimezone(LENDER_ZONE):%m-%d %H:%M} {kind}: {text}" for minute, kind, text in lines]


def disagreements(model: Model, play: Play) -> list[str]:
    """Return where what was announced differs from what should have been, in words, and where amounts do."""
    hidden = {(post.minute, post.to) for post in play.posts if post.more}
    expected = [row for row in model.expected if (row.minute, row.to) not in hidden]
    seen = [row for row in announced(play.posts) if (row.minute, row.to) not in hidden]
    found = _differences("announced", expected, seen)
    found += _differences("reminded of as an appointment", model.appointments, play.world.appointments)
    found += _differences("escalated", model.escalations, announced(play.escalations))
    found += _bundles(model, play.posts)
    today = play.end.astimezone(LENDER_ZONE).date()
    for number, said in play.stated.items():
        ledger = model.loans[number].ledger
        lines = ledger.summary() if ledger else ["a schedule"]
        found += [f"the schedule of {number} does not say: {line}" for line in lines if line not in said]
    for number, said in play.cards.items():
        ledger = model.loans[number].ledger
        lines = ledger.statement(today, model.loans[number].pauses) if ledger else []
        found += [f"the card of {number} does not say: {line}" for line in lines if line not in said]
    return sorted(found)


def _bundles(model: Model, posts: Sequence[Post]) -> list[str]:
    """Return where more than five calls of one minute and member are not in one message, or fewer are."""
    wanted: dict[tuple[int, str], list[Announcement]] = {}
    for row in model.expected:
        wanted.setdefault((row.minute, row.to), []).append(row)
    found: list[str] = []
    by_minute: dict[tuple[int, str], list[Post]] = {}
    for post in posts:
        by_minute.setdefault((post.minute, post.to), []).append(post)
    for key, some in by_minute.items():
        rows = wanted.get(key, [])
        if len(rows) <= BUNDLE_ABOVE:
            is_right = all(len(post.rows) == 1 for post in some)
        else:
            shown = [row for post in some for row in post.rows]
            is_right = len(some) == 1 and not Counter(shown) - Counter(rows)
            is_right = is_right and (len(shown), some[0].more) == (
                min(len(rows), ROWS_SHOWN),
                max(0, len(rows) - ROWS_SHOWN),
            )
        if not is_right:
            found.append(f"{_at(key[0])} {len(rows)} calls of {key[1]} are in {len(some)} messages")
    return found


def _differences(what: str, expected: Sequence[Announcement], seen: Sequence[Announcement]) -> list[str]:
    missing, extra = Counter(expected) - Counter(seen), Counter(seen) - Counter(expected)
    lines = [f"{_words(row)} should have been {what}, and was not" for row in missing.elements()]
    return lines + [f"{_words(row)} was {what}, and should not have been" for row in extra.elements()]


def _words(row: Announcement) -> str:
    return f"{_at(row.minute)} {row.loan} {row.purpose} to {row.to}"


def _at(minute: int) -> str:
    return f"{instant(minute).astimezone(LENDER_ZONE):%Y-%m-%d %a %H:%M}"

"""Buttons about a loan: its card, phone number, lists, a new inquiry, the next step."""

from datetime import date, datetime
from uuid import UUID

from desk.core.values import Due
from desk.follow_ups import next_steps
from desk.loans import inquiries, lists
from desk.loans.cards import loan_card_by_id, reveal_number
from handlers.buttons.forms import refresh
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.forms.fields import suggest_loans
from handlers.messages import cards
from handlers.messages import follow_ups as render_next
from handlers.messages import loans as render


async def card(request: Request) -> Reply:
    """Show the card of a loan, from a reminder or a list."""
    return Reply(cards.card(request.t, await loan_card_by_id(request.desk, _loan(request)), request.zone))


async def show_number(request: Request) -> Reply:
    """Show the borrower's phone number to the presser."""
    return Reply(cards.phone_number(request.t, await reveal_number(request.desk, _loan(request))))


async def mine(request: Request) -> Reply:
    """Show the next page of the reader's own loans."""
    value = request.value
    return Reply(render.own_loans(request.t, await lists.mine(request.desk, value["s"] or None, offset=value["o"])))


async def new_anyway(request: Request) -> Reply:
    """Open the inquiry although its phone number is known."""
    answer = await inquiries.confirm_inquiry(request.desk, UUID(request.value["d"]))
    return Reply(render.inquiry_opened(request.t, answer, request.zone), replaces=True)


async def plan_next(request: Request) -> Reply:
    """Plan one of the offered next steps."""
    value = request.value
    due = Due(on=date.fromisoformat(value["o"]), at=datetime.fromisoformat(value["a"]) if value["a"] else None)
    answer = await next_steps.plan_offered(request.desk, _loan(request), due, value["p"], next_number=value["n"])
    return Reply(render_next.next_planned(request.t, answer))


async def nothing_needed(request: Request) -> Reply:
    """Record that the loan needs no plan."""
    return Reply(render_next.nothing_needed(request.t, await next_steps.nothing_needed(request.desk, _loan(request))))


def _loan(request: Request) -> UUID:
    return UUID(request.value["l"])


FAMILY = ButtonFamily(
    "loan",
    {
        "card": card,
        "show_number": show_number,
        "mine": mine,
        "new_anyway": new_anyway,
        "plan_next": plan_next,
        "nothing_needed": nothing_needed,
        "search": refresh,
    },
    suggestions={"search": suggest_loans},
)

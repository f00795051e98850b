"""`/loan`: the day, cards, lists, new inquiries, corrections."""

from datetime import date, datetime
from uuid import UUID

from desk.calls import next_steps
from desk.core.values import Due
from desk.loans import cards as loan_cards
from desk.loans import edits, inquiries, lists
from desk.loans.borrowers import region_of
from desk.loans.inquiries import KnownPhone
from handlers.door.request import Reply, Visit
from handlers.grammar import loan as grammar
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages import cards
from handlers.messages import follow_ups as render_next
from handlers.messages import loans as render
from handlers.messages.block_kit.message import Message


async def loan(visit: Visit) -> Message:
    """Shows a card or a list, opens an inquiry, corrects a loan; alone, how to, and the day."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone, region=region_of(desk))
    match request:
        case HelpRequest():
            return render.usage_and_day(t, await lists.my_day(desk))
        case grammar.Card(ref):
            return cards.card(t, await loan_cards.card(desk, ref), visit.zone)
        case grammar.Find(words):
            return render.found(t, await lists.find(desk, words))
        case grammar.Mine(stage):
            return render.mine(t, await lists.mine(desk, stage))
        case grammar.New(name, phone, note):
            answer = await inquiries.open_inquiry(desk, name=name, phone=phone, note=note)
            if isinstance(answer, KnownPhone):
                return render.known_phone(t, answer)
            return render.opened(t, answer, visit.zone)
        case grammar.Edit(ref, what, value):
            return render.corrected(t, await edits.edit_loan(desk, loan=ref, changes={what: value}))


async def card(visit: Visit) -> Reply:
    """Opens the card of a loan, from a reminder or a list."""
    return Reply(cards.card(visit.t, await loan_cards.card_pressed(visit.desk, _loan(visit)), visit.zone))


async def show_number(visit: Visit) -> Reply:
    """Shows the borrower's phone number to whoever pressed."""
    return Reply(cards.number(visit.t, await loan_cards.show_number(visit.desk, _loan(visit))))


async def mine(visit: Visit) -> Reply:
    """The next page of the reader's own loans."""
    value = visit.value
    return Reply(render.mine(visit.t, await lists.mine(visit.desk, value["s"] or None, offset=value["o"])))


async def new_anyway(visit: Visit) -> Reply:
    """Opens the inquiry although its phone is known."""
    answer = await inquiries.open_all_the_same(visit.desk, UUID(visit.value["d"]))
    return Reply(render.opened(visit.t, answer, visit.zone), replaces=True)


async def plan_next(visit: Visit) -> Reply:
    """Plans one of the next steps on offer."""
    value = visit.value
    due = Due(on=date.fromisoformat(value["o"]), at=datetime.fromisoformat(value["a"]) if value["a"] else None)
    answer = await next_steps.plan_offered(visit.desk, _loan(visit), due, value["p"], next_number=value["n"])
    return Reply(render_next.next_planned(visit.t, answer))


async def nothing_needed(visit: Visit) -> Reply:
    """The loan may stay without a plan."""
    return Reply(render_next.nothing_needed(visit.t, await next_steps.nothing_needed(visit.desk, _loan(visit))))


def _loan(visit: Visit) -> UUID:
    return UUID(visit.value["l"])

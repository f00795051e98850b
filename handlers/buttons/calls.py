"""Buttons that log a call, or add to one that was logged."""

from uuid import UUID

from desk.calls import additions, calls, shares
from desk.calls.views import CallLogged
from handlers.buttons.loans import offered_due
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.calls import logged


async def log_from_reminder(request: Request) -> Reply:
    """Log a call from its reminder by one tap; the call answers that follow-up."""
    value = request.value
    answer = await calls.log_call_on(request.desk, UUID(value["f"]), value["v"], value["o"])
    return Reply(logged(request.t, answer, request.zone))


async def log_again(request: Request) -> Reply:
    """Log another call like the last one."""
    answer = await calls.log_again(request.desk, _call(request), keeps_plan=bool(request.value["k"]))
    return Reply(logged(request.t, answer, request.zone), replaces=True)


async def answer_other(request: Request) -> Reply:
    """Record that the call answered another follow-up, instead or as well."""
    value = request.value
    answer = await additions.answer_another(
        request.desk, _call(request), UUID(value["f"]), value["v"], keeps_plan=bool(value["k"])
    )
    return _added(request, answer)


async def plan_next(request: Request) -> Reply:
    """Plan one of the next steps that the answer offered."""
    due, value = offered_due(request), request.value
    answer = await additions.plan_next(request.desk, _call(request), due, value["p"], next_number=value["n"])
    return _added(request, answer)


async def pay_whole(request: Request) -> Reply:
    """Settle the instalment: the payment covers the whole of it."""
    return _added(request, await shares.pay_whole(request.desk, _call(request), _typed_step(request)))


async def pay_part(request: Request) -> Reply:
    """Record a part payment; the rest is promised for the next step that was typed."""
    return _added(request, await shares.pay_part(request.desk, _call(request), _typed_step(request), None))


async def nothing_needed(request: Request) -> Reply:
    """Record that the loan needs no plan."""
    return _added(request, await additions.nothing_needed(request.desk, _call(request)))


def _added(request: Request, answer: CallLogged) -> Reply:
    call_undo = UUID(request.value["u"]) if "u" in request.value else None
    return Reply(logged(request.t, answer, request.zone, call_undo=call_undo), replaces=True)


def _typed_step(request: Request) -> UUID | None:
    return UUID(request.value["s"]) if "s" in request.value else None


def _call(request: Request) -> UUID:
    return UUID(request.value["c"])


FAMILY = ButtonFamily(
    "call",
    {
        "log": log_from_reminder,
        "again": log_again,
        "answer_other": answer_other,
        "next": plan_next,
        "whole": pay_whole,
        "part": pay_part,
        "nothing_needed": nothing_needed,
    },
)

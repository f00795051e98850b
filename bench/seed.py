"""Add members or follow-ups to a database with the bench of another checkout.

The text of this module runs in that checkout's own environment and folder, as `python -c`. It gets one JSON object: `url`,
`slack_api_url`, the number of `members` to add (the n-th gets `agentN@lender.example`), and the instants at which open
follow-ups fall due (`due`: `first` in ISO 8601, `count`, `over_seconds`), given to the loans in turn.
"""

import asyncio
import importlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import select, update

from storage.tables import Loan

FIRST_NAMES = {"environment": "place", "Environment": "Place", "dataset": "cast"}
"""What commit 829f692 called them."""


def named(package: Any, name: str) -> Any:
    """Return the module or class of the checkout's bench by its name there."""
    for candidate in (name, FIRST_NAMES[name]):
        if isinstance(package, str):
            try:
                return importlib.import_module(f"{package}.{candidate}")
            except ModuleNotFoundError:
                continue
        if hasattr(package, candidate):
            return getattr(package, candidate)
    raise LookupError(f"the checkout's bench has no {name}")


async def seed(wanted: dict[str, Any]) -> None:
    """Add what is wanted, and update the planner's statistics."""
    environment, dataset = named("bench", "environment"), named("bench", "dataset")
    desk = named(environment, "Environment")(Path.cwd(), "", wanted["slack_api_url"], None, False)
    service = await desk.service(wanted["url"])
    try:
        if count := wanted.get("members"):
            await dataset.add_members(service.office, service.workspace, count)
        if due := wanted.get("due"):
            await add_follow_ups(dataset, service, due)
        await dataset.analyze(service.office.database)
    finally:
        await service.close()


async def add_follow_ups(dataset: Any, service: Any, due: dict[str, Any]) -> None:
    """Add an open follow-up for each instant, to the loans in the order of their numbers."""
    database = service.office.database
    async with database.reading() as session:
        loans = list((await session.exec(select(Loan.id, Loan.owner_id).order_by(Loan.number))).all())
    owners = list(dict.fromkeys(owner for _, owner in loans))
    first, step = datetime.fromisoformat(due["first"]), due["over_seconds"] / due["count"]
    instants = [first + timedelta(seconds=step * number) for number in range(due["count"])]
    await dataset.add_follow_ups(service.office, service.workspace, [loan for loan, _ in loans], owners, instants)
    async with database.transaction() as session:
        await session.exec(update(Loan).values(next_follow_up_number=2 + due["count"] // len(loans)))


if __name__ == "__main__":
    asyncio.run(seed(json.loads(sys.argv[1])))

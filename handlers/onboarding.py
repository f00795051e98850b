"""The first admin's buttons: demo borrowers, added and removed again."""

from desk import demo_borrowers
from handlers.render import onboarding as render
from handlers.visit import Reply, Visit


async def add_demo(visit: Visit) -> Reply:
    """Adds demo borrowers of whoever presses."""
    return Reply(render.demo_added(visit.t, await demo_borrowers.add_demo(visit.desk)))


async def remove_demo(visit: Visit) -> Reply:
    """Removes them again."""
    return Reply(render.demo_removed(visit.t, await demo_borrowers.remove_demo(visit.desk)))

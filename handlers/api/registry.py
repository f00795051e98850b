"""All routes of the API, in the order of docs/api.md."""

from handlers.api import calls, events, exports, lists, loans, webhooks
from handlers.api.routes import Route

ROUTES: tuple[Route, ...] = (
    *loans.ROUTES,
    *events.ROUTES,
    *lists.ROUTES,
    *calls.ROUTES,
    *webhooks.ROUTES,
    *exports.ROUTES,
)

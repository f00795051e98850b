"""Buttons of playbooks: what to say in a call, and the list for managers."""

from uuid import UUID

from desk.loans import playbooks
from handlers.door.declarations import ButtonFamily
from handlers.door.request import OpenModal, Reply, Request, UpdateModal
from handlers.messages.playbooks import PLAYBOOK, playbook, playbook_list, playbook_message


async def show(request: Request) -> OpenModal | UpdateModal:
    """Show the playbook of a purpose, or in its modal that of a situation."""
    value = request.value
    purpose = str(value["p"])
    shown = await playbooks.show_playbook(request.desk, UUID(value["l"]), purpose, str(value.get("c", purpose)))
    view = playbook(request.t, shown)
    return UpdateModal(view) if request.form == PLAYBOOK else OpenModal(view, playbook_message(request.t, shown))


async def list_all(request: Request) -> Reply:
    """List the playbooks that a manager can edit."""
    return Reply(playbook_list(request.t, playbooks.listed_playbooks(request.desk)))


FAMILY = ButtonFamily("playbook", {"show": show, "list": list_all}, opens_modal=frozenset({"show"}))

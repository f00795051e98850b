"""files.info."""

from sandbox.api.call import ApiCall, ApiError
from sandbox.model import Json


def info(call: ApiCall) -> Json:
    file = call.workspace.files.get(call.text("file"))
    if file is None or not call.workspace.app_sees(file, call.app.bot_user_id):
        raise ApiError("file_not_found")
    if file.deleted:
        raise ApiError("file_deleted")
    return {"file": file.json(), "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS = {"files.info": (info, ("files:read",))}

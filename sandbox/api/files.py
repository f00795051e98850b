"""files.info, and the upload of a file by the app: files.getUploadURLExternal and files.completeUploadExternal."""

from sandbox.api.call import ApiCall, ApiError
from sandbox.files import SlackFile
from sandbox.model import Json
from sandbox.workspace import Draft

_LARGEST = 1024**3


def info(call: ApiCall) -> Json:
    file = call.workspace.files.get(call.text("file"))
    own = file is not None and file.user == call.app.bot_user_id and file.shown
    if file is None or not (own or call.workspace.app_sees(file, call.app.bot_user_id)):
        raise ApiError("file_not_found")
    if file.deleted:
        raise ApiError("file_deleted")
    return {"file": file.json(), "comments": [], "response_metadata": {"next_cursor": ""}}


def upload_url(call: ApiCall) -> Json:
    call.only("filename", "length", "alt_txt", "snippet_type")
    name, length = call.text("filename"), str(call.args.get("length", ""))
    if not length.isdecimal() or not 0 < int(length) <= _LARGEST:
        raise ApiError("invalid_arguments", ("[ERROR] must be greater than 0 [json-pointer:/length]",))
    workspace = call.workspace
    file_id = workspace.new_id("F")
    workspace.files[file_id] = SlackFile(
        file_id,
        call.app.bot_user_id,
        name,
        b"",
        int(workspace.now()),
        call.base_url,
        team_id=workspace.team_id,
        expected=int(length),
        shown=False,
    )
    return {"file_id": file_id, "upload_url": f"{call.base_url}/upload/v1/{file_id}"}


def complete_upload(call: ApiCall) -> Json:
    call.only("files", "channel_id", "thread_ts", "initial_comment", "blocks", "channels")
    wanted = call.structure("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise ApiError("invalid_arguments", ("[ERROR] missing required field: files",))
    channel = call.channel("channel_id")
    if not channel.has(call.app.bot_user_id):
        raise ApiError("not_in_channel")
    files = [call.workspace.files.get(str(each.get("id", ""))) for each in wanted]
    taken = [each for each in files if each is not None and not each.shown and each.content]
    if len(taken) < len(files):
        raise ApiError("file_not_found")
    for file in taken:
        file.shown = True
        file.channels.append(channel.id)
    call.workspace.post(
        Draft(
            channel=channel.id,
            user=call.app.bot_user_id,
            text=call.text("initial_comment", ""),
            files=[file.json() for file in taken],
            is_bot=True,
        )
    )
    return {"files": [{"id": file.id, "title": file.name} for file in taken]}


METHODS = {
    "files.info": (info, ("files:read",)),
    "files.getUploadURLExternal": (upload_url, ("files:write",)),
    "files.completeUploadExternal": (complete_upload, ("files:write",)),
}

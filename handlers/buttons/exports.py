"""The button that has a list made into a file."""

from collections.abc import Mapping

from desk.exports.asking import ask_export
from desk.exports.lists import FORMATS, LIST_CODES, Format, ListCode
from desk.exports.rows import Wanted
from desk.exports.sealed_words import KEY, WORDS, opened_words
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.grammar.exports import USUAL
from handlers.messages.exports import export_asked

_LISTS: Mapping[str, ListCode] = {code: code for code in LIST_CODES}
_FORMATS: Mapping[str, Format] = {code: code for code in FORMATS}


async def ask(request: Request) -> Reply:
    """Have the button's list made into a file."""
    about = {name: str(value) for name, value in request.value.items() if name not in ("list", "as", "o")}
    words = opened_words(request.desk, about)
    about = {name: value for name, value in about.items() if name not in (WORDS, KEY)}
    listed, file_format = _LISTS[str(request.value["list"])], _FORMATS.get(str(request.value.get("as")), USUAL)
    asked = await ask_export(request.desk, Wanted(listed, about, words), file_format)
    return Reply(export_asked(request.t, asked))


FAMILY = ButtonFamily("export", {"ask": ask})

"""The App Home, and help for people who write to the bot."""

import contextlib
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from desk.core import drafts
from desk.core.errors import DeskError, NotAllowed
from desk.core.values import LINE_LIMIT
from desk.core.vocabulary import NOTE_LIMIT
from desk.documents.names import DocumentName
from desk.files.intake import FileTarget, IncomingFile, expect_files
from desk.loans.lookup import resolve
from desk.loans.named_loans import loan_named_in
from desk.messages.home import HomePage, home_of, open_home, read_page
from desk.messages.threads import ReplySubject, reply_subjects
from desk.people.offers import offers_to
from handlers.buttons.lines import COMMAND_OF
from handlers.commands import COMMANDS
from handlers.commands.loan import COMMAND as LOAN
from handlers.door.declarations import ButtonFamily, Command
from handlers.door.kept_lines import keep_line
from handlers.door.request import Reply, Request, UpdateModal
from handlers.grammar import documents
from handlers.grammar.text import Line
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import HOME, View
from handlers.messages.files import expected
from handlers.messages.home import home
from handlers.messages.offers import line_offer, reply_offer
from handlers.messages.overview import command_help
from handlers.messages.refusals.errors import refusal
from handlers.typed_lines import typed_line


async def show_home(request: Request) -> UpdateModal:
    """Show the home that was opened, at the page it showed last."""
    return UpdateModal(await current_home(request, await open_home(request.desk)))


async def show_page(request: Request) -> UpdateModal:
    """Show another page, or the calls of another kind."""
    return UpdateModal(await current_home(request, read_page(request.value)))


def home_for_non_member(t: Translator, zone: ZoneInfo) -> View:
    """Return the home of a person who is no longer a member."""
    return replacement(refusal(t, NotAllowed("not_a_member"), zone))


def replacement(message: Message) -> View:
    """Return a home that shows a message instead."""
    return View(form=HOME, title="", close="", blocks=message.blocks)


async def current_home(request: Request, page: HomePage) -> View:
    """Return the present home."""
    return home(request.t, await home_of(request.desk, page), request.zone)


async def answer_message(request: Request) -> Reply:
    """Answer what was written to the bot: offer to log a reply to one of the desk's messages, or to send a typed line;
    otherwise help, with the command that comes nearest."""
    text = _without_mention(request.text, request.desk.workspace.bot_user_id)
    calls = offers_to(request.desk).log_call
    if calls and (subjects := await _subjects_of_thread(request)):
        return await _offer_call(request, text, subjects)
    if len(text) <= LINE_LIMIT and (typed := await typed_line(request, text)) is not None:
        line_id = await keep_line(request.desk, typed.command, typed.text)
        usage = None if typed.about_loan else COMMAND_OF[typed.command].usage
        return Reply(line_offer(request.t, f"{typed.command} {Line.read(typed.text).raw}".rstrip(), line_id, usage))
    if calls and (named := await loan_named_in(request.desk, Line.read(text[:LINE_LIMIT]).raw)) is not None:
        return await _offer_call(request, text, (ReplySubject(*named, None),))
    nearest = nearest_command(request.text)
    others = [command.usage for command in COMMANDS if command is not nearest]
    return Reply(command_help(request.t, nearest.usage, others, offers_to(request.desk)))


async def receive_files(request: Request) -> Reply:
    """Have files fetched that were sent to the bot, and say so. What was typed with them says where they may belong."""
    text = _without_mention(request.text, request.desk.workspace.bot_user_id)[:LINE_LIMIT]
    sent = [IncomingFile(str(f["id"]), str(f.get("name") or ""), f.get("size")) for f in request.value["files"]]
    target = await _wished_place(request, text) if text else None
    return Reply(expected(request.t, await expect_files(request.desk, sent, words=text, target=target)))


async def _wished_place(request: Request, text: str) -> FileTarget | None:
    """Return the loan and document that a text names: a line of `/loan-docs` with one document, or just a loan."""
    line = Line.read(text.removeprefix("/loan-docs").strip())
    with contextlib.suppress(DeskError):
        parsed = documents.parse(line, request.desk.now, request.zone)
        if isinstance(parsed, documents.Request | documents.TickOff) and len(parsed.items) == 1:
            loan = (await resolve(request.desk, parsed.loan)).loan
            return FileTarget(loan.id, DocumentName(parsed.items[0].code, parsed.items[0].words))
    named = await loan_named_in(request.desk, line.raw)
    return FileTarget(named[0]) if named is not None else None


async def _subjects_of_thread(request: Request) -> Sequence[ReplySubject]:
    thread = request.value.get("thread")
    return await reply_subjects(request.desk, request.channel_id, str(thread)) if thread else ()


async def _offer_call(request: Request, text: str, subjects: Sequence[ReplySubject]) -> Reply:
    note = Line.read(text).original(0)[:NOTE_LIMIT]
    note_id = await drafts.save_for_confirmation(request.desk, {"typed": {"note": note}})
    return Reply(reply_offer(request.t, subjects, note_id))


def _without_mention(text: str, bot_user_id: str) -> str:
    return re.sub(rf"<@{re.escape(bot_user_id)}(?:\|[^>]*)?>", " ", text).strip() if bot_user_id else text.strip()


def nearest_command(text: str) -> Command:
    """Return the command that `text` (as Slack sends it) comes nearest to; `/loan` when it comes near none.

    A command's own name counts first, then the commands' words in the order of their precedence, wherever they are.
    """
    norm = Line.read(text[:LINE_LIMIT]).norm
    for command in sorted(COMMANDS, key=lambda command: -len(command.name)):
        if command.name.removeprefix("/") in norm.split():
            return command
    places = [at for at in range(len(norm)) if at == 0 or not (norm[at - 1].isascii() and norm[at - 1].isalnum())]
    for command in sorted(COMMANDS, key=lambda command: command.precedence):
        if any(terms.longest(norm, at) for terms in command.nearest for at in places):
            return command
    return LOAN


HOME_FAMILY = ButtonFamily("home", {"opened": show_home, "show": show_page})

BOT_FAMILY = ButtonFamily("bot", {"asked": answer_message, "sent_files": receive_files})

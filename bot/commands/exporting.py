"""`loandesk export`: write a list into a file, as a member sees it or of the whole workspace."""

import contextlib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot.list_files import ListFile, ListOrder
from bot.logs import reason_of
from bot.offices import open_workspace
from bot.private_file import is_taken, private_file
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.core.disclosures import record_exported
from desk.core.errors import DeskError
from desk.core.languages import LANGUAGES
from desk.core.operator_acts import operator
from desk.core.transaction import Desk, Office
from desk.core.values import PersonRef
from desk.core.vocabulary import VOCABULARY, term_for
from desk.exports.building import Built, audit_exported
from desk.exports.lists import LIST_CODES, Format, ListCode, layout, list_named
from desk.exports.rows import Wanted, in_full, zone_here
from desk.exports.sources import read_page
from desk.people.members import find_member, locale_of
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.errors import refusal
from storage.tables import Member, Workspace

_CODES: Mapping[str, ListCode] = {code: code for code in LIST_CODES}


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: the list, the member as whom it is read, whose rows it has (`@name`, `team`), and what else it is of."""

    named: str
    reader: str | None = None
    of: str | None = None
    about: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    words: str = field(default="", repr=False)


class _NotUnderstoodError(Exception):
    """What was typed names nothing; the message says what."""


async def export(
    settings: Settings,
    console: Console,
    typed: Typed,
    *,
    folder: Path,
    file_format: Format,
    language: str | None = None,
    clock: Clock | None = None,
) -> int:
    """Write the list into a folder, for its owner alone. Return 1, and leave nothing, if that fails."""
    async with open_workspace(settings, console, clock, patient=True) as found:
        if found is None:
            return 1
        office, workspace = found
        try:
            async with office.reading_desk(workspace) as desk:
                order, whole = await _order(desk, typed, file_format, language)
            return await _write(office, workspace, order, folder, console, whole=whole)
        except _NotUnderstoodError as error:
            console.print(f"{error} Nothing was exported.")
        except DeskError as error:
            locale = LANGUAGES[language].locale if language else "en-US"
            console.print(f"{refusal(Translator(locale), error, ZoneInfo(workspace.zone)).text} Nothing was exported.")
        return 1


async def _order(desk: Desk, typed: Typed, file_format: Format, language: str | None) -> tuple[ListOrder, bool]:
    """Return what is to be written, and whether with names in full."""
    listed = list_named(typed.named)
    if listed is None:
        raise _NotUnderstoodError(f"There is no list {typed.named}. There are: {', '.join(LIST_CODES)}.")
    about = {name: value for name, value in typed.about.items() if value}
    if "s" in about and listed.code == "mine":
        stage = term_for(VOCABULARY.stages, about["s"])
        if stage is None:
            raise _NotUnderstoodError(f"There is no stage {about['s']}.")
        about["s"] = stage.code
    if listed.code == "due":
        about.setdefault("p", "all")
    if typed.of is not None:
        about["w"] = "team" if typed.of == "team" else str((await _member(desk, typed.of)).id)
    desk.actor = await _member(desk, typed.reader) if typed.reader is not None else None
    if desk.actor is None and not listed.operator:
        raise _NotUnderstoodError(f"The list {listed.code} is of a member: name one with --as.")
    wanted = Wanted(_CODES[listed.code], about, typed.words)
    await read_page(desk, wanted, limit=0)
    locale = locale_of(desk.actor) if desk.actor is not None else desk.workspace.locale
    order = ListOrder(
        wanted=wanted,
        format=file_format,
        locale=LANGUAGES[language].locale if language else locale,
        zone=zone_here(desk).key,
        at=desk.now,
        member_id=desk.actor.id if desk.actor is not None else None,
    )
    return order, in_full(desk)


async def _member(desk: Desk, typed: str) -> Member:
    return await find_member(desk, PersonRef(word=typed.removeprefix("@")))


async def _write(
    office: Office, workspace: Workspace, order: ListOrder, folder: Path, console: Console, *, whole: bool
) -> int:
    ending = "xlsx" if order.format == "xlsx" else "csv"
    target = folder / f"{layout().lists[order.wanted.listed].code}-{order.at:%Y%m%d-%H%M%S}.{ending}"
    if is_taken(target):
        console.print(f"Nothing was exported: {target} already exists.")
        return 1
    unfinished = target.with_name(target.name + ".part")
    made = ListFile(office, workspace, order)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with private_file(unfinished) as out:
            async with contextlib.aclosing(made.stream()) as pieces:
                async for piece in pieces:
                    out.write(piece)
        # Recorded before the file has its name: an export that nobody recorded must not be left.
        async with office.desk(workspace) as desk:
            _record(desk, order, made.built(), whole=whole)
        unfinished.rename(target)
    except OSError as error:
        console.print(f"Nothing was exported: {reason_of(error)}")
        return 1
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    built = made.built()
    console.print(f"{target}: {built.rows} rows, {built.size} bytes, SHA-256 {built.sha256}.")
    console.print("Names and numbers are in full." if whole else "Names and numbers are masked.")
    return 0


def _record(desk: Desk, order: ListOrder, built: Built, *, whole: bool) -> None:
    seen = [loan_id for loan_id, is_seen in built.loans.items() if is_seen]
    as_member = {"member": str(order.member_id)} if order.member_id is not None else {}
    record_exported(desk, seen, None, by=operator(), **as_member)
    audit_exported(desk, order.wanted, order.format, built, None, whole=whole, by=operator(), **as_member)

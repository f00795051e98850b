"""How an operator said that a file is to be read: what its columns are, which sheet, what is forgotten."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.transaction import Office
from desk.importing import columns
from desk.importing.file_contents import refuse_questions
from desk.importing.money_columns import FileKind
from desk.importing.reading.headings import heading_key, shapes, with_letter
from desk.importing.reading.how_far import Tell
from desk.importing.reading.tables import How, Table, read_file
from storage.tables import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator typed beside the file.

    What the rows are is told by the headings, or by `kind`. `said` has `heading=column` for each, `forgotten` headings.
    `language` is that of the report; None: the lender's. With `every`, all refused rows are named, and not only the first.
    The refused rows are written to `refused_file`. Without `good_rows` nothing is imported if a row is refused.
    """

    dry_run: bool = False
    encoding: str | None = None
    kind: FileKind | None = None
    sheet: str | None = None
    said: Sequence[str] = ()
    forgotten: Sequence[str] = ()
    language: str | None = None
    every: bool = False
    refused_file: Path | None = None
    good_rows: bool = True


async def read_table(
    office: Office, workspace: Workspace, file: Path, options: Options, *, tell: Tell | None = None
) -> tuple[Table, tuple[str, ...]]:
    """Return the table of a file, read as the operator says and as was said of earlier files, and the headings that could not be
    forgotten because nothing was said of them. What is said is remembered, unless in a dry run. `tell` hears how far it is.

    Raise Invalid: as `reading.tables.read_file` does, `import_questions`, `import_choice_form`, `import_choice_column`,
    `import_choice_heading` (the file has no such heading).
    """
    async with office.reading_desk(workspace) as desk:
        known = await columns.remembered(desk)
    gone = {heading_key(heading) for heading in options.forgotten}
    known = {kind: {key: field for key, field in said.items() if key not in gone} for kind, said in known.items()}
    said = _said(options)
    fields = {kind: {**known.get(kind, {}), **_keys(said.get(kind, {}))} for kind in known.keys() | said.keys()}
    how = How(encoding=options.encoding, kind=options.kind, sheet=options.sheet, fields=fields)
    table = read_file(file, str(file), how, tell)
    new = said.get(table.kind, {})
    _check(options, table, new)
    refuse_questions(table)
    never: tuple[str, ...] = ()
    if not options.dry_run and (new or options.forgotten):
        async with office.desk(workspace) as desk:
            never = await columns.forget(desk, options.forgotten)
            await columns.remember(desk, table.kind, new)
    return table, never


def _keys(said: Mapping[str, str]) -> Mapping[str, str]:
    return {heading_key(heading): column for heading, column in said.items()}


def _said(options: Options) -> Mapping[str, Mapping[str, str]]:
    """Return what was said of headings by kind: in each kind that has the column."""
    found: dict[str, dict[str, str]] = {}
    for text in options.said:
        faults: list[DeskError] = []
        kinds = [options.kind] if options.kind is not None else list(shapes())
        for kind in kinds:
            try:
                heading, column = columns.read_choice(kind, text)
            except DeskError as error:
                faults.append(error)
            else:
                found.setdefault(kind, {})[heading] = column
        if len(faults) == len(kinds):
            raise faults[0]
    return found


def _check(options: Options, table: Table, new: Mapping[str, str]) -> None:
    """Refuse what was said of headings that the file does not have, or of columns that rows of its kind do not have."""
    there = {heading_key(heading) for heading in table.headings}
    there |= {heading_key(with_letter(heading, place)) for place, heading in enumerate(table.headings) if heading}
    for text in options.said:
        heading, _ = columns.read_choice(table.kind, text)
        if heading_key(heading) not in there:
            headings = tuple(each for each in table.headings if each)
            raise Invalid("import_choice_heading", given=heading, nearest=headings)

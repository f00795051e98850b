"""What a lender said about the columns of its files: asked once, and remembered for the files that follow."""

from collections.abc import Iterable, Mapping

from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.vocabulary import term_key
from desk.importing.reading.headings import IGNORED, heading_key, shapes
from storage.engine.types import new_id
from storage.queries.importing import columns
from storage.tables import ImportColumn

_IGNORE = frozenset(map(term_key, ("ignore", "none", "-", "不导入", "忽略", "")))


async def remembered(desk: Desk) -> Mapping[str, Mapping[str, str]]:
    """Return what was said, as `reading.tables.How.fields` has it."""
    found: dict[str, dict[str, str]] = {}
    for row in await columns.of_workspace(desk.session, desk.workspace.id):
        found.setdefault(row.kind, {})[row.heading_key] = row.field
    return found


async def remember(desk: Desk, kind: str, said: Mapping[str, str]) -> None:
    """Remember what headings of files of a kind are: by heading, a column or `IGNORED`."""
    for heading, column in said.items():
        row = ImportColumn(
            id=new_id(),
            workspace_id=desk.workspace.id,
            kind=kind,
            heading_key=heading_key(heading),
            heading=heading,
            field=column,
            by_id=desk.actor.id if desk.actor else None,
            at=desk.now,
        )
        await columns.save(desk.session, row)
    if said:
        desk.audit("import_columns", kind=kind, columns=sorted(said.values()))


async def forget(desk: Desk, headings: Iterable[str]) -> tuple[str, ...]:
    """Forget what was said of headings, in files of every kind, and return those of which nothing had been said."""
    rows = await columns.of_workspace(desk.session, desk.workspace.id)
    keys = {heading_key(heading): heading for heading in headings}
    found = [row for row in rows if row.heading_key in keys]
    if found:
        await columns.forget(desk.session, desk.workspace.id, [row.id for row in found])
        desk.audit("forget_import_columns", count=len(found))
    return tuple(heading for key, heading in keys.items() if key not in {row.heading_key for row in found})


def read_choice(kind: str, text: str) -> tuple[str, str]:
    """Return the heading and the column of `heading=column`; the column may be named by any of its headings.

    Raise Invalid: `import_choice_form` (nothing on a side of the equals sign), `import_choice_column` (no column of that kind,
    with those there are).
    """
    heading, mark, column = text.rpartition("=")
    if not mark or not heading_key(heading) or not column.strip():
        raise Invalid("import_choice_form", given=text)
    if term_key(column) in _IGNORE:
        return heading.strip(), IGNORED
    found = shapes()[kind].column_named(column)
    if found is None:
        raise Invalid("import_choice_column", given=column.strip(), columns=tuple(shapes()[kind].columns), kind=kind)
    return heading.strip(), found

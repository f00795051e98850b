"""Show a caller the playbook for a call, and let managers write their own version of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, field
from datetime import timedelta
from uuid import UUID

from pydantic import TypeAdapter

from desk.core.changes import create, offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import allows, require_role
from desk.core.playbooks import Playbook, Script, Scripts, shipped_playbooks, unknown_placeholders
from desk.core.transaction import Desk
from desk.loans import lookup
from desk.loans.views import LoanView, loan_view
from storage.queries.loans import playbooks
from storage.queries.people import workspaces
from storage.tables import Call, PlaybookShown, PlaybookVersion

PART_LIMIT = 1500
"""The longest opening, identification or closing, and the longest list of questions, in characters."""

_BEFORE_CALL = timedelta(hours=12)
"""A script that was shown longer ago was for another call."""

_SHOWN = 200

_SCRIPTS = TypeAdapter(dict[str, Script])


@dataclass(frozen=True, slots=True)
class ShownPlaybook:
    """A playbook for a call on a loan, filled in, in the caller's language. `purpose` is that of the call.

    `number` is its version, 0 the release's own. `situations` are the codes and names of the others at hand.
    """

    loan: LoanView
    purpose: str
    code: str
    title: str
    number: int
    script: Script = field(repr=False)
    situations: tuple[tuple[str, str], ...]
    may_log: bool
    may_edit: bool


@dataclass(frozen=True, slots=True)
class PlaybookToEdit:
    """The texts of a playbook as they are now, with the number of their version."""

    code: str
    title: str
    number: int
    scripts: Scripts


@dataclass(frozen=True, slots=True)
class PlaybookEdited:
    """The new version of a playbook."""

    title: str
    number: int
    undo_id: UUID


async def show_playbook(desk: Desk, loan_id: UUID, purpose: str, code: str) -> ShownPlaybook:
    """Return the playbook `code` for a call of that purpose, and record that the member was shown it.

    Raises NotFound (`unknown_loan_pressed`, `unknown_playbook`), NotAllowed (`role_missing`).
    """
    require_role(desk, "see_playbook")
    book = _of_code(code)
    loan = await lookup.lock_by_id(desk, loan_id)
    scripts, number = await _present(desk, book)
    locale, seen = desk.member.locale, await loan_view(desk, loan)
    values = {"me": desk.member.name, "lender": desk.workspace.name, "borrower": seen.name}
    shown = PlaybookShown(
        workspace_id=desk.workspace.id,
        loan_id=loan.id,
        member_id=desk.member.id,
        code=code,
        number=number,
        at=desk.now,
    )
    desk.add(shown)
    return ShownPlaybook(
        loan=seen,
        purpose=purpose,
        code=code,
        title=book.name(locale),
        number=number,
        script=Playbook(code, scripts).script(locale).filled(values),
        situations=tuple((each.code, each.name(locale)) for each in shipped_playbooks().situations.values()),
        may_log=allows(desk.member, "log_call"),
        may_edit=allows(desk.member, "edit_playbook"),
    )


def listed_playbooks(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Return the codes and titles of all playbooks. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "edit_playbook")
    books = shipped_playbooks()
    every = (*books.purposes.values(), *books.situations.values())
    return tuple((book.code, book.name(desk.member.locale)) for book in every)


async def playbook_to_edit(desk: Desk, code: str) -> PlaybookToEdit:
    """Return the texts of a playbook. Raises NotAllowed (`role_missing`), NotFound (`unknown_playbook`)."""
    require_role(desk, "edit_playbook")
    book = _of_code(code)
    scripts, number = await _present(desk, book)
    return PlaybookToEdit(code, book.name(desk.member.locale), number, scripts)


async def edit_playbook(desk: Desk, code: str, number: int, scripts: Scripts) -> PlaybookEdited:
    """Write a version of a playbook over the one with that number; a language whose texts are all empty gets the release's own.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_playbook`), Conflict (`playbook_changed`), Invalid
    (`nothing_changed_here`, `unknown_placeholder`, `playbook_asks_nothing`, `playbook_too_long`).
    """
    require_role(desk, "edit_playbook")
    book = _of_code(code)
    await workspaces.locked(desk.session, desk.workspace.id)  # of two managers at once, one waits and is told
    before, present = await _present(desk, book)
    if present != number:
        raise Conflict("playbook_changed")
    wanted = {each: script if any(script.texts()) else book.scripts[each] for each, script in scripts.items()}
    if wanted == before:
        raise Invalid("nothing_changed_here")
    for language, script in wanted.items():
        _check(language, script)
    row = PlaybookVersion(
        workspace_id=desk.workspace.id,
        code=code,
        number=await playbooks.last_number(desk.session, desk.workspace.id, code) + 1,
        scripts={language: asdict(script) for language, script in wanted.items()},
        by_id=desk.member.id,
        at=desk.now,
    )
    create(desk, row)
    desk.audit("edit_playbook", subject_id=row.id, playbook=code, number=row.number)
    await desk.session.flush()
    return PlaybookEdited(book.name(desk.member.locale), row.number, offer_undo(desk, "edit_playbook"))


async def playbooks_of_calls(desk: Desk, rows: Sequence[Call]) -> Mapping[UUID, tuple[tuple[str, int], ...]]:
    """Return by call the playbooks (title, version) that its caller was shown for it, in the order in which they were shown.

    `rows` are calls on one loan. A call takes what was shown after the caller's call before it, at most twelve hours earlier.
    """
    if not rows:
        return {}
    ordered = sorted(rows, key=lambda row: row.at)
    since = ordered[0].at - _BEFORE_CALL
    shown = await playbooks.shown_on_loan(desk.session, rows[0].loan_id, since=since, limit=_SHOWN)
    found: dict[UUID, dict[tuple[str, int], None]] = {}
    for each in reversed(shown):
        call = next((row for row in ordered if row.caller_id == each.member_id and row.at >= each.at), None)
        if call is not None and call.at - each.at <= _BEFORE_CALL:
            found.setdefault(call.id, {})[each.code, each.number] = None
    books = shipped_playbooks()
    return {
        call_id: tuple((books.of_code(code).name(desk.member.locale), number) for code, number in shown_before)
        for call_id, shown_before in found.items()
    }


def _of_code(code: str) -> Playbook:
    try:
        return shipped_playbooks().of_code(code)
    except KeyError:
        raise NotFound("unknown_playbook") from None


async def _present(desk: Desk, book: Playbook) -> tuple[Scripts, int]:
    """Return the texts that count now, and the number of their version."""
    row = await playbooks.present(desk.session, desk.workspace.id, book.code)
    if row is None:
        return book.scripts, 0
    return {**book.scripts, **_SCRIPTS.validate_python(row.scripts)}, row.number


def _check(language: str, script: Script) -> None:
    for part, text in asdict(script).items():
        words = "\n".join(text) if part == "questions" else text
        if len(words) > PART_LIMIT:
            raise Invalid("playbook_too_long", field=f"{part}_{language}", limit=PART_LIMIT)
        if unknown := unknown_placeholders(words):
            raise Invalid("unknown_placeholder", field=f"{part}_{language}", given=unknown[0])
    if not script.questions:
        raise Invalid("playbook_asks_nothing", field=f"questions_{language}")

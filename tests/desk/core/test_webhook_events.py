"""Types of webhook events: a wrong table is refused, and a written row tells of what changed, or of what an Undo took back."""

from pathlib import Path
from typing import Any

import pytest

from desk.core.data_files import DataFileError
from desk.core.webhook_events import EVENT_TYPES, EventType, data_of, happenings, load_event_types
from tests.webhook_events import DOC, with_table

OPEN: dict[str, Any] = {"state": "open", "due_on": 1, "due_at": None, "assignee_id": "a", "escalated_at": None}
TYPES = [kind for kind in EVENT_TYPES.values() if kind.table == "follow_up"]


def told(before: dict[str, Any] | None, after: dict[str, Any], *, undoing: bool = False) -> list[tuple[str, str]]:
    return [(each.code, each.of.code) for each in happenings(TYPES, before, after, undoing=undoing)]


def one(code: str) -> list[tuple[str, str]]:
    return [(code, code)]


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (None, OPEN, one("follow_up.planned")),
        (OPEN, OPEN, []),
        (OPEN, OPEN | {"due_on": 2}, one("follow_up.moved")),
        (OPEN, OPEN | {"assignee_id": "b"}, one("follow_up.reassigned")),
        (OPEN, OPEN | {"escalated_at": 1}, one("follow_up.late")),
        (OPEN | {"escalated_at": 1}, OPEN | {"escalated_at": 2}, []),
        (OPEN | {"escalated_at": 1}, OPEN, []),
        (OPEN, OPEN | {"state": "done", "due_on": 2}, one("follow_up.done")),
        (OPEN, OPEN | {"state": "ended"}, one("follow_up.cancelled")),
        (None, OPEN | {"state": "done"}, [*one("follow_up.planned"), *one("follow_up.done")]),
        (OPEN, OPEN | {"state": "undone"}, [("follow_up.undone", "follow_up.planned")]),
        (None, OPEN | {"state": "undone"}, []),
    ],
)
def test_a_written_row_tells_of_what_changed(
    before: dict[str, Any] | None, after: dict[str, Any], codes: list[tuple[str, str]]
) -> None:
    assert told(before, after) == codes


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (OPEN | {"state": "done"}, OPEN, [("follow_up.undone", "follow_up.done")]),
        (OPEN | {"due_on": 2}, OPEN, [("follow_up.undone", "follow_up.moved")]),
        (OPEN, OPEN | {"state": "done"}, one("follow_up.done")),  # the Undo of what had opened it again
    ],
)
def test_an_undo_tells_what_it_takes_back(
    before: dict[str, Any], after: dict[str, Any], codes: list[tuple[str, str]]
) -> None:
    assert told(before, after, undoing=True) == codes


def test_a_change_says_what_was_before() -> None:
    before, after = {"owner_id": "a"}, {"owner_id": "b"}
    assert data_of(EVENT_TYPES["owner.changed"], before, after) == {"owner_id": "b", "before": {"owner_id": "a"}}


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ('table = "calls"\nfields = []', "there is no table 'calls'"),
        ('table = "call"\nfields = ["colour"]', "the table has no column 'colour'"),
        ('table = "call"\nfields = ["note_cipher"]', "is encrypted"),
        ('table = "call"\nfields = []\nto = ["x"]', "about one column"),
        ('table = "call"\nfields = []\ncolour = 1', "colour"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_name_and_line(tmp_path: Path, entry: str, error: str) -> None:
    file = tmp_path / "events.toml"
    file.write_text(f'["call.logged"]\ndoes = "x"\n{entry}\n', "utf-8")
    with pytest.raises(DataFileError, match=r"events\.toml, line") as refused:
        load_event_types(file)
    assert error in str(refused.value)


def test_no_type_sends_what_is_encrypted_or_counts_attempts_of_a_person() -> None:
    def sent(kind: EventType) -> set[str]:
        return {*kind.fields, *kind.personal}

    assert not any(name.endswith("_cipher") or "name" in name for kind in EVENT_TYPES.values() for name in sent(kind))
    assert all("amount" not in kind.fields for kind in EVENT_TYPES.values())


def test_the_docs_show_every_event() -> None:
    text = DOC.read_text("utf-8")
    assert text == with_table(text), "docs/webhooks.md is out of date: run `python -m tests.webhook_events`"

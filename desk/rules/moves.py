"""How loans move from stage to stage: the table in `desk/data/moves.toml`, validated on load."""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import ClassVar, Literal, get_args

from pydantic import ConfigDict

from desk.core.data_files import DataFile
from desk.core.dataclass import dataclass
from desk.core.vocabulary import VOCABULARY

NeedKind = Literal["documents", "checks", "amount", "due_day", "no_failed_check"]
NEEDS: tuple[NeedKind, ...] = get_args(NeedKind)
"""What a move can need."""

SETTABLE = tuple(need for need in NEEDS if need != "no_failed_check")
"""The needs that a workspace can make a must; a failed check always is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move to a stage: from where, by whom, what it needs, and what it ends."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    from_: tuple[str, ...]
    who: tuple[str, ...]
    needs: tuple[NeedKind, ...] = ()
    must: tuple[NeedKind, ...] = ()
    ends: tuple[str, ...] = ()
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a loan lacks for a move: `codes` are the documents or the purposes of the checks. `must`: only a manager
    goes on without it, and with a reason."""

    kind: NeedKind
    codes: tuple[str, ...] = ()
    must: bool = False


def load_moves(source: Traversable) -> Mapping[str, Move]:
    """Return the moves by the stage that they lead to. Raises DataFileError."""
    file = DataFile(source)
    stages, roles = ({each.code for each in words} for words in (VOCABULARY.stages, VOCABULARY.roles))
    purposes = {each.code for each in VOCABULARY.purposes}
    found: dict[str, Move] = {}
    for stage, entry in file.tables.items():
        if stage not in stages:
            raise file.error("there is no such stage", stage)
        fields = {"from_" if name == "from" else name: value for name, value in dict(entry).items()}
        move = file.read(Move, fields, stage)
        for name, codes, known in (
            ("from", move.from_, stages),
            ("who", move.who, roles),
            ("ends", move.ends, purposes),
        ):
            for code in codes:
                if code not in known or (name == "from" and code == stage):
                    raise file.error(f"{name}: {code!r} can't stand here", stage, field=name)
        found[stage] = move
    for stage in stages - found.keys():
        raise file.error("this stage has no entry", stage)
    return found


MOVES = load_moves(resources.files("desk") / "data" / "moves.toml")
"""The moves of this desk."""

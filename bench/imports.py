"""`loandesk import` of a lender's file, as an operator runs it."""

import csv
import random
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench import cast
from bench.place import Place

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国"

_MEMBERS = 100


async def measure(place: Place, kind: str) -> dict[str, Any]:
    """Rows a second, from the start of the command to its end."""
    count = 2_000 if place.quick else 100_000
    file = place.folder / "loans.csv"
    _write(file, count)
    url = await place.database(kind)
    service = await place.service(url)
    await cast.add_members(service.office, service.workspace, _MEMBERS)
    await service.close()
    seconds = place.loandesk(url, "import", str(file))
    again = place.loandesk(url, "import", str(file))
    service = await place.service(url)
    async with service.office.database.engine.connect() as connection:
        there = (await connection.execute(text("SELECT count(*) FROM loan"))).scalar_one()
    await service.close()
    assert there == count, f"{there} of {count} loans were imported"
    return {
        "loans": count,
        "seconds": round(seconds, 1),
        "loans_per_second": round(count / seconds),
        "again_seconds": round(again, 1),
        "again_loans_per_second": round(count / again),
    }


def _write(file: Path, count: int) -> None:
    chosen = random.Random(1042)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["number", "name", "phone", "stage", "owner", "amount", "due day"])
        for number in range(count):
            name = chosen.choice(_SURNAMES) + "".join(chosen.choices(_GIVEN, k=chosen.choice((1, 2))))
            phone = f"138{number:08d}"
            stage = ("inquiry", "application", "disbursed")[number % 3]
            owner = f"agent{number % _MEMBERS}@lender.example"
            writer.writerow([f"I-{number}", name, phone, stage, owner, "120000.00", number % 28 + 1])

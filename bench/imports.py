"""`loandesk import` of a lender's file, run as an operator does."""

import csv
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import text

from bench import dataset
from bench.environment import Environment

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国"

MEMBERS = 100

_NUMBERS = frozenset({2, 5, 6})


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the imported rows per second over the run time of the command: for a new file, for the same file again, and for one
    in which every row has changed; and how long a new workbook takes, as a multiple of the new file."""
    count = 2_000 if env.quick else 100_000
    file, changed, workbook = env.folder / "loans.csv", env.folder / "changed.csv", env.folder / "loans.xlsx"
    write(file, count)
    write(changed, count, later=True)
    write_workbook(workbook, file)
    of_workbook = env.loandesk(await empty_desk(env, kind), "import", str(workbook))
    url = await empty_desk(env, kind)
    new, again, other = (env.loandesk(url, "import", str(each)) for each in (file, file, changed))
    service = await env.service(url)
    async with service.office.database.engine.connect() as connection:
        there = (await connection.execute(text("SELECT count(*) FROM loan"))).scalar_one()
    await service.close()
    assert there == count, f"{there} of {count} loans were imported"
    return {
        "loans": count,
        "seconds": round(new.seconds, 1),
        "loans_per_second": round(count / new.seconds),
        "peak_mb": round(new.peak_mb),
        "again_seconds": round(again.seconds, 1),
        "again_loans_per_second": round(count / again.seconds),
        "changed_seconds": round(other.seconds, 1),
        "changed_loans_per_second": round(count / other.seconds),
        "workbook_of_csv": round(of_workbook.seconds / new.seconds, 2),
    }


async def empty_desk(env: Environment, kind: str, *, loans_each: int = 0) -> str:
    """Return the URL of a database with the members who own the loans, each with so many that are there already."""
    url = await env.database(kind)
    service = await env.service(url)
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, MEMBERS)
        loans = await dataset.add_loans(office, workspace, owners, loans_each)
        due = [office.clock.now() + timedelta(days=1)] * len(loans)
        await dataset.add_follow_ups(office, workspace, loans, owners, due)
        await dataset.analyze(office.database)
    finally:
        await service.close()
    return url


def write_workbook(workbook: Path, file: Path) -> None:
    """Write the rows of a CSV file as a workbook, with phones, amounts and days as numbers, as a spreadsheet program has them."""
    with (
        file.open(encoding="utf-8", newline="") as opened,
        xlsxwriter.Workbook(workbook, {"constant_memory": True}) as book,
    ):
        sheet = book.add_worksheet()
        for at, row in enumerate(csv.reader(opened)):
            for place, cell in enumerate(row):
                if at and place in _NUMBERS:
                    sheet.write_number(at, place, float(cell))
                else:
                    sheet.write_string(at, place, cell)


STAGES = ("inquiry", "application", "disbursed")


def write(file: Path, count: int, *, later: bool = False, stages: Sequence[str] = STAGES) -> None:
    """Write a file of `count` loans in these stages, owned by `MEMBERS` agents. In a `later` one every name, phone, amount and
    due day is another."""
    rng = random.Random(1042)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["number", "name", "phone", "stage", "owner", "amount", "due day"])
        for number in range(count):
            name = rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2))))
            phone = f"{139 if later else 138}{number:08d}"
            stage = stages[number % len(stages)]
            owner = f"agent{number % MEMBERS}@lender.example"
            amount, due_day = ("130000.00", (number + 1) % 28 + 1) if later else ("120000.00", number % 28 + 1)
            writer.writerow([f"I-{number}", name + "文" * later, phone, stage, owner, amount, due_day])

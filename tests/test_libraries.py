"""What our libraries do that one would not expect; `docs/libraries.md` says what the desk does about it."""

import asyncio
import os
import re
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import holidays
import phonenumbers
import pytest
from babel.numbers import format_currency
from phonenumbers.timezone import time_zones_for_number
from pydantic_settings import BaseSettings, SettingsConfigDict
from pypinyin import lazy_pinyin
from python_calamine import CalamineError, CalamineWorkbook
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Column, DateTime, MetaData, Numeric, Table, create_engine, insert, select
from sqlmodel import Field, SQLModel

from tests.desk.importing.workbooks import TABLE, indented, ods_file, ods_table, xlsxwriter_file

ROOT = Path(__file__).parents[1]
FORM = "application/x-www-form-urlencoded"
PAGE = (ROOT / "docs/libraries.md").read_text("utf-8")


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE))))
def test_the_page_names_tests_that_exist(place: tuple[str, str]) -> None:
    path, name = place
    assert f"def {name}(" in (ROOT / path).read_text("utf-8")


def test_phonenumbers_takes_a_second_number_for_an_extension() -> None:
    number = phonenumbers.parse("13812345678;13900000000", "CN")

    assert (number.national_number, number.extension) == (13812345678, "13900000000")
    assert phonenumbers.is_valid_number(number)


def test_phonenumbers_finds_an_american_number_valid_in_china() -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse("213-373-4253", "US"))
    assert phonenumbers.is_valid_number(phonenumbers.parse("213-373-4253", "CN"))


@pytest.mark.parametrize("area_code", ["357", "457", "621", "679", "729", "861", "924"])
def test_phonenumbers_does_not_know_an_area_code_that_is_in_service(area_code: str) -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse(f"+1{area_code}2345678"))


def test_phonenumbers_puts_an_exchange_that_it_does_not_know_in_one_zone_of_two() -> None:
    known, unknown, overlay = map(phonenumbers.parse, ("+12707822222", "+12709992222", "+13642222222"))

    assert time_zones_for_number(known) == ("America/Chicago",)
    assert time_zones_for_number(unknown) == time_zones_for_number(overlay) == ("America/New_York",)


def test_holidays_names_days_in_the_language_of_the_process() -> None:
    def name_of_october_1st(environment: str, **language: str) -> str:
        code = f"import holidays; print(holidays.country_holidays('CN', years=2026, **{language})['2026-10-01'])"
        process = {**os.environ, "LANGUAGE": environment, "PYTHONUTF8": "1"}
        return subprocess.run([sys.executable, "-c", code], env=process, capture_output=True, text=True).stdout.strip()

    assert name_of_october_1st("en_US") == "National Day"
    assert name_of_october_1st("zh_CN") == "国庆节"
    assert name_of_october_1st("en_US", language="zh_CN") == "国庆节"


def test_holidays_knows_no_make_up_days_of_a_year_that_is_not_announced() -> None:
    announced, later = (holidays.country_holidays("CN", years=year) for year in (2026, 2028))

    assert {day for day in announced.weekend_workdays if day.year == 2026} >= {date(2026, 10, 10)}
    assert not {day for day in later.weekend_workdays if day.year == 2028}
    assert later.is_working_day(date(2028, 2, 1))  # and it says so without a doubt


def test_holidays_lists_make_up_days_of_years_that_were_not_asked_for() -> None:
    assert {day.year for day in holidays.country_holidays("CN", years=2026).weekend_workdays} > {2026}


@pytest.mark.parametrize(("working_seconds", "status"), [(0.0, 404), (0.1, 200)])
async def test_bolt_loses_an_answer_when_the_listener_fails_at_once(working_seconds: float, status: int) -> None:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_user_id="UBOT")

    app = AsyncApp(authorize=authorize, request_verification_enabled=False, process_before_response=False)

    async def listener(ack: AsyncAck) -> None:
        await ack("saved")
        await asyncio.sleep(working_seconds)
        raise RuntimeError

    app.command("/loan")(listener)
    app._async_listeners[0].ack_timeout = 0.05  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] # 3 s otherwise
    form = urlencode({"command": "/loan", "team_id": "T1", "user_id": "U1"})

    response = await app.async_dispatch(AsyncBoltRequest(body=form, headers={"content-type": FORM}))

    assert response.status == status


def test_slack_sdk_drops_blocks_that_it_does_not_know() -> None:
    assert Block.parse({"type": "data_table", "rows": []}) is None


async def test_slack_sdk_posts_again_when_the_answer_is_lost() -> None:
    async with server_that_hangs_up() as (url, requests):
        client = AsyncWebClient(token="xoxb-1", base_url=url)
        with pytest.raises(Exception, match="disconnected"):
            await client.chat_postMessage(channel="C1", text="Hello")
    assert len(requests) == 2


async def test_slack_sdk_posts_once_without_its_retry_handlers() -> None:
    async with server_that_hangs_up() as (url, requests):
        client = AsyncWebClient(token="xoxb-1", base_url=url, retry_handlers=[])
        with pytest.raises(Exception, match="disconnected"):
            await client.chat_postMessage(channel="C1", text="Hello")
    assert len(requests) == 1


def test_pypinyin_reads_surnames_like_other_words() -> None:
    assert lazy_pinyin("单雄信曾国藩仇英查良镛吕布") == [
        *("dan", "xiong", "xin"),  # Shan
        *("ceng", "guo", "fan"),  # Zeng
        *("chou", "ying"),  # Qiu
        *("cha", "liang", "yong"),  # Zha
        *("lv", "bu"),  # Lü
    ]


def test_babel_rounds_half_to_even() -> None:
    assert format_currency(Decimal("12.345"), "CNY", locale="en_US") == "CN¥12.34"
    assert format_currency(Decimal("12.335"), "CNY", locale="en_US") == "CN¥12.34"


def test_sqlmodel_checks_nothing_in_a_table() -> None:
    class Example(SQLModel, table=True):
        id: int = Field(primary_key=True)
        name: str = Field(max_length=3)
        at: datetime

    SQLModel.metadata.remove(SQLModel.metadata.tables["example"])  # it is no table of the desk

    example = Example(id="one", name="far too long", at="tomorrow")  # type: ignore[arg-type]  # of a wrong type on purpose

    assert (example.id, example.name, example.at) == ("one", "far too long", "tomorrow")


def test_sqlalchemy_drops_zones_and_rounds_money_on_sqlite() -> None:
    engine = create_engine("sqlite://")
    table = Table("t", MetaData(), Column("at", DateTime(timezone=True)), Column("money", Numeric(14, 2)))
    table.create(engine)
    ten = datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    with engine.begin() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        connection.execute(insert(table).values(at=ten, money=Decimal("0.375")))

        assert connection.execute(select(table)).one() == (datetime(2026, 11, 25, 10), Decimal("0.38"))  # noqa: DTZ001


def test_pydantic_settings_refuses_a_file_with_settings_of_another_program(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=3000\nEDITOR=vi\n")

    class Strict(BaseSettings):
        model_config = SettingsConfigDict(env_file=file)
        port: int

    with pytest.raises(ValueError, match="editor"):
        Strict()  # type: ignore[call-arg]  # `port` comes from the file


@asynccontextmanager
async def server_that_hangs_up() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Yield the URL of a server that reads a request and closes the connection, and the requests so far."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", requests


def test_calamine_shows_an_error_and_a_percentage_as_nothing_and_as_a_fraction() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_string(0, 0, "x")
        sheet.write_formula(0, 1, "=NA()", None, "#N/A")
        sheet.write_number(0, 2, 0.0599, book.add_format({"num_format": "0.00%"}))

    book = CalamineWorkbook.from_filelike(BytesIO(xlsxwriter_file(fill)))
    assert book.get_sheet_by_index(0).to_python() == [["x", "", 0.0599]]


def test_calamine_refuses_a_spreadsheet_with_line_breaks_between_its_cells() -> None:
    plain = ods_file(*ods_table(TABLE))

    CalamineWorkbook.from_filelike(BytesIO(plain))
    with pytest.raises(CalamineError):
        CalamineWorkbook.from_filelike(BytesIO(indented(plain)))

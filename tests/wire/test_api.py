"""A program reads and writes loans through the API, with a token of its own. Now is Wednesday 10:00."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from desk.people import tokens
from handlers.api.limits import SharedRateLimits
from storage.tables import ApiToken, AuditEntry, Borrower, Loan, Member
from tests.builders import make_loan, make_workspace
from tests.wire.api_client import ApiAnswer, Program, issue, program
from tests.wire.office_day import Slack, shown

NEW = {"name": "张伟", "phone": "13912345678", "stage": "application", "amount": "98000.50"}


@pytest.fixture
async def core(slack: Slack) -> AsyncIterator[Program]:
    async with program(slack) as one:
        yield one


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


async def trail(slack: Slack, act: str) -> list[AuditEntry]:
    return [entry for entry in await slack.rows(AuditEntry) if entry.act == act]


async def test_a_program_reads_a_loan(slack: Slack, core: Program, loan: Loan) -> None:
    answer = await core.get("/loans/a-1")

    assert answer.status == 200
    assert answer.body["number"] == "A-1"
    assert answer.body["amount"] == "120000.00"
    assert answer.body["borrower"] == {"name": "王小明", "phone": "+8613800135678", "masked": False}
    assert answer.body["owner"] == "UAGENT"
    assert answer.headers["RateLimit"].startswith('"token";r=')


async def test_names_and_numbers_are_masked_without_the_scope_for_them(slack: Slack, loan: Loan) -> None:
    async with program(slack, "reports", ("loans:read",)) as reports:
        answer = await reports.get("/loans/A-1")

    assert answer.body["borrower"] == {"name": "王*", "phone": "…5678", "masked": True}


async def test_what_a_program_read_is_in_the_trail_with_its_name(slack: Slack, core: Program, loan: Loan) -> None:
    await core.get("/loans/A-1")
    await slack.service.round()

    (entry,) = await trail(slack, "disclosure")
    service = await slack.member("api:core")
    assert (entry.actor_id, entry.loan_id) == (service.id, loan.id)
    assert entry.details["door"] == "GET /loans/{number}"
    assert entry.details["ref"]


async def test_a_program_creates_a_loan_and_changes_it(slack: Slack, core: Program) -> None:
    made = await core.put("/loans/B-7", NEW | {"owner": "UAGENT"})

    assert (made.status, made.body["effect"]) == (201, "new")
    assert made.body["loan"]["amount"] == "98000.50"
    again = await core.put("/loans/B-7", NEW)
    assert (again.status, again.body["effect"]) == (200, "same")
    changed = await core.put("/loans/B-7", {"amount": "90000", "first_due": "2026-12-10", "rate": "5.99%"})
    assert changed.body["effect"] == "changed"
    assert changed.body["loan"]["amount"] == "90000.00"
    assert changed.body["loan"]["terms"]["first_due"] == "2026-12-10"
    assert len(await slack.rows(Loan)) == 1
    assert {entry.details["door"] for entry in await trail(slack, "import_change") if "door" in entry.details} <= {""}
    service = await slack.member("api:core")
    assert {entry.actor_id for entry in await trail(slack, "import_loan")} == {service.id}


async def test_the_people_around_a_loan_come_with_it_and_whom_a_member_entered_stays(
    slack: Slack, core: Program
) -> None:
    people = {"spouse": {"name": "韩梅梅", "phone": "13900139002"}, "employer": {"name": "远大汽车配件厂"}}
    assert (await core.put("/loans/B-7", NEW | {"owner": "UAGENT", "people": people})).body["effect"] == "new"
    card = await slack.command(slack.agent, "/loan B-7")
    assert "spouse 韩梅梅 · mobile phone ending 9002" in card.text
    assert "employer 远大汽车配件厂" in card.text
    assert "B-7" in (await slack.command(slack.agent, "/loan find 13900139002")).text
    assert (await core.put("/loans/B-7", {"people": people})).body["effect"] == "same"
    assert (await core.put("/loans/B-7", {"people": {"spouse": None}})).body["effect"] == "same"

    listed = shown(await slack.press(slack.agent, await slack.card(slack.agent, "B-7"), "People"))
    await slack.press(slack.agent, listed, "Change 韩梅梅")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Relation", "wife")
    await form.submit()
    kept = await core.put("/loans/B-7", {"people": {"spouse": {"name": "李娜"}}})
    assert kept.body["remarks"] == [{"code": "person_kept", "field": "spouse"}]
    assert "spouse 韩梅梅 (wife)" in (await slack.command(slack.agent, "/loan B-7")).text


async def test_a_person_who_cannot_be_taken_is_named_by_their_place(slack: Slack, core: Program) -> None:
    answer = await core.put("/loans/B-7", NEW | {"people": {"spouse": {"name": "韩梅梅", "phone": "12"}}})
    assert (answer.status, answer.pointers) == (422, {"/people/spouse/phone": "phone_invalid"})
    nameless = await core.put("/loans/B-7", NEW | {"people": {"spouse": {"phone": "13900139002"}, "cousin": {}}})
    assert nameless.pointers == {"/people/spouse/name": "missing", "/people/cousin": "extra_forbidden"}
    event = {"type": "application_received", "id": "e-1", "loan": "B-7", "name": "张伟", "phone": "13912345678"}
    refused = await core.post("/events", event | {"people": {"employer": {"name": "厂", "phone": "5"}}})
    assert refused.pointers == {"/people/employer/phone": "phone_invalid"}
    assert await slack.rows(Borrower) == []
    taken = await core.post("/events", event | {"people": {"employer": {"name": "远大汽车配件厂"}}})
    assert taken.body["effect"] == "new"
    assert "employer 远大汽车配件厂" in (await slack.command(slack.manager, "/loan B-7")).text


async def test_a_correction_at_the_desk_is_kept_and_the_program_is_told(slack: Slack, core: Program) -> None:
    await core.put("/loans/B-7", NEW | {"owner": "UAGENT"})
    await slack.command(slack.agent, "/loan edit B-7 name 张伟明")

    answer = await core.put("/loans/B-7", NEW | {"amount": "1.00"})

    assert answer.body["loan"]["borrower"]["name"] == "张伟明"
    assert answer.body["loan"]["amount"] == "1.00"


async def test_everything_that_is_wrong_is_named_by_its_field_and_nothing_is_saved(slack: Slack, core: Program) -> None:
    answer = await core.put("/loans/B-8", NEW | {"phone": "12", "stage": "nowhere", "owner": "nobody@example.com"})

    assert answer.status == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.pointers == {
        "/phone": "phone_invalid",
        "/stage": "unknown_stage",
        "/owner": "import_owner_unknown",
    }
    assert await slack.rows(Borrower) == []
    malformed = await core.put("/loans/B-8", {"amount": 5, "colour": "red"})
    assert (malformed.status, malformed.pointers) == (422, {"/amount": "string_type", "/colour": "extra_forbidden"})
    assert (await core.put("/loans/B-8", b"{")).code == "malformed_json"
    assert (await core.put("/loans/B-8", NEW | {"rate_basis": "month"})).pointers == {"/": "value_error"}


async def test_what_does_not_exist_is_said_to_be_missing(core: Program) -> None:
    assert (await core.get("/loans/X-1")).code == "import_loan_unknown"
    assert (await core.get("/nothing")).code == "unknown_path"
    assert (await core.get("")).code == "unknown_path"
    assert (await core.get("/loans/%00")).status == 404
    wrong = await core.send("DELETE", "/loans/A-1")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET, PUT")


async def test_entity_tags_tell_whether_a_loan_has_changed(core: Program, loan: Loan) -> None:
    tag = (await core.get("/loans/A-1")).headers["ETag"]

    assert (await core.get("/loans/A-1", If_None_Match=tag)).status == 304
    assert (await core.put("/loans/A-1", {"amount": "5.00"}, If_Match=tag)).status == 200
    late = await core.put("/loans/A-1", {"amount": "6.00"}, If_Match=tag)
    assert (late.status, late.code) == (412, "changed_meanwhile")
    assert (await core.get("/loans/A-1", If_None_Match=tag)).body["amount"] == "5.00"
    assert (await core.put("/loans/A-1", {"amount": "6.00"}, If_None_Match="*")).status == 412
    assert (await core.put("/loans/N-1", NEW, If_Match="*")).status == 412
    assert (await core.put("/loans/N-1", NEW, If_None_Match="*")).status == 201


async def test_the_tag_of_a_loan_that_cannot_be_read_in_full_can_be_sent_back(
    slack: Slack, core: Program, loan: Loan
) -> None:
    async with slack.office.database.transaction() as session:
        borrower = await session.get_one(Borrower, loan.borrower_id)
        borrower.name_cipher = borrower.name_cipher[:-1] + bytes([borrower.name_cipher[-1] ^ 1])
    damaged = await core.get("/loans/A-1")

    assert damaged.body["borrower"]["name"] == "(unreadable)"
    assert (await core.put("/loans/A-1", {"amount": "5.00"}, If_Match=damaged.headers["ETag"])).status == 200


async def test_a_request_with_the_same_key_has_one_effect_and_one_answer(slack: Slack, core: Program) -> None:
    first = await core.put("/loans/B-7", NEW, Idempotency_Key="k-1")
    await core.put("/loans/B-7", {"amount": "1.00"})
    again = await core.put("/loans/B-7", NEW, Idempotency_Key="k-1")

    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await core.get("/loans/B-7")).body["amount"] == "1.00"
    other = await core.put("/loans/B-7", NEW | {"amount": "2.00"}, Idempotency_Key="k-1")
    assert (other.status, other.code) == (422, "key_reused")
    assert (await core.put("/loans/B-7", NEW, Idempotency_Key="k " * 99)).code == "key_malformed"
    async with program(slack, "other") as another:
        assert (await another.put("/loans/B-7", NEW, Idempotency_Key="k-1")).body["effect"] != "new"


async def test_a_token_is_needed_and_not_in_the_url(slack: Slack, core: Program, loan: Loan) -> None:
    async with program(slack, token="") as nobody:
        missing = await nobody.get("/loans/A-1")
        hinted = await nobody.get(f"/loans/A-1?access_token={core.token}")
        wrong = await nobody.get("/loans/A-1", Authorization=f"Bearer {core.token[:-1]}_")
        listed = await nobody.get("/openapi.json")

    assert (missing.status, missing.code) == (401, "token_missing")
    assert missing.headers["WWW-Authenticate"].startswith("Bearer")
    assert (hinted.status, hinted.code) == (401, "token_in_url")
    assert "revoke it" in hinted.body["detail"]
    assert (wrong.status, wrong.code) == (401, "token_unknown")
    assert (listed.status, listed.body["openapi"]) == (200, "3.1.0")


async def test_a_token_that_ended_is_refused_and_the_attempt_recorded(slack: Slack, core: Program, loan: Loan) -> None:
    short = await issue(slack, "short", days=1)
    await slack.later(days=2)
    async with program(slack, token=short) as late:
        assert (await late.get("/loans/A-1")).code == "token_expired"
    async with slack.office.desk(slack.workspace) as desk:
        await tokens.revoke(desk, named="core", by="op")

    assert (await core.get("/loans/A-1")).code == "token_revoked"
    refused = await trail(slack, "refused")
    assert {entry.details["code"] for entry in refused} == {"token_expired", "token_revoked"}
    assert all(entry.actor_id is not None for entry in refused)


async def test_a_token_may_do_what_its_scopes_say(slack: Slack, loan: Loan) -> None:
    async with program(slack, "reader", ("loans:read",)) as reader:
        answer = await reader.put("/loans/A-1", {"amount": "5.00"})

    assert (answer.status, answer.code) == (403, "scope_missing")
    assert "loans:write" in answer.body["detail"]
    assert [entry.details["code"] for entry in await trail(slack, "refused")] == ["scope_missing"]


async def test_a_token_of_another_workspace_is_refused(slack: Slack, loan: Loan) -> None:
    other = await make_workspace(slack.office, slack_team_id="T9999")
    async with slack.office.desk(other) as desk:
        made = await tokens.issue(desk, name="core", scopes=["loans:read"], lifetime=timedelta(days=1), by="op")

    async with program(slack, token=made.text) as foreign:
        answer = await foreign.get("/loans/A-1")

    assert (answer.status, answer.code) == (403, "token_of_another_workspace")


async def test_only_a_hash_of_the_secret_is_kept_and_the_day_of_use(slack: Slack, core: Program, loan: Loan) -> None:
    await core.get("/loans/A-1")

    (row,) = await slack.rows(ApiToken)
    secret = core.token.split("_", 2)[2]
    assert secret.encode() not in row.secret_digest
    assert core.token.startswith(f"ld_{row.prefix}_")
    assert row.used_on is not None
    async with slack.office.database.reading() as session:
        service = (await session.exec(select(Member).where(Member.kind == "service"))).one()
    assert (service.slack_user_id, service.name) == ("api:core", "core")


async def test_an_address_that_tries_many_tokens_is_told_to_wait_and_others_there_are_served(
    slack: Slack, core: Program, loan: Loan
) -> None:
    slack.service.server._api.made()._failures = _limits()  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]

    async with program(slack, token="ld_abcdefghijkm_" + "x" * 43) as guesser:
        answers = [await guesser.get("/loans/A-1") for _ in range(4)]

    assert [answer.status for answer in answers] == [401, 401, 401, 429]
    assert (answers[3].code, answers[3].headers["Retry-After"]) == ("too_many_requests", "1")
    assert (await core.get("/loans/A-1")).status == 200


async def test_more_requests_than_allowed_are_told_when_to_come_back(slack: Slack, core: Program, loan: Loan) -> None:
    slack.service.server._api.made()._limits = _limits()  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]

    answers = [await core.get("/loans/A-1") for _ in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (answers[3].code, answers[3].headers["Retry-After"]) == ("too_many_requests", "1")
    assert answers[0].headers["RateLimit-Policy"] == '"token";q=3;w=2'


async def test_the_processes_of_a_desk_count_the_requests_of_a_token_together(
    slack: Slack, core: Program, loan: Loan
) -> None:
    api: Any = slack.service.server._api.made()  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
    now = 1_795_572_000.0
    processes = [SharedRateLimits(1.5, now=lambda: now) for _ in range(2)]
    answers: list[ApiAnswer] = []
    for process in (*processes, *processes):
        api._limits = process
        answers.append(await core.get("/loans/A-1"))
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"token";r=2;t=1', '"token";r=1;t=2', '"token";r=0;t=2', '"token";r=0;t=1'
    ]  # fmt: skip
    assert (answers[3].code, answers[3].headers["Retry-After"]) == ("too_many_requests", "1")

    now += 1.4  # two more, and no third however many ask at once
    together = await asyncio.gather(*(core.get("/loans/A-1") for _ in range(6)))
    assert sorted(answer.status for answer in together) == [200] * 2 + [429] * 4


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # whose clock counts
async def test_the_requests_of_a_token_are_counted_by_the_clock_of_the_database(
    slack: Slack, core: Program, loan: Loan
) -> None:
    api: Any = slack.service.server._api.made()  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
    api._limits = SharedRateLimits(0.001, window=3000)
    answers = [await core.get("/loans/A-1") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 1000


def _limits():
    from handlers.api.limits import RateLimits

    return RateLimits(1.5, now=lambda: 0.0)


async def test_large_bodies_are_refused_early(core: Program) -> None:
    answer = await core.put("/loans/A-1", b"[" * 100_000)

    assert (answer.status, answer.code) == (413, "too_large")
    assert (await core.put("/loans/A-1", b"{}", Content_Type="text/plain")).status == 415

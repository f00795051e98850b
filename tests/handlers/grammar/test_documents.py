"""`/loan-docs`: requesting documents, ticking them off, rejecting one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.values import LoanRef
from handlers.grammar.documents import Item, ListDocuments, Reject, Request, TickOff, parse, parse_names
from tests.handlers.grammar.lines import asked, refused, understood
from tests.handlers.grammar.phrases import SHANGHAI, WEDNESDAY, shown

LOAN = LoanRef("L-1042", "L-1042")


def items(*codes: str) -> tuple[Item, ...]:
    """`id`, `other=words`."""
    return tuple(Item(*code.split("=")) for code in codes)


@pytest.mark.parametrize(
    ("typed", "wanted", "by"),
    [
        ("id", ["id"], None),
        ("身份证", ["id"], None),
        ("ID card, driver’s license and bank statements", ["id", "licence", "bank"], None),
        ("身份证、驾驶证和银行流水", ["id", "licence", "bank"], None),
        ("身份证驾驶证流水", ["id", "licence", "bank"], None),
        ("在职证明 居住证明", ["employment", "residence"], None),
        ("半年流水", ["bank"], None),
        ("近6个月银行流水 周五前", ["bank"], "2026-11-27"),
        ("行驶证、机动车登记证", ["registration_card", "registration"], None),
        ("户口本和结婚证", ["household", "marriage"], None),
        ("征信报告 征信授权书", ["credit_report", "credit_authorization"], None),
        ("vehicle title and marriage certificate", ["registration", "marriage"], None),
        ("id by fri", ["id"], "2026-11-27"),
        ("id, bank by fri 5pm", ["id", "bank"], "2026-11-27 17:00"),
        ("身份证 周五前", ["id"], "2026-11-27"),
        ("身份证和合同周五下午3点之前", ["id", "contract"], "2026-11-27 15:00"),
        ("身份证 12月1日以前", ["id"], "2026-12-01"),
        ("周五前 身份证、保单", ["id", "insurance"], "2026-11-27"),
        ("down payment receipt; invoice by end of month", ["downpayment", "invoice"], "2026-11-30"),
        ("other: Divorce Certificate", ["other=Divorce Certificate"], None),
        ("other: divorce certificate, id by fri", ["other=divorce certificate", "id"], "2026-11-27"),
        ("other: divorce certificate and id", ["other=divorce certificate", "id"], None),
        ("other: letter from bank by fri", ["other=letter from bank"], "2026-11-27"),
        ("other: letter by his employer", ["other=letter by his employer"], None),
        ("other: brand and model", ["other=brand and model"], None),
        ("其他：结婚证 身份证", ["other=结婚证", "id"], None),
        ("其他：结婚证和身份证周五前", ["other=结婚证", "id"], "2026-11-27"),
        ("其他：结婚证周五前", ["other=结婚证"], "2026-11-27"),
        ("其他：和解协议", ["other=和解协议"], None),
        ("其他：结婚证、其他：离婚证", ["other=结婚证", "other=离婚证"], None),
    ],
)
def test_documents_are_requested(typed: str, wanted: list[str], by: str | None):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, Request)
    assert request.items == items(*wanted)
    assert (shown(request.by) if request.by else None) == by


@pytest.mark.parametrize(
    ("typed", "wanted", "by", "unknown"),
    [
        ("id, passport, bank", ["id", "bank"], None, ["passport"]),
        ("passport, id by fri", ["id"], "2026-11-27", ["passport"]),
        ("id and visa of the wife, bank by fri", ["id", "bank"], "2026-11-27", ["visa of the wife"]),
        ("id, spouse id, Spouse ID", ["id"], None, ["spouse id"]),
        ("id, lease contract and bank", ["id", "bank"], None, ["lease contract"]),
        ("身份证、护照、流水", ["id", "bank"], None, ["护照"]),
        ("身份证和护照和流水周五前", ["id", "bank"], "2026-11-27", ["护照"]),
        ("身份证 护照 流水", ["id", "bank"], None, ["护照"]),
        ("护照、签证，身份证。", ["id"], None, ["护照", "签证"]),
        ("got id, passport", ["id"], None, ["passport"]),
        ("收到 护照和身份证", ["id"], None, ["护照"]),
        ("accept bank & visa", ["bank"], None, ["visa"]),
    ],
)
def test_unknown_words_refuse_only_themselves(typed: str, wanted: list[str], by: str | None, unknown: list[str]):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, Request | TickOff)
    assert request.items == items(*wanted)
    assert [each.given for each in request.unknown] == unknown
    if isinstance(request, Request):
        assert (shown(request.by) if request.by else None) == by


def test_unknown_words_come_with_the_documents_that_are_written_alike():
    request = understood(parse, "L-1042 id, proof of incme, 通行证")
    assert isinstance(request, Request)
    assert [(each.given, each.nearest[:1]) for each in request.unknown] == [
        ("proof of incme", ("income",)),
        ("通行证", ("registration_card",)),
    ]


@given(
    before=st.lists(st.sampled_from(["id", "bank statement", "结婚证", "合同"]), unique=True, max_size=2),
    words=st.text("xzqj 护照签", min_size=1, max_size=12).filter(lambda text: text.strip() != ""),
    after=st.sampled_from(["licence", "保单"]),
)
def test_words_between_commas_are_a_document_or_are_named(before: list[str], words: str, after: str):
    request = understood(parse, f"L-1042 {', '.join([*before, words, after])}")
    assert isinstance(request, Request)
    assert len(request.items) == len(before) + 1
    assert set("".join(each.given for each in request.unknown)) - {" "} == set(words) - {" "}


@pytest.mark.parametrize(
    ("typed", "state", "ticked"),
    [
        ("got id", "got", ["id"]),
        ("收到 身份证、流水", "got", ["id", "bank"]),
        ("收到身份证和流水", "got", ["id", "bank"]),
        ("accept payslip", "accept", ["income"]),
        ("通过 收入证明", "accept", ["income"]),
        ("cancel other: divorce certificate", "cancel", ["other=divorce certificate"]),
        ("取消 其他", "cancel", ["other"]),
        ("got other, id", "got", ["other", "id"]),
    ],
)
def test_documents_are_ticked_off(typed: str, state: str, ticked: list[str]):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, TickOff)
    assert (request.loan, request.state, request.items) == (LOAN, state, items(*ticked))


@pytest.mark.parametrize(
    ("typed", "item", "reason"),
    [
        ("reject id: Blurred, again!", "id", "Blurred, again!"),
        ("退回 身份证：模糊", "id", "模糊"),
        ("退回身份证 模糊", "id", "模糊"),
        ("reject id: and bank missing", "id", "and bank missing"),
        ("退回身份证 流水也看不清", "id", "流水也看不清"),
        ("reject other: torn", "other", "torn"),
        ("reject other: divorce certificate: torn", "other=divorce certificate", "torn"),
    ],
)
def test_a_document_is_rejected_with_a_reason(typed: str, item: str, reason: str):
    (expected,) = items(item)
    assert understood(parse, f"L-1042 {typed}") == Reject(LOAN, expected, reason)


@pytest.mark.parametrize(
    "typed",
    ["accept insurance valid until 2027-03-01", "got insurance until 1 mar 2027", "收到保单，有效期至2027年3月1日"],
)
def test_the_last_day_of_a_document_is_typed_behind_it(typed: str):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, TickOff)
    assert (request.items, str(request.valid_until)) == (items("insurance"), "2027-03-01")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("身份证，银行流水", ["id", "bank"]),
        ("id, bank", ["id", "bank"]),
        ("ID card and bank statement; ID CARD", ["id", "bank"]),
        ("身份证驾驶证和流水", ["id", "licence", "bank"]),
        ("Library card", ["other=Library card"]),
        ("bank letter、护照,，id", ["other=bank letter", "other=护照", "id"]),
        ("birth and death certificate", ["other=birth and death certificate"]),
        ("other", ["other=other"]),
        (" ， ", []),
    ],
)
def test_names_alone_are_known_documents_or_others(typed: str, names: list[str]):
    assert parse_names(typed, WEDNESDAY, SHANGHAI) == items(*names)


def test_a_loan_alone_lists_its_documents():
    assert understood(parse, "L-1042") == ListDocuments(LOAN)
    assert asked(parse, "") == "usage"


@pytest.mark.parametrize(
    ("typed", "code", "part", "given"),
    [
        ("passport", "document_unknown", "document", "passport"),
        ("passport, visa", "document_unknown", "document", "passport"),
        ("id received", "document_unknown", "document", "received"),
        ("身份证收到", "document_unknown", "document", "收到"),
        ("id, <@U0BOSS>", "document_unknown", "document", "<@U0BOSS>"),
        ("idx", "document_unknown", "document", "idx"),
        ("got", "document_missing", "document", ""),
        ("by fri", "document_missing", "document", ""),
        ("reject", "document_missing", "document", ""),
        ("got id by fri", "document_unknown", "document", "by"),
        ("other", "document_words_missing", "document", "other"),
        ("other:", "document_words_missing", "document", "other:"),
        ("other, id", "document_words_missing", "document", "other"),
        ("id and id", "document_twice", "document", "and id"),
        ("id fri", "by_missing", "by", "fri"),
        ("身份证 周五", "by_missing", "by", "周五"),
        ("id by", "by_due_missing", "by", "by"),
        ("id by whenever", "by_due_missing", "by", "by whenever"),
        ("id by 3/4", "due_ambiguous", "by", "3/4"),
        ("身份证 下周前", "due_range", "by", "下周"),
        ("id by fri, bank by mon", "by_twice", "by", "by mon"),
        ("reject id", "reason_missing", "reason", "id"),
        ("reject passport: torn", "document_unknown", "document", "passport"),
        ("reject id and bank: blurred", "document_each", "document", "id and bank"),
        ("退回身份证、流水：看不清", "document_each", "document", "身份证、流水"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_the_part(typed: str, code: str, part: str, given: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["part"], refusal.params["given"]) == (code, part, given)


def test_a_due_time_without_by_is_refused_and_suggested_with_it():
    assert refused(parse, "L-1042 id fri").params["nearest"] == ("by fri",)
    assert refused(parse, "L-1042 身份证 周五").params["nearest"] == ("周五前",)


@pytest.mark.parametrize(
    "typed", ["身份证 3天内", "身份证 明天下午前", "id tomorrow morning", "id fri", "身份证 周五", "id next week"]
)
def test_the_forms_that_a_refused_time_suggests_are_understood(typed: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert refusal.params["part"] == "by"
    for form in refusal.params["nearest"]:
        request = understood(parse, f"L-1042 {typed.replace(refusal.params['given'], form)}")
        assert isinstance(request, Request)
        assert request.by is not None

"""`/loan-docs`: requesting documents, ticking them off, rejecting one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.values import LoanRef
from desk.core.vocabulary import VOCABULARY
from handlers.grammar.document_reader import Item
from handlers.grammar.documents import ListDocuments, Reject, Request, TickOff, parse, parse_names
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
        ("合格证、购车合同 周五前", ["conformity", "purchase_contract"], "2026-11-27"),
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


WORDS = {
    "id": "身份证 二代证 正反面 身份证正反面|ID|id card",
    "household": "户口本 户口簿|hukou",
    "marriage": "结婚证|marriage certificate",
    "divorce": "离婚证|divorce certificate|divorce decree",
    "single": "单身声明|declaration of single status",
    "residence": "居住证 暂住证|proof of residence|POR|utility bill|phone bill",
    "licence": "驾驶证 驾照 驾本|driver's licence|driver’s license",
    "credit_authorization": "授权书 征信授权书 查询授权|credit authorization",
    "signing_photo": "面签照 授权书签字照 合影|photo of the signing",
    "income": "收入证明 工资证明|proof of income|POI|pay stub|pay slips",
    "employment": "在职证明 工作证明|proof of employment|POE|VOE",
    "bank": "银行流水 流水 工资流水 近6个月流水 半年流水 近6个月银行流水|bank statements",
    "tax": "个税 纳税记录|tax return|W-2|1099",
    "social_insurance": "社保 公积金|social insurance record",
    "business_licence": "营业执照 执照|business license",
    "property": "房产证 不动产证 购房合同 租房合同|deed",
    "assets": "存款证明 资产证明|proof of assets",
    "purchase_contract": "购车合同 订车合同 订单|purchase contract|buyer's order|bill of sale",
    "downpayment": "首付凭证 首付收据 首付款发票 刷卡小票|down payment proof",
    "invoice": "发票 购车发票 机动车销售统一发票|purchase invoice",
    "conformity": "合格证 车辆合格证|certificate of conformity",
    "registration": "机动车登记证 登记证书 绿本 大本|title",
    "registration_card": "行驶证 行车证|registration card",
    "appraisal": "评估资料 评估报告|appraisal",
    "insurance": "保单 交强险 商业险 第一受益人|proof of insurance|POVI",
    "home_visit": "家访照片 家访视频 定位照|photos of a home visit",
    "pickup_photo": "提车合影|delivery photo",
    "vehicle_photos": "车辆照片|car photos",
    "payout_slip": "打款凭证|payout receipt",
    "card_application": "开卡申请表|bank card application",
    "contract": "借款合同 贷款合同|signed contract",
    "mortgage_contract": "抵押合同|security agreement",
    "debit_authorization": "还款卡 扣款卡 代扣协议|ACH authorization|voided check",
    "repayment_plan": "还款计划表|payment schedule",
    "payoff_letter": "结清证明|payoff letter",
    "power_of_attorney": "解押委托书 授权委托书|power of attorney|POA",
    "title_application": "受理凭证 抵押登记申请表|title application",
    "odometer": "里程声明|odometer statement",
    "credit_application": "贷款申请表|credit application",
    "references": "联系人名单|references",
    "trade_payoff": "旧车结清函|trade payoff",
    "extra_cover": "延保合同|GAP|VSC",
    "credit_report": "征信 征信报告|credit report",
}
"""The words by which car-loan teams ask for papers, by the code of each: Chinese parted by blanks, then English ones."""


@pytest.mark.parametrize("code", WORDS)
def test_papers_are_understood_by_the_words_that_people_use(code: str):
    chinese, *english = WORDS[code].split("|")
    for word in (*chinese.split(), *english):
        request = understood(parse, f"L-1042 {word}")
        assert isinstance(request, Request), word
        assert request.items == items(code), word
    other = "household" if code == "bank" else "bank"
    together = understood(parse, f"L-1042 {WORDS[other].split()[0]}、{chinese.split()[0]}周五前")
    assert isinstance(together, Request)
    assert together.items == items(other, code)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("收到 驾驶证正反面", ["licence"]),
        ("收到 行驶证 正反面、身份证正反面", ["registration_card", "id"]),
        ("身份证 正反面 户口本", ["id", "household"]),
        ("户口本、正反面", ["household", "id"]),
        ("退回 驾驶证正反面：模糊", ["licence"]),
    ],
)
def test_both_sides_are_those_of_the_paper_before_and_alone_an_id_card(typed: str, wanted: list[str]):
    request = understood(parse, f"L-1042 {typed}")
    assert isinstance(request, Request | TickOff | Reject)
    assert ((request.item,) if isinstance(request, Reject) else request.items) == items(*wanted)


def test_each_document_has_words_that_people_use():
    assert WORDS.keys() == {document.code for document in VOCABULARY.documents if not document.takes_words}


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
        ("id received", "document_act_behind", "document", "received"),
        ("身份证收到", "document_act_behind", "document", "收到"),
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


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("id, bank received", "received id, bank"),
        ("合格证 通过", "通过 合格证"),
        ("身份证退回：照片模糊", "退回 身份证 ：照片模糊"),
        ("insurance got until 2027-03-01", "got insurance until 2027-03-01"),
    ],
)
def test_what_became_of_documents_stands_before_them(typed: str, mended: str):
    refusal = refused(parse, f"L-1042 {typed}")
    assert (refusal.code, refusal.params["nearest"]) == ("document_act_behind", (mended,))
    understood(parse, f"L-1042 {mended}")

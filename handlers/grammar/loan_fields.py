"""The fields of a loan's terms and its vehicle as people name them, and their values as people type them."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies

from desk.core.errors import Invalid
from desk.core.terms import TERM_FIELDS, ChoiceValue, ProductValue, RateValue, TermName, TermValue
from desk.core.values import Amount
from desk.core.vocabulary import VOCABULARY, ChoiceField, Word, term_for, term_key
from desk.rules.contacts import clean_name
from desk.rules.vehicles import clean_plate, clean_vin
from handlers.grammar.amounts import parse_amount
from handlers.grammar.due import parse_due
from handlers.grammar.terms import keyword
from handlers.grammar.text import Line

_ISO = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_NUMBER = re.compile(r"([0-9]{1,4})\s*(?:个月|个|期|月|天|日|号|年|款|months?|mos?|instal?lments?|days?|st|nd|rd|th)?")
_YEARS = re.compile(r"([0-9]{1,2})\s*(?:years?|yrs?|年)")
_RATE_BASIS = re.compile(r"(?P<year>年)(?:利率|费率|化利率|化|息)?\s*|(?P<month>月)(?:利率|费率|息)\s*")
_RATE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*(%|percent|per cent|‰|厘)?\s*(?:/|每|per |an? )?\s*([^\s].*)?")
_ON = frozenset(map(term_key, ("on", "yes", "y", "true", "是", "有", "开", "开通", "已开通", "代扣", "启用")))
_OFF = frozenset(
    map(term_key, ("off", "no", "n", "false", "否", "无", "没有", "关", "关闭", "未开通", "不代扣", "停用"))
)
_CLEARED = frozenset(map(term_key, ("none", "无", "空", "清空", "清除", "删除", "clear", "remove", "-", "—")))
_CURRENCIES = {"人民币": "CNY", "rmb": "CNY", "元": "CNY", "美元": "USD", "港币": "HKD", "港元": "HKD", "欧元": "EUR"}
_WITH_ZERO = frozenset(("down_payment", "balloon"))

FIELD_WORDS: Mapping[str, Word] = {
    word.code: word
    for word in (
        keyword("amount", "金额", "贷款金额", "贷款额", "loan amount", "amount financed"),
        keyword("currency", "币种", "货币"),
        keyword("price", "车价", "车款", "裸车价", "购车价", "purchase price", "car price", "vehicle price"),
        keyword("down payment", "首付", "首付款", "首付金额", "downpayment", "deposit", "cash down"),
        keyword("term", "期数", "贷款期限", "期限", "分期数", "月数", "months", "instalments"),
        keyword("rate", "利率", "年利率", "年化利率", "执行利率", "interest rate", "interest", "apr", "yearly rate"),
        keyword("monthly rate", "月费率", "月利率", "费率", "rate per month", "monthly fee rate"),
        keyword("method", "还款方式", "计息方式", "repayment method", "repayment"),
        keyword("balloon", "尾款", "尾付", "balloon payment", "final payment"),
        keyword("day count", "计息天数", "计息基准", "day basis"),
        keyword("due day", "还款日", "每月还款日", "扣款日", "payment day", "due date"),
        keyword(
            "first due",
            "首期还款日",
            "首次还款日",
            "首期",
            "首个还款日",
            "first payment",
            "first due day",
            "first due date",
        ),
        keyword("holiday", "节假日顺延", "顺延", "节假日", "holiday shift", "holidays"),
        keyword("grace", "宽限期", "宽限天数", "宽限", "grace days", "grace period"),
        keyword("autopay", "代扣", "自动扣款", "自动还款", "ach", "direct debit", "auto pay"),
        keyword("product", "产品", "金融产品", "产品名称", "方案", "program"),
        keyword(
            "reference", "资方编号", "银行编号", "参考号", "借据号", "lender reference", "lender's reference", "ref"
        ),
        keyword("source", "来源", "渠道", "客户来源", "channel", "lead source"),
        keyword("approved amount", "批复金额", "审批金额", "获批金额", "批款金额", "approved"),
        keyword("conditions", "批复条件", "审批条件", "条件", "condition"),
        keyword("make", "品牌", "厂商", "车辆品牌", "brand", "manufacturer"),
        keyword("model", "车型", "车系", "型号", "vehicle model"),
        keyword("model year", "年款", "出厂年份", "年份", "year"),
        keyword("vehicle", "车况", "新旧", "新车二手车", "new or used", "new/used", "vehicle condition"),
        keyword("vin", "车架号", "车辆识别代号", "车架", "车辆识别码", "vin number", "chassis number", "chassis"),
        keyword(
            "plate",
            "车牌",
            "车牌号",
            "牌照",
            "车牌号码",
            "plate number",
            "license plate",
            "licence plate",
            "registration number",
        ),
    )
}
"""What people type for each field, by its first word."""

_NAME_OF: Mapping[str, TermName] = {
    "monthly rate": "rate",
    "holiday": "holiday_shift",
    "grace": "grace_days",
    "vehicle": "condition",
}

EXAMPLES: Mapping[TermName, tuple[str, str]] = {
    "amount": ("85000", "85000"),
    "currency": ("CNY", "USD"),
    "price": ("12万", "120000"),
    "down_payment": ("3.5万", "35000"),
    "term": ("36", "36"),
    "rate": ("4.5%", "4.5%"),
    "method": ("等额本息", "level payments"),
    "balloon": ("2万", "20000"),
    "day_count": ("30/360", "30/360"),
    "due_day": ("15", "15"),
    "first_due": ("2027-01-15", "2027-01-15"),
    "holiday_shift": ("顺延", "next working day"),
    "grace_days": ("3", "3"),
    "autopay": ("开", "on"),
    "product": ("新车贷", "new car loan"),
    "reference": ("JQ-2026-118", "LN-2026-118"),
    "source": ("车展", "car show"),
    "approved_amount": ("80000", "80000"),
    "conditions": ("追加担保人", "a guarantor"),
    "make": ("比亚迪", "Toyota"),
    "model": ("秦PLUS", "Corolla"),
    "model_year": ("2026", "2026"),
    "condition": ("新车", "new"),
    "vin": ("LSVAU2180N2183294", "1M8GDM9AXKP042788"),
    "plate": ("沪A12345", "7ABC123"),
}
"""A value per field, in Chinese and in English."""


def field_name(code: str) -> TermName:
    """Return the field that a word of `FIELD_WORDS` means."""
    name: TermName = _NAME_OF.get(code) or code.replace(" ", "_")  # pyright: ignore[reportAssignmentType]
    return name


def read_field(code: str, text: str, now: datetime, zone: ZoneInfo) -> TermValue | Amount | None:
    """Return the value of the field that a word of `FIELD_WORDS` means, as `read_term` does; behind `monthly rate` a rate is
    of a month."""
    return read_term(field_name(code), text, now, zone, basis="month" if code == "monthly rate" else None)


def read_term(
    name: TermName, text: str, now: datetime, zone: ZoneInfo, *, basis: str | None = None
) -> TermValue | Amount | None:
    """Return the value that the whole text means for a field, an amount with its currency; None for a word that clears it.

    Raise `Invalid`: `amount_unclear`, `term_number`, `rate_unclear`, `choice_unknown`, `yes_no_unknown`, `currency_unknown`,
    `term_too_long`, and as `parse_due` does.
    """
    text = clean_name(text)
    if TERM_FIELDS[name].kind == "choice" and (word := _choice(name, text)):
        return word
    if TERM_FIELDS[name].kind == "yes_no":
        return _yes_no(text)
    if term_key(text) in _CLEARED and TERM_FIELDS[name].kind != "currency":
        return None
    return _READERS[TERM_FIELDS[name].kind](name, text, now, zone, basis)


def _money(name: TermName, text: str, *_: object) -> Amount:
    if name in _WITH_ZERO and re.fullmatch(r"0+(?:\.0+)?\s*(?:元|块)?", unicodedata.normalize("NFKC", text)):
        return Amount(Decimal("0.00"))
    return parse_amount(text)


def _number(name: TermName, text: str, *_: object) -> int:
    norm = unicodedata.normalize("NFKC", text).casefold().strip()
    each = TERM_FIELDS[name]
    years = _YEARS.fullmatch(norm) if name == "term" else None
    found = years or _NUMBER.fullmatch(norm)
    value = int(found[1]) * (12 if years else 1) if found else -1
    if not each.low <= value <= each.high:
        raise Invalid("term_number", part=name, given=text[:40], low=each.low, high=each.high)
    return value


def _date(_name: TermName, text: str, now: datetime, zone: ZoneInfo, _basis: str | None) -> date:
    whole = _ISO.fullmatch(unicodedata.normalize("NFKC", text))
    if whole is None:
        return parse_day(text, now, zone)
    try:
        day = date(*map(int, whole.groups()))
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2099:
        raise Invalid("due_no_such_date", part="value", given=text[:40], nearest=("2027-01-15",))
    return day


def parse_day(text: str, now: datetime, zone: ZoneInfo) -> date:
    """Return the day that the text means. Raises Invalid (`date_only`), and as `parse_due` does."""
    due = parse_due(text, now, zone)
    if due.at is not None:
        raise Invalid("date_only", part="value", given=text[:40], nearest=(due.on.isoformat(),))
    return due.on


def _yes_no(text: str) -> bool:
    key = term_key(text)
    if key not in _ON | _OFF:
        raise Invalid("yes_no_unknown", part="value", given=text[:40], nearest=("on", "off"))
    return key in _ON


def _rate(_name: TermName, text: str, _now: object, _zone: object, basis: str | None) -> RateValue:
    norm = unicodedata.normalize("NFKC", text).casefold().strip()
    if before := _RATE_BASIS.match(norm):
        basis, norm = before.lastgroup, norm[before.end() :]
    found = _RATE.fullmatch(norm)
    said = term_for(VOCABULARY.choices["rate_basis"], found[3]) if found and found[3] else None
    if found is None or (found[3] and said is None):
        raise _unclear_rate(text)
    percent = Decimal(found[1])
    if found[2] in ("‰", "厘"):  # thousandths, and of a month where nothing else is said
        percent, basis = percent / 10, basis or "month"
    basis = said.code if said else basis
    if basis is None and 0 < percent < 1:  # 0.3 may be of a month, and 0.045 a fraction
        raise _unclear_rate(text, f"{found[1]}%/month", f"{found[1]}%/year")
    if percent > 100:
        raise _unclear_rate(text)
    return RateValue(percent, basis or "year")


def _unclear_rate(text: str, *nearest: str) -> Invalid:
    return Invalid("rate_unclear", part="value", given=text[:40], nearest=nearest or ("4.5%", "0.3%/month"))


def _product(_name: TermName, text: str, *_: object) -> ProductValue:
    word = term_for(VOCABULARY.products, text)
    return ProductValue(word.code) if word else ProductValue(None, _text("product", text))


def _choice(name: TermName, text: str) -> ChoiceValue | None:
    field: ChoiceField = name  # pyright: ignore[reportAssignmentType]
    word = term_for(VOCABULARY.choices[field], text)
    return ChoiceValue(field, word.code) if word else None


def _unknown_choice(name: TermName, text: str, *_: object) -> ChoiceValue:
    field: ChoiceField = name  # pyright: ignore[reportAssignmentType]
    line = Line.plain(text)
    words = VOCABULARY.choices[field]
    chinese = any("\u3400" <= c <= "\u9fff" for c in line.norm)
    nearest = tuple(word.zh if chinese else word.en for word in words)
    raise Invalid("choice_unknown", part="value", given=text[:40], nearest=nearest)


def _text(name: TermName, text: str, *_: object) -> str:
    limit = TERM_FIELDS[name].high
    if len(text) > limit:
        raise Invalid("term_too_long", part="value", length=len(text), limit=limit)
    return text


def _currency(_name: TermName, text: str, *_: object) -> str:
    key = unicodedata.normalize("NFKC", text).strip()
    code = _CURRENCIES.get(key.casefold(), key.upper())
    if code not in list_currencies():
        raise Invalid("currency_unknown", part="value", given=text[:40], nearest=("CNY", "USD"))
    return code


_READERS: Mapping[str, Callable[..., TermValue | Amount]] = {
    "money": _money,
    "number": _number,
    "date": _date,
    "rate": _rate,
    "product": _product,
    "choice": _unknown_choice,
    "text": _text,
    "currency": _currency,
    "vin": lambda _name, text, *_: clean_vin(text),
    "plate": lambda _name, text, *_: clean_plate(text),
}

"""Amounts of money as people type them: `3000`, `3,000元`, `¥1.5万`, `usd 200.50`, `三千块`."""

import re
from decimal import Decimal

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Amount
from handlers.grammar.due import due_end
from handlers.grammar.text import Line, splits_word

_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN"})
_CURRENCIES = {
    "rmb cny 人民币 yuan": frozenset({"CNY"}),
    "元 块钱 块 圆": frozenset({"CNY", "TWD", "HKD"}),
    "¥": frozenset({"CNY", "JPY"}),
    "usd us$ 美元 美金": frozenset({"USD"}),
    "$ dollars dollar bucks": _DOLLARS,
    "hkd hk$ 港币 港元": frozenset({"HKD"}),
    "eur euros euro € 欧元": frozenset({"EUR"}),
    "gbp pounds pound £ 英镑": frozenset({"GBP"}),
}
_CURRENCY_OF = {word: codes for words, codes in _CURRENCIES.items() for word in words.split()}
_WORDS = "|".join(re.escape(word) for word in sorted(_CURRENCY_OF, key=len, reverse=True))
_SCALES = {"千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000}
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}

_AMOUNT = re.compile(
    rf"(?:(?P<before>{_WORDS})\s*)?"
    r"(?:(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.[0-9]{1,2})?)(?:(?P<short>[kw])(?![a-z0-9])|\s*(?P<scale>[千万]))?"
    r"|(?P<numerals>[零〇一二两三四五六七八九十百千万]{1,9}))"
    rf"(?:\s*(?P<after>{_WORDS})(?![a-z]))?"
)
_PUNCTUATED = re.compile(r"[0-9]+(?:[.,][0-9]+)+")
_SIGNED = re.compile(r"[-+\u2010-\u2015\u2212]\s?([0-9]+)")
_NOT_DIGITS = re.compile("[^0-9]")

# What follows makes the number a count, a date or a time: "3 instalments", "2期", "3 o'clock".
_COUNT_AFTER = re.compile(
    r"\s*(?:[个份张天月年次笔期人台辆位条页套成倍楼栋层室号日周件本家名岁季折度点时分秒%％]"
    r"|(?:instal\w*|payments?|months?|weeks?|days?|times?|years?|hours?|minutes?|hrs?|mins?|am|pm|[ap]\.m|st|nd|rd|th"
    r"|o\s?['’]?\s?clock)(?![a-z0-9]))"
)


_GIVEN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class AmountMatch:
    """An amount found in a line, the offset in the normalised text where it ends, and whether it is digits with decimals only."""

    amount: Amount
    end: int
    decimals: bool = False


def amount_at(line: Line, start: int) -> AmountMatch | None:
    """Return the amount that begins at the normalised offset `start`, or None.

    Raise `Invalid` (`amount_unclear`) for digits with separators that can be read in two ways (`3.000`), for zero, and for a
    number with a sign.
    """
    if signed := _SIGNED.match(line.norm, start):
        given = line.original(start, signed.end())
        raise Invalid(
            "amount_unclear", part="amount", given=given[:_GIVEN_LENGTH], nearest=(signed[1][:_GIVEN_LENGTH],)
        )
    found = _AMOUNT.match(line.norm, start)
    if found is None:
        return None
    punctuated = _PUNCTUATED.match(line.norm, found.start("number")) if found["number"] else None
    if punctuated and punctuated.end() > found.end("number"):
        raise _unclear(line, start, punctuated.end())
    if splits_word(line.norm, found.end()) or _counts(line, found.end()):
        return None
    value = _value(found)
    if value is None:
        return None
    if not value:
        raise Invalid("amount_unclear", part="amount", given=line.original(start, found.end()), nearest=("3000",))
    word = found["before"] or found["after"]
    decimals = "." in found[0] and found[0] == found["number"]
    return AmountMatch(Amount(value, _CURRENCY_OF[word] if word else frozenset()), found.end(), decimals)


def parse_amount(text: str) -> Amount:
    """Return the amount that the whole text is. Raise `Invalid` (`amount_unclear`)."""
    line = Line.plain(text.strip())
    found = amount_at(line, 0)
    if found is None or found.end < len(line.norm):
        raise Invalid("amount_unclear", part="amount", given=text.strip()[:40], nearest=("3000", "3,000.50"))
    return found.amount


def _counts(line: Line, end: int) -> bool:
    """Return whether the words behind a number make it a count or a time. Those of `3000 周五` do not: they are a due time."""
    return _COUNT_AFTER.match(line.norm, end) is not None and not due_end(line, line.skip(end))


def _unclear(line: Line, start: int, end: int) -> Invalid:
    """Return the refusal of digits with separators: the last one may come before decimals (`3,50`) or thousands (`3.000`)."""
    given = line.original(start, end)
    *_, whole, last = _NOT_DIGITS.split(line.norm[start:end])
    digits = _NOT_DIGITS.sub("", line.norm[start:end])
    forms = (digits,) if len(last) > 2 else (f"{digits[: -len(last)]}.{last}",)
    if len(last) == 3 and len(digits) == len(whole) + 3:
        forms += (f"{whole}.{last[:2]}",)
    return Invalid("amount_unclear", part="amount", given=given, nearest=forms)


def _value(found: re.Match[str]) -> Decimal | None:
    if found["number"]:
        scale = _SCALES.get(found["short"] or found["scale"] or "", 1)
        return (Decimal(found["number"].replace(",", "")) * scale).quantize(Decimal("0.01"))
    numerals = found["numerals"]
    if not found["after"] and not any(unit in numerals for unit in "百千万"):
        return None
    value = _chinese_value(numerals)
    return None if value is None else Decimal(value).quantize(Decimal("0.01"))


def _chinese_value(numerals: str) -> int | None:
    """Return the value of Chinese numerals below a hundred million; a last digit without its unit has the next lower one
    (`两千五` is 2500). Return None for numerals that are no number."""
    head, ten_thousands, tail = numerals.rpartition("万")
    if ten_thousands:
        high, low = _below_ten_thousand(head), _below_ten_thousand(tail, lower=1_000) if tail else 0
        return None if high is None or low is None or "万" in head else high * 10_000 + low
    return _below_ten_thousand(tail)


def _below_ten_thousand(numerals: str, *, lower: int = 1) -> int | None:
    total, digit, last = 0, None, lower * 10
    for character in numerals:
        if character in _UNITS:
            unit = _UNITS[character]
            if unit >= last > lower * 10 or (digit is None and character != "十"):
                return None
            total, digit, last = total + (1 if digit is None else digit) * unit, None, unit
        elif character in "零〇":
            digit, last = None, 10
        elif digit is not None:
            return None
        else:
            digit = _DIGITS[character]
    return total + (digit or 0) * (last // 10) if numerals else None

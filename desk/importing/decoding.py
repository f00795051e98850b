"""Decode a lender's file, or refuse it: what is read in the wrong encoding is stored as garbled names.

Most bytes are valid GB18030 whatever they were meant to be. So a file that is not UTF-8 is taken for GB18030 only if its
names read like names.
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.vocabulary import VOCABULARY, term_key
from desk.importing.reading.headings import heading_key, shapes

ENCODINGS = ("utf-8", "gb18030", "big5", "cp1252")
"""The encodings in which doubtful bytes are shown, and that are proposed."""

_SHOWN_BYTES = 24
_SHOWN_READING = 30

_LINE_END = re.compile(rb"\r\n|\n|\r")
_DELIMITERS = (",", "\t", ";", "，")

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方"
    "白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温庞殷施章葛洪倪牛管樊左季安俞齐常康伍余元卜平和穆萧尹祁祝梅盛林刁"
    "乔文兰关欧阮华焦柳古阎鲁耿辛詹岳宁聂柴翟申车路费谷甘宫裴席冀霍单包司柏屈翁褚娄于尚凌路骆景游解蒲苗喻窦冉池应卓苑晏瞿鲍涂饶桂牟靳农"
    "纪舒封植闵庄阳成蓝郎仇栾项童滕卞花奚昌连习党巫巩佟井米商占匡步艾蒙衣郁房全佘冷朴门简臧楼代宗宣尤计伏狄隋荣敖佐查蔺鞠迟强干沙慕薄储"
    "桑原麻粟雍璩宇东欧上诸尉司夏皇公令端百呼濮澹赫连楚鄢晋闻揭练腾丛麦冼逄缪区盖邢厉刑幸明台相苟但仲牙乐由卿战初才修敬茹茅阚仝"
    "張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭葉蔣蘇魏呂盧鍾鐘譚陸範賈韋鄒閆龍賀顧龔萬錢嚴湯溫龐齊喬蘭關歐華閻魯聶車費單婁駱遊竇應鮑塗饒紀閔莊陽"
    "藍欒項連黨鞏門簡樓計榮遲幹儲聞練叢麥區蓋厲樂戰闞邊臺"
)
"""The first characters of common Chinese surnames, simplified and traditional: their share in names tells encodings apart."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a name or number, as the bytes and as they read."""

    line: int
    text: str


def decode(content: bytes, *, given: str, encoding: str | None = None) -> str:
    """Return the text of a file: in `encoding`, or else in UTF-8 or in GB18030, as Chinese Excel writes it.

    Raises Invalid: `import_not_text`, `import_encoding_unknown`, `import_encoding` (with the line, its bytes and how they
    would read), `import_encodings_mixed` (some lines are UTF-8).
    """
    if encoding is not None:
        text = _in_encoding(content, encoding)
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _refusal("import_encoding", content, 0, propose=("utf-16",))
    elif b"\0" in content:
        raise Invalid("import_not_text", given=given)
    else:
        text = _guess(content)
    if "\0" in text:
        raise Invalid("import_not_text", given=given)
    return text.removeprefix("\ufeff")


def _in_encoding(content: bytes, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)
    except (LookupError, ValueError):
        raise Invalid("import_encoding_unknown", given=encoding, nearest=ENCODINGS) from None
    try:
        return content.decode(codec.name)
    except UnicodeError as error:
        place = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise _refusal("import_encoding_wrong", content, place, encoding=encoding) from None


def _guess(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        wrong = error.start
    if content.startswith(codecs.BOM_UTF8) or _has_utf8_hanzi(content):
        raise _refusal("import_encodings_mixed", content, wrong)
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _refusal("import_encoding", content, error.start) from None
    odd = _odd_line(text) or (0 if _reads_like_gb18030(content, text) else _first_line_of_names(text))
    if odd:
        place = _place_in_line(content, odd)
        if _reading(_cell_at(content, place), "utf-8"):
            raise _refusal("import_encodings_mixed", content, wrong)
        raise _refusal("import_encoding", content, place)
    return text


def _has_utf8_hanzi(content: bytes) -> bool:
    """Return whether a line is UTF-8 with Chinese in it, which a line in GB18030 is not by chance."""
    for line in _LINE_END.split(content):
        if not line.isascii():
            try:
                text = line.decode()
            except UnicodeDecodeError:
                continue
            if any(_is_hanzi(c) for c in text):
                return True
    return False


def _odd_line(text: str) -> int:
    """Return the first line whose name or number is no word of any language, or 0."""
    return next((cell.line for cell in _names(text) if _is_odd(cell.text)), 0)


def _first_line_of_names(text: str) -> int:
    return next((cell.line for cell in _names(text) if not cell.text.isascii()), 1)


def _is_odd(text: str) -> bool:
    hanzi = [_is_hanzi(c) for c in text]
    for place, c in enumerate(text):
        if unicodedata.category(c) in ("Co", "Cc") and c not in "\t\r\n":
            return True
        if any(hanzi) and not hanzi[place] and ord(c) > 0x7F and not _goes_with_hanzi(c):
            return True
        after, before = text[place + 1 : place + 2], text[place - 1 : place] if place else ""
        if hanzi[place] and (_is_latin(before) or (_is_latin(after) and after.islower())):
            return True
    return any(hanzi) and _may_be_accented(text)


def _may_be_accented(text: str) -> bool:
    """Return whether each Chinese character could be an accented letter and the letter after it, as `ÉL` of `ÉLISE` is: it
    is the first of its word, goes on in Latin or is no surname, and GB18030 writes it with a Latin letter as second byte."""
    for word in re.split(r"[\s'’.-]+", text.strip()):
        if word and _is_hanzi(word[0]):
            second = word[0].encode("gb18030")[1:]
            surname_alone = len(word) == 1 and word in _SURNAMES
            if surname_alone or not second.isalpha() or any(map(_is_hanzi, word[1:])):
                return False
        elif any(map(_is_hanzi, word)):
            return False
    return True


def _reads_like_gb18030(content: bytes, text: str) -> bool:
    """Return whether headings, stages or most names are Chinese, and do not read better in Big5."""
    cells = [cell.text for cell in _names(text) if any(_is_hanzi(c) for c in cell.text)]
    if _knows_words(text) or not cells:
        return True
    good = sum(map(_is_chinese_name, cells))
    try:
        elsewhere = sum(_is_chinese_name(cell.text) for cell in _names(content.decode("big5hkscs")))
    except UnicodeDecodeError:
        elsewhere = 0
    return good * 2 >= len(cells) and good >= elsewhere


def _knows_words(text: str) -> bool:
    """Return whether a heading or a stage is known in Chinese: read in the wrong encoding it would not be."""
    known = shapes()["loans"].by_key
    for number, (_, cells) in enumerate(_table(text)):
        if number == 0 and any(not cell.isascii() and heading_key(cell) in known for cell in cells):
            return True
        if number and any(term_key(cell) in _STAGES for cell in cells if not cell.isascii()):
            return True
    return False


def _names(text: str) -> Iterator[_Cell]:
    """Yield the names and numbers; all cells, if no heading names them."""
    places: Sequence[int] = ()
    for number, (line, cells) in enumerate(_table(text)):
        if number == 0:
            known = shapes()["loans"].by_key
            places = [
                place for place, cell in enumerate(cells) if known.get(heading_key(cell)) in ("name", "number")
            ] or range(len(cells))
        for place in places:
            if place < len(cells):
                yield _Cell(line, cells[place])


def _table(text: str) -> Iterator[tuple[int, list[str]]]:
    delimiter = delimiter_of(text)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        return


def delimiter_of(text: str) -> str:
    """Return what parts the cells of a table: the first of comma, tab, semicolon in its first line."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return next((mark for mark in _DELIMITERS if mark in first), ",")


def _refusal(
    code: str, content: bytes, place: int, *, encoding: str | None = None, propose: Sequence[str] = ENCODINGS
) -> Invalid:
    """Return a refusal that shows the cell at that byte: its line, its bytes, and how these read."""
    line = len(_LINE_END.findall(content[:place])) + 1
    cell = _cell_at(content, place)
    readings = tuple((name, text) for name in propose if (text := _reading(cell, name)) and name != encoding)
    shown = cell[:_SHOWN_BYTES].hex(" ").upper()
    return Invalid(code, line=line, bytes=shown, readings=readings, encoding=encoding, propose=tuple(propose))


def _cell_at(content: bytes, place: int) -> bytes:
    start = max((content.rfind(mark, 0, place) for mark in (b",", b";", b"\t", b"\n", b"\r")), default=-1) + 1
    ends = [content.find(mark, place) for mark in (b",", b";", b"\t", b"\n", b"\r")]
    end = min((e for e in ends if e >= 0), default=len(content))
    return content[start:end].strip(b'" ')


def _reading(cell: bytes, encoding: str) -> str:
    try:
        text = cell.decode(encoding)
    except UnicodeDecodeError:
        return ""
    return text[:_SHOWN_READING] if text.isprintable() else ""


def _place_in_line(content: bytes, line: int) -> int:
    """Return the place of the first byte of that line, or of a later one, that is not ASCII."""
    ends = [match.end() for match in _LINE_END.finditer(content)]
    start = ends[line - 2] if 2 <= line <= len(ends) + 1 else 0
    return next((place for place in range(start, len(content)) if content[place] > 0x7F), start)


def _is_chinese_name(text: str) -> bool:
    plain = text.strip()
    if len(plain) >= 3 and any(c in "·•・" for c in plain[1:-1]):
        return all(_is_hanzi(c) or c in "·•・" for c in plain)
    return len(plain) > 1 and plain[0] in _SURNAMES and (all(map(_is_hanzi, plain[:4])) or plain[1:].isascii())


def _is_hanzi(c: str) -> bool:
    return "\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or "\U00020000" <= c <= "\U0003ffff" or c == "〇"


def _goes_with_hanzi(c: str) -> bool:
    return "\u3000" <= c <= "\u303f" or "\u2010" <= c <= "\u2027" or "\uff00" <= c <= "\uff65" or c in "·・々×"


def _is_latin(c: str) -> bool:
    return c != "" and c.isalpha() and ord(c) < 0x250


_STAGES = frozenset(term for stage in VOCABULARY.stages for term in stage.terms() if not term.isascii())

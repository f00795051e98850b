"""Decode a lender's file, or refuse it: what is read in the wrong encoding is stored as garbled names.

Most bytes are valid GB18030 whatever they were meant to be. So a file that is not UTF-8 is taken for GB18030 only if its
names read like names.
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.vocabulary import VOCABULARY, term_key
from desk.importing.reading.headings import heading_key, shapes

ENCODINGS = ("utf-8", "gb18030", "big5", "cp1252")
"""The encodings in which doubtful bytes are shown, and that are proposed."""

_PART = 1024**2
"""How much of a file is looked at at a time, in bytes."""

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


Open = Callable[[], BinaryIO]
"""Opens the bytes of a file from their beginning."""


def encoding_of(opened: Open, *, given: str, encoding: str | None = None) -> str:
    """Return the encoding of a text, which is read in parts: the named one, or else UTF-8, UTF-16, or GB18030 as Chinese Excel
    writes it.

    Raises Invalid: `import_not_text`, `import_encoding_unknown`, `import_encoding` (with the line, its bytes and how they
    would read), `import_encodings_mixed` (some lines are UTF-8).
    """
    if encoding is not None:
        return _named(opened, given, encoding)
    if _decodes(opened, "utf-8") is None:
        if _has_nul(opened):
            raise Invalid("import_not_text", given=given)
        return "utf-8-sig"
    if found := _utf16(opened):
        return found
    if _has_nul(opened):
        raise Invalid("import_not_text", given=given)
    _require_gb18030(opened)
    return "gb18030"


def _named(opened: Open, given: str, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)
        codecs.getincrementaldecoder(codec.name)
    except (LookupError, ValueError):
        raise Invalid("import_encoding_unknown", given=encoding, nearest=ENCODINGS) from None
    place = _decodes(opened, codec.name)
    if place is not None:
        raise _refusal_at(opened, "import_encoding_wrong", place, encoding=encoding)
    if _has_nul(opened, codec.name):
        raise Invalid("import_not_text", given=given)
    return codec.name


def _decodes(opened: Open, encoding: str) -> int | None:
    """Return the place of the first byte that is wrong in an encoding, None if there is none."""
    decoder, place, held = codecs.getincrementaldecoder(encoding)(), 0, 0
    with opened() as file:
        try:
            while chunk := file.read(_PART):
                held = len(decoder.getstate()[0])
                decoder.decode(chunk)
                place += len(chunk)
            held = len(decoder.getstate()[0])
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            start = error.start if isinstance(error, UnicodeDecodeError) else 0
            return max(place - held + start, 0)
    return None


def _has_nul(opened: Open, encoding: str | None = None) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    with opened() as file:
        while chunk := file.read(_PART):
            if (b"\0" in chunk) if decoder is None else ("\0" in decoder.decode(chunk)):
                return True
    return False


def _utf16(opened: Open) -> str | None:
    """Return which UTF-16 a file is in: told by its mark, or by line ends and separators where it has none."""
    with opened() as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    elif any(head.find(mark) % 2 == 0 for mark in (b",\0", b"\n\0", b"\t\0", b";\0", b"|\0") if mark in head):
        found = "utf-16-le"
    elif any(head.find(mark) % 2 == 0 for mark in (b"\0,", b"\0\n", b"\0\t", b"\0;", b"\0|") if mark in head):
        found = "utf-16-be"
    else:
        return None
    return found if _decodes(opened, found) is None and not _has_nul(opened, found) else None


def _require_gb18030(opened: Open) -> None:
    """Raise Invalid unless a text that is not UTF-8 reads as GB18030."""
    wrong: Invalid | None = None
    for part in _parts(opened):
        if wrong is None:
            try:
                part.content.decode()
            except UnicodeDecodeError as error:
                wrong = part.refusal("import_encodings_mixed", error.start)
        if part.content.startswith(codecs.BOM_UTF8) or _has_utf8_hanzi(part.content):
            raise wrong or _refusal_at(opened, "import_encodings_mixed", _decodes(opened, "utf-8") or 0)
    signs, doubtful = _Signs(), None
    for part in _parts(opened):
        try:
            text = part.content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise part.refusal("import_encoding", error.start) from None
        if odd := _odd_line(text):
            raise _refused_line(part, odd, wrong)
        signs.add(part.content, text)
        if doubtful is None and (line := _first_line_of_names(text)):
            doubtful = _refused_line(part, line, wrong)
    if not signs.are_good:
        raise doubtful or _refusal_at(opened, "import_encoding", 0)


def _refused_line(part: "_Part", line: int, mixed: Invalid | None) -> Invalid:
    place = _place_in_line(part.content, line)
    if _reading(_cell_at(part.content, place), "utf-8"):
        return mixed or part.refusal("import_encodings_mixed", place)
    return part.refusal("import_encoding", place)


@dataclass(frozen=True, slots=True)
class _Part:
    """Whole lines of a file behind its first line, and how many lines of the file are left out between."""

    content: bytes
    left_out: int

    def refusal(self, code: str, place: int) -> Invalid:
        """Return a refusal that shows the cell at that byte of the part."""
        error = _refusal(code, self.content, place)
        line = error.params["line"]
        return Invalid(code, **{**error.params, "line": line + self.left_out if line > 1 else line})


def _parts(opened: Open) -> Iterator[_Part]:
    """Yield a file in parts of whole lines, each behind the first line of the file, which has the headings."""
    with opened() as file:
        content = file.read(_PART)
        first = re.match(rb"[^\r\n]*(?:\r\n|\r|\n)?", content)
        header = first[0] if first else b""
        before, left = 0, b""
        while content:
            head, mark, tail = (left + content).rpartition(b"\n" if b"\n" in content else b"\r")
            block, left = head + mark, tail
            if block:
                yield _Part(block if before == 0 else header + block, max(before - 1, 0))
                before += len(_LINE_END.findall(block))
            content = file.read(_PART)
        if left:
            yield _Part(left if before == 0 else header + left, max(before - 1, 0))


@dataclass(slots=True)
class _Signs:
    """What says that a text in GB18030 is one: known words, or more Chinese names than others, and than in Big5."""

    knows_words: bool = False
    names: int = 0
    good: int = 0
    elsewhere: int = 0
    is_big5: bool = True

    def add(self, content: bytes, text: str) -> None:
        """Add a part of the file."""
        self.knows_words = self.knows_words or _knows_words(text)
        if self.knows_words:
            return
        cells = [cell.text for cell in _names(text) if any(_is_hanzi(c) for c in cell.text)]
        self.names += len(cells)
        self.good += sum(map(_is_chinese_name, cells))
        try:
            self.elsewhere += sum(_is_chinese_name(cell.text) for cell in _names(content.decode("big5hkscs")))
        except UnicodeDecodeError:
            self.is_big5 = False

    @property
    def are_good(self) -> bool:
        """Whether headings, stages or most names are Chinese, and do not read better in Big5."""
        if self.knows_words or not self.names:
            return True
        return self.good * 2 >= self.names and self.good >= (self.elsewhere if self.is_big5 else 0)


def _refusal_at(opened: Open, code: str, place: int, *, encoding: str | None = None) -> Invalid:
    """Return a refusal that shows the cell at that byte of the file."""
    with opened() as file:
        content = file.read(place + _PART)
    return _refusal(code, content, place, encoding=encoding)


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
    """Return the first line with a name or number that is not ASCII, or 0."""
    return next((cell.line for cell in _names(text) if not cell.text.isascii()), 0)


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
    delimiter = _delimiter_of(text)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        return


def _delimiter_of(text: str) -> str:
    """Return what parts the cells of a table: the first of comma, tab, semicolon in its first line."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return next((mark for mark in _DELIMITERS if mark in first), ",")


def _refusal(code: str, content: bytes, place: int, *, encoding: str | None = None) -> Invalid:
    """Return a refusal that shows the cell at that byte: its line, its bytes, and how these read."""
    line = len(_LINE_END.findall(content[:place])) + 1
    cell = _cell_at(content, place)
    readings = tuple((name, text) for name in ENCODINGS if (text := _reading(cell, name)) and name != encoding)
    shown = cell[:_SHOWN_BYTES].hex(" ").upper()
    return Invalid(code, line=line, bytes=shown, readings=readings, encoding=encoding, propose=ENCODINGS)


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

"""Amounts of which not the exact sum is said: `about 3000`, `3000 or so`, `2000-3000`, `大约3000`, `三千多`, `一半`.

Such words behind a payment are its note, but the payment must not count as the whole instalment.
"""

import re

from desk.core.errors import Invalid
from handlers.grammar.amounts import amount_at
from handlers.grammar.due import due_end
from handlers.grammar.text import Line, splits_word

_ABOUT = re.compile(
    r"(?:(?:about|around|approx\.?|approximately|roughly|nearly|almost|circa|ca\.?|c\.|close to|some|something like|over"
    r"|more than|less than|under|at least|at most|up to|only|just)(?=[\s0-9])|[~≈<>]"
    r"|大约|大概|大致|约莫|约|差不多|将近|接近|近|快|超过|超|至少|起码|最多|顶多|不到|不足|不满|少于|多于|大于|小于|只有|仅仅|仅|才|好像|估计)\s*"
)
_OR_SO = re.compile(
    r"\s*(?:(?:or so|or thereabouts|or more|or less|ish|odd|approx\.?|approximately|roughly|about|at least|at most|max|plus"
    r"|give or take)(?![a-z])|of\s+[0-9]+|[+~?](?!\s*[0-9])|左右|上下|以上|以下|以内|出头|有余|来块|多块|多元|来元|多|余|不到|吧)"
)
_FEW = re.compile(
    r"[几数好一二两三四五六七八九]+十?[百千万](?:块钱?|元)?"
    r"|(?:a few |several |one |two |three |four |five )?(?:hundreds?|thousands?)(?![a-z])"
)
_UP_TO = re.compile(r"\s*(?:[-\u2010-\u2015~/]|to(?![a-z])|of(?![a-z])|or(?![a-z])|到|至|或)\s*")
_SHARE = re.compile(
    r"(?:a |one |two |three )?(?:half|halves|thirds?|quarters?)(?![a-z])|(?:a )?(?:part|portion|percentage)(?![a-z])"
    r"|(?:most|some|something|several|a few|a couple|a bit|a little)(?![a-z])|[0-9]{1,2}\s*(?:%|％|percent|per cent)"
    r"|一半|大半|小半|多半|一部分|部分|大部分|小部分|一些|一点|一小笔|百分之|[一二三四五六七八九十几]+分之|[一二三四五六七八九几]成(?!功)"
)
_SHARE_ANYWHERE = re.compile(
    r"(?<![a-z])(?:half|third|quarter|percent|partial|partly|short|missing|rest|remainder|remaining|balance)(?![a-z])"
    r"|(?<![0-9/])[1-9]/[2-9](?![0-9/])|[0-9]{3,}\s?/\s?[0-9]{3,}|[余尾]款|剩余|剩下|其余|还差|还欠|差额|未还|没还|[0-9]\s*[%％]|一半|大半|部分|分之[一二三四五六七八九]"
)
_MONEY = re.compile(
    r"(?<![0-9.:/\-#a-z])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|(?<![0-9.:/\-#a-z号])[0-9]{3,6}(?![0-9:年号]|[-/.][0-9]|[a-jl-vx-z])"
    r"|(?<![0-9.:/\-a-z])[0-9]+(?:\.[0-9]+)?\s?(?:[kw](?![a-z0-9])|[千万元块¥]|yuan|rmb|dollars?|bucks)|[¥$€£]\s?[0-9]"
    r"|[一二两三四五六七八九几数]十?[百千万]|(?<![a-z])(?:hundred|thousand|grand)(?![a-z])"
)


_RANGE = re.compile(
    r"[0-9][0-9,.]*\s*[-\u2010-\u2015~]\s*[0-9][0-9,.]*\s*(?:[kw](?![a-z0-9])|[千万])"
    r"|[0-9][0-9,]{2,}\s*[-\u2010-\u2015~]\s*[0-9][0-9,]{2,}|[0-9]+ish(?![a-z])"
)


def inexact_amount_end(line: Line, start: int) -> int:
    """Return the normalised offset where an inexact amount that begins at `start` ends, or 0 if none begins there."""
    if (between := _RANGE.match(line.norm, start)) and due_end(line, start) < between.end():
        return between.end()
    about = _ABOUT.match(line.norm, start)
    at = about.end() if about else start
    end = _sum_end(line, at)
    if not end:
        share = _SHARE.match(line.norm, at) or _SHARE.match(line.norm, start)
        return share.end() if share and not splits_word(line.norm, share.end()) else 0
    if due_end(line, at) > end:
        return 0
    if (to := _UP_TO.match(line.norm, end)) and (upper := _sum_end(line, to.end())):
        return upper
    or_so = _OR_SO.match(line.norm, end)
    return or_so.end() if or_so else end if about else 0


def speaks_of_amount(note: str) -> bool:
    """Return whether the note of a payment says how much was paid, however inexactly."""
    line = Line.plain(note)
    return bool(inexact_amount_end(line, line.skip(0)) or _MONEY.search(line.norm) or _SHARE_ANYWHERE.search(line.norm))


def _sum_end(line: Line, at: int) -> int:
    try:
        found = amount_at(line, at)
    except Invalid:
        return 0
    if found is not None:
        return found.end
    few = _FEW.match(line.norm, at)
    return few.end() if few and not splits_word(line.norm, few.end()) else 0

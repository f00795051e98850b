"""Which command somebody means who writes in their own words."""

from handlers.grammar.terms import DOCUMENTS, OUTCOMES, PURPOSES, STAGES, Terms, keyword
from handlers.grammar.text import Line

_SAID: tuple[tuple[str, Terms], ...] = (  # pyright: ignore[reportMissingTypeArgument]
    ("/loan-reassign", Terms((keyword("reassign", "转交", "移交", "交接", "hand over", "handover"),))),
    ("/loan-digest", Terms((keyword("digest", "日报", "每日提醒", "早报"),))),
    ("/loan-team", Terms((keyword("team", "团队", "成员", "请假", "休假", "members", "absence", "leave", "holiday"),))),
    ("/loan-due", Terms((keyword("due", "待办", "今天", "逾期", "overdue", "today", "to do", "todo"),))),
    ("/loan", Terms((keyword("find", "查找", "查", "搜索", "new", "新客户", "新咨询", "search", "card", "卡片"),))),
    ("/loan-docs", DOCUMENTS),
    ("/loan-call", OUTCOMES),
    ("/loan-call", Terms((keyword("call", "通话", "电话", "登记", "log", "phone", "called"),))),
    ("/loan-follow", Terms((keyword("follow", "跟进", "提醒", "remind", "reminder", "follow up", "plan", "assign"),))),
    ("/loan-follow", PURPOSES),
    ("/loan-stage", STAGES),
)


def nearest_command(text: str) -> str:
    """The command that `text` (as Slack sends it) comes nearest to; `/loan` when it comes near none.

    A command's own name counts first, then the words of the table above in its order, wherever they stand.
    """
    norm = Line.read(text).norm
    names = dict.fromkeys(name for name, _ in _SAID)
    for name in sorted(names, key=len, reverse=True):
        if name.removeprefix("/") in norm.split():
            return name
    places = [at for at in range(len(norm)) if at == 0 or not (norm[at - 1].isascii() and norm[at - 1].isalnum())]
    for name, terms in _SAID:
        if any(terms.longest(norm, at) for at in places):
            return name
    return "/loan"

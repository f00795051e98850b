"""How each command is typed: its forms, and examples that work as written."""

from collections.abc import Sequence
from dataclasses import dataclass

from desk.core.vocabulary import VOCABULARY, Word
from handlers.messages.block_kit.message import Bold, Code, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer


@dataclass(frozen=True, slots=True)
class Example:
    """What follows the command in each language, and what that line does."""

    en: str
    zh: str
    does: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The purpose, forms and examples of a command. `words` are the vocabulary that its line may use."""

    about: str
    forms: tuple[str, ...]
    examples: tuple[Example, ...]
    words: tuple[Word, ...] = ()


USAGES: dict[str, Usage] = {
    "/loan": Usage(
        about=_("A loan's card, search, your loans, a new inquiry, corrections."),
        forms=(
            _("<loan>"),
            _("find <words>"),
            _("mine [stage]"),
            _("new <name> <phone> [note]"),
            _("edit <loan> name|phone|number <value>"),
        ),
        examples=(
            Example("L-1042", "L-1042", _("the card of a loan")),
            Example(
                "find wang", "查 王小明", _("looks for a name, its pinyin, a phone number or its last four digits")
            ),
            Example("mine application", "我的 申请", _("your loans in one stage")),
            Example(
                "new Wang Fang 138 0013 8000 asks for the rate",
                "新 王芳 13800138000 问利率",
                _("a new inquiry, with a number of its own"),
            ),
            Example("edit L-1042 phone 139 0013 9000", "改 L-1042 电话 13900139000", _("corrects the phone number")),
        ),
    ),
    "/loan-call": Usage(
        about=_("Logs a call, and plans the next one."),
        forms=(_("<loan>[/n] <outcome> [purpose] [note] [next <due> [purpose] [note]]"),),
        examples=(
            Example("L-1042 no answer", "L-1042 未接", _("nobody answered: the desk plans the next attempt")),
            Example(
                "L-1042 reached wants a lower rate next tomorrow 3pm",
                "L-1042 已接通 想要更低利率，下次明天下午3点",
                _("what was said, and when to call again"),
            ),
            Example(
                "L-1042/3 confirmed", "L-1042/3 已核实", _("the call that the third follow-up of the loan asked for")
            ),
            Example("L-1042 promised > in 3 days", "L-1042 承诺还款 > 3天后", _("promised to pay on that day")),
        ),
        words=VOCABULARY.outcomes,
    ),
    "/loan-follow": Usage(
        about=_("Plans a follow-up, finishes or cancels one, or moves it."),
        forms=(
            _("<loan> [@who] <due> [purpose] [note]"),
            _("<loan>[/n] done"),
            _("<loan>[/n] cancel [why]"),
            _("<loan>[/n] move <due>"),
        ),
        examples=(
            Example("L-1042 tomorrow 3pm income", "L-1042 明天下午3点 收入核实", _("plans a call of yours")),
            Example(
                "L-1042 @wang in 3 days documents", "L-1042 @wang 3天后 材料", _("plans a call of somebody else's")
            ),
            Example("L-1042/3 done", "L-1042/3 完成", _("finishes the third follow-up of the loan")),
            Example("L-1042 move tomorrow 10:30", "L-1042 改期 明天10:30", _("moves the only one that you hold on it")),
            Example("L-1042/3 cancel bought elsewhere", "L-1042/3 取消 已在别处购车", _("cancels it, and says why")),
        ),
        words=VOCABULARY.purposes,
    ),
    "/loan-docs": Usage(
        about=_("Asks for documents and ticks them off."),
        forms=(
            _("<loan>"),
            _("<loan> <document>[, …] [by <due>]"),
            _("<loan> got|accept|cancel <document>[, …]"),
            _("<loan> reject <document>: <reason>"),
        ),
        examples=(
            Example("L-1042", "L-1042", _("the documents of a loan")),
            Example(
                "L-1042 id, bank, proof of income by tomorrow",
                "L-1042 身份证、银行流水、收入证明 明天前",
                _("asks for three documents, and plans the call that asks after them"),
            ),
            Example("L-1042 got id and bank", "L-1042 收到 身份证和银行流水", _("they have come")),
            Example("L-1042 accept id", "L-1042 通过 身份证", _("it is in order")),
            Example(
                "L-1042 reject bank: only two months",
                "L-1042 退回 银行流水：只有两个月",
                _("asks for it again, and why"),
            ),
            Example(
                "L-1042 other: marriage certificate", "L-1042 其他：结婚证", _("a document that has no word of its own")
            ),
        ),
        words=VOCABULARY.documents,
    ),
    "/loan-stage": Usage(
        about=_("Brings a loan to another stage."),
        forms=(_("<loan> <stage> [reason]"),),
        examples=(
            Example("L-1042 application", "L-1042 申请", _("the borrower has applied; the verification is planned")),
            Example(
                "L-1042 declined income too low",
                "L-1042 未批 收入不足",
                _("ends what is open, except telling the decision"),
            ),
            Example("L-1042 withdrawn", "L-1042 放弃", _("ends what is open")),
        ),
        words=VOCABULARY.stages,
    ),
    "/loan-due": Usage(
        about=_("What is due: yours, somebody's, or your team's."),
        forms=(_("[today|tomorrow|week|overdue|unplanned] [@who|team] [verification|repayment]"),),
        examples=(
            Example("", "", _("what is due today, and overdue")),
            Example("week", "本周", _("until Sunday")),
            Example("overdue team repayment", "逾期 团队 还款", _("overdue calls about money, of your team")),
            Example("unplanned", "无计划", _("loans with nothing planned")),
        ),
    ),
    "/loan-reassign": Usage(
        about=_("Hands over a loan, or everything that somebody holds."),
        forms=(_("<loan> @to [why]"), _("@from @to [why]")),
        examples=(
            Example("L-1042 @wang", "L-1042 @wang", _("one loan, and its owner's follow-ups on it")),
            Example("@lin @wang on leave", "@lin @wang 休假", _("everything, after a preview")),
        ),
    ),
    "/loan-digest": Usage(
        about=_("Your digest of due calls."),
        forms=(_("[now|HH:MM|off]"),),
        examples=(
            Example("now", "现在", _("the digest at once")),
            Example("08:15", "08:15", _("every working day at that time of yours")),
            Example("off", "关闭", _("none any more")),
        ),
    ),
    "/loan-team": Usage(
        about=_("Who is at the desk, and when they work."),
        forms=(
            _("add @who <role> [#channel] [team]"),
            _("remove @who to @whom"),
            _("away @who until <date> [cover @whom]"),
            _("back @who"),
            _("hours @who 09:00-18:00 [mon-sat]"),
            _("calendar <date> work|off [name]"),
        ),
        examples=(
            Example("add @wang agent", "添加 @wang 客户经理", _("a new member, or another role for one")),
            Example(
                "away @wang until dec 5 cover @lin",
                "请假 @wang 到12月5日 代班 @lin",
                _("until that day; the cover acts"),
            ),
            Example("hours @wang 09:00-18:00 mon-sat", "工时 @wang 09:00-18:00 周一到周六", _("when somebody works")),
            Example("calendar dec 25 off Christmas", "日历 12月25日 休息 圣诞节", _("a day on which nobody works")),
        ),
        words=VOCABULARY.roles,
    ),
}
"""The usage of each command."""


def usage(t: Translator, command: str) -> Message:
    """Render the answer to a command's `help`, and to a command typed without what it needs."""
    writer = Writer()
    write_usage(t, writer, command)
    return writer.message()


def write_usage(t: Translator, writer: Writer, command: str) -> None:
    """Write how `command` is typed."""
    told = USAGES[command]
    writer.line(Bold(command), " – ", t(told.about))
    writer.bullets([Code(f"{command} {t(form)}")] for form in told.forms)
    writer.line(t("For example:"))
    writer.bullets(
        [Code(f"{command} {example.zh if t.language == 'zh' else example.en}".rstrip()), " – ", t(example.does)]
        for example in told.examples
    )
    if told.words:
        writer.small(_words(t, told.words))


def _words(t: Translator, words: Sequence[Word]) -> str:
    return t("Words: {words}", words=" · ".join(word.word(t.language) for word in words))

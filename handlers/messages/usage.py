"""How each command is typed: its forms, and examples that work as written."""

from desk.core.dataclass import dataclass
from desk.core.vocabulary import Word
from handlers.messages.block_kit.message import Bold, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


@dataclass(frozen=True, slots=True)
class Example:
    """What follows the command in each language, and what that line does."""

    en: str
    zh: str
    does: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command is for, its forms, and examples. `words` are the words that its line may contain."""

    command: str
    about: str
    forms: tuple[str, ...]
    examples: tuple[Example, ...]
    words: tuple[Word, ...] = ()


def usage(t: Translator, usage: Usage) -> Message:
    """Return the answer to a command's `help`, and to one typed alone that needs more."""
    writer = Writer()
    write_usage(t, writer, usage)
    return writer.message()


def write_usage(t: Translator, writer: Writer, usage: Usage) -> None:
    """Write how a command is typed."""
    command = usage.command
    writer.line(Bold(command), " – ", t(usage.about))
    writer.bullets([Code(f"{command} {t(form)}")] for form in usage.forms)
    writer.line(t("For example:"))
    writer.bullets(
        [Code(f"{command} {example.zh if t.language == 'zh' else example.en}".rstrip()), " – ", t(example.does)]
        for example in usage.examples
    )
    if usage.words:
        writer.small(t("Words: {words}", words=" · ".join(word.word(t.language) for word in usage.words)))

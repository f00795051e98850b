"""The only list of the languages in which people read the desk."""

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language. Tables and `desk/data` use `code`; `name` is in the language itself; Slack and settings use `locale`.

    `catalogue` is its name in CLDR and its folder in `handlers/locale`. Untranslated text is shown in the language
    `fallback`, or as written in the code (None).
    """

    code: str
    name: str
    locale: str
    catalogue: str
    fallback: str | None


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("zh", "中文", "zh-CN", "zh_Hans_CN", fallback="en"),
        Language("en", "English", "en-US", "en", fallback=None),
    )
}

_OTHERWISE = LANGUAGES["en"]


def language_of(locale: str) -> Language:
    """Return the language of a locale (`zh-CN`, `zh_Hans_CN`, `zh`); English for a language that is not listed."""
    return LANGUAGES.get(locale.replace("_", "-").partition("-")[0].lower(), _OTHERWISE)


def is_listed(locale: str) -> bool:
    """Return whether the desk is available in the language of this locale."""
    return locale.replace("_", "-").partition("-")[0].lower() in LANGUAGES


def translated_languages() -> list[Language]:
    """Return the languages that need a catalogue: all but the language of the code."""
    return [language for language in LANGUAGES.values() if language.fallback is not None]

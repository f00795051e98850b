"""The languages in which people read the desk: the only list of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `code` is what the tables and `desk/data` use, `name` is its name in the language itself.

    `locale` is how Slack and the settings write it, `catalogue` the folder of its texts in `handlers/locale` and its name
    in CLDR. A text or word without a translation is shown in the language `fallback`; None: the texts in the code.
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
    """Return whether people can read the desk in the language of this locale."""
    return locale.replace("_", "-").partition("-")[0].lower() in LANGUAGES


def translated_languages() -> list[Language]:
    """Return the languages that need a catalogue: all but the one in which the code is written."""
    return [language for language in LANGUAGES.values() if language.fallback is not None]

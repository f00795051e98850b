"""What a file did, as counts and sums in words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from desk.importing.column_counts import ColumnCounts
from handlers.messages.block_kit.translator import Translator, _

_FOLLOWED = {"planned": _("follow-ups planned"), "closed": _("follow-ups closed")}

_OF_THE_PAST = {"new": _("new"), "same": _("unchanged"), "refused": _("refused")}

COUNTED: Mapping[str, Mapping[str, str]] = {
    "loans": {
        "new": _("new"),
        "changed": _("changed"),
        "taken_over": _("taken over"),
        "same": _("unchanged"),
        "refused": _("refused"),
        **_FOLLOWED,
        "passed_on": _("follow-ups given to a new owner"),
    },
    "payments": {
        "new": _("new"),
        "matched": _("matched with what was recorded here"),
        "reversed": _("reversed"),
        "same": _("unchanged"),
        "settled": _("paid before the schedule came"),
        "refused": _("refused"),
        **_FOLLOWED,
    },
    "calls": _OF_THE_PAST,
    "notes": _OF_THE_PAST,
    "follow_ups": _OF_THE_PAST,
    "schedules": {
        "new": _("new"),
        "replaced": _("replaced"),
        "same": _("unchanged"),
        "instalments": _("instalments"),
        "refused": _("refused rows"),
        **_FOLLOWED,
    },
}
"""The words for each count of a kind of file, by its code, in the order in which they are shown."""


_KINDS: Mapping[str, str] = {
    "loans": _("Loans"),
    "payments": _("Payments"),
    "schedules": _("Schedules"),
    "calls": _("Past calls"),
    "notes": _("Notes"),
    "follow_ups": _("Planned follow-ups"),
}


def kind_in_words(t: Translator, kind: str) -> str:
    """Return what the rows of a file are."""
    return t(_KINDS[kind])


def counts_in_words(t: Translator, kind: str, counts: Mapping[str, int], *, zeros: bool = True) -> str:
    """Return the counts of a file: `new 12 · unchanged 3`. Without `zeros`, those that are 0 are left out."""
    shown = ((words, counts.get(code, 0)) for code, words in COUNTED[kind].items())
    return " · ".join(f"{t(words)} {count}" for words, count in shown if zeros or count)


def effect_in_words(t: Translator, kind: str, effect: str) -> str:
    """Return what became of a row."""
    return t(COUNTED[kind][effect])


def sums_in_words(t: Translator, sums: Mapping[str, Decimal]) -> Sequence[str]:
    """Return the sums of a file, one for each currency."""
    return [sum_in_words(t, total, currency) for currency, total in sorted(sums.items())]


def sum_in_words(t: Translator, total: Decimal, currency: str) -> str:
    """Return what the rows of a file come to in a currency."""
    return t("Sum: {amount}", amount=t.money(total, currency))


def cells_in_words(t: Translator, counts: ColumnCounts) -> str:
    """Return what would become of the cells of a column."""
    return t(
        "Column {heading}: new {new} · changed {changed} · unchanged {same} · refused {refused}",
        heading=counts.heading,
        new=counts.new,
        changed=counts.changed,
        same=counts.same,
        refused=counts.refused,
    )


def cells_in_short(t: Translator, counts: ColumnCounts) -> str:
    """Return what would become of the cells of a column, without what none would: `new 2 · refused 1`."""
    named = (
        (t("new"), counts.new),
        (t("changed"), counts.changed),
        (t("unchanged"), counts.same),
        (t("refused"), counts.refused),
    )
    return " · ".join(f"{words} {count}" for words, count in named if count) or t("empty")

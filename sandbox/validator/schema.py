"""Building blocks for the rules of Block Kit.

A `Check` takes a value and its JSON pointer and reports what is wrong with it. Lengths are counted in UTF-16 code units:
Slack doesn't document its unit, and this is the strictest.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]


@dataclass(slots=True)
class Report:
    """The problems found so far in a payload, and counts over all its blocks.

    `scopes` are the scopes of the app that sends it.
    """

    surface: Surface = "message"
    scopes: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)
    action_ids: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def fail(self, at: str, why: str) -> None:
        self.problems.append(f"[ERROR] {why} [json-pointer:{at}]")

    def count(self, what: str, amount: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + amount


Check = Callable[[Any, str, Report], None]


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def string(least: int = 1, most: int = 3000, *, test: Callable[[str], bool] | None = None, what: str = "") -> Check:
    """Check for a text of `least` to `most` units that passes `test`; otherwise it is reported as not being `what`."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.fail(at, "must be a string")
        elif units(value) < least:
            report.fail(at, f"must be more than {least - 1} characters")
        elif units(value) > most:
            report.fail(at, f"must be less than {most + 1} characters")
        elif test is not None and not test(value):
            report.fail(at, f"must be {what}")

    return check


def integer(least: int = 0, most: int = 2**31) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.fail(at, "must be an integer")
        elif not least <= value <= most:
            report.fail(at, f"must be between {least} and {most}")

    return check


def number(*, above: float | None = None) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            report.fail(at, "must be a number")
        elif above is not None and value <= above:
            report.fail(at, f"must be greater than {above:g}")

    return check


def boolean(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.fail(at, "must be true or false")


def one_of(*choices: str) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if value not in choices:
            report.fail(at, f"must be one of {', '.join(choices)}")

    return check


def array(item: Check, least: int = 1, most: int = 100) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.fail(at, "must be an array")
            return
        if len(value) < least:
            report.fail(at, f"no fewer than {least} items allowed")
        if len(value) > most:
            report.fail(at, f"no more than {most} items allowed")
        for index, one in enumerate(value):
            item(one, f"{at}/{index}", report)

    return check


def fields(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    *,
    exactly_one: Collection[str] = (),
    at_least_one: Collection[str] = (),
    then: Check | None = None,
) -> Check:
    """Check for an object with these fields and no others. `then` checks the whole object once its fields are valid."""
    must = dict(required or {})
    known = {**must, **(optional or {})}

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.fail(at, "must be an object")
            return
        before = len(report.problems)
        for name in must.keys() - value.keys():
            report.fail(at, f"missing required field: {name}")
        for name, content in value.items():
            if name in known:
                known[name](content, f"{at}/{name}", report)
            else:
                report.fail(f"{at}/{name}", f"unknown field: {name}")
        if exactly_one and sum(name in value for name in exactly_one) != 1:
            report.fail(at, f"must have exactly one of {', '.join(exactly_one)}")
        if at_least_one and not any(name in value for name in at_least_one):
            report.fail(at, f"must have at least one of {', '.join(at_least_one)}")
        if then is not None and len(report.problems) == before:
            then(value, at, report)

    return check


def tagged(kinds: Mapping[str, Check], what: str, *, among: Collection[str] | None = None) -> Check:
    """Check for an object whose `type` selects the check; `among` limits the types that are allowed here."""

    def check(value: Any, at: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            report.fail(at, f"must be {what} with a type")
        elif kind not in kinds:
            report.fail(f"{at}/type", f"unsupported type: {kind}")
        elif among is not None and kind not in among:
            report.fail(f"{at}/type", f"{kind} is not allowed here as {what}")
        else:
            kinds[kind](value, at, report)

    return check


def anything(_value: Any, _at: str, _report: Report) -> None:
    """Accept any value; the field is checked elsewhere."""

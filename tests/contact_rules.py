"""Write the tables of contact rules and states into the docs: `python -m tests.contact_rules`."""

from pathlib import Path

from desk.rules.contact_packs import KIND_NAMES, PACKS, STATES, Audience, Bar, Cap, Duty, Gap, Keep, Pack, Rule, Window

DOCS = Path(__file__).parents[1] / "docs" / "contact-rules.md"

BEGIN, END = "<!-- contact rules: begin -->", "<!-- contact rules: end -->"


def tables() -> str:
    """Return the tables of all packs and of the states."""
    return "\n\n".join([*map(_pack, PACKS.values()), _states()])


def _pack(pack: Pack) -> str:
    binds = {None: "everyone who calls", "own": "a lender's own callers", "outside": "outside collectors"}[pack.role]
    about = [f"place `{pack.place}`", f"version {pack.version}", f"read on {pack.read_on}", f"binds {binds}"]
    about += ["advice for a lender's own callers"] if pack.advice else []
    about += ["once an account is in collection"] if pack.stage == "in_collection" else []
    about += [f"from {pack.from_on}"] if pack.from_on else []
    rows = ["| rule | kind | says | values | effect | force | source | mark |", "|---|---|---|---|---|---|---|---|"]
    rows += [
        f"| {rule.id} | {KIND_NAMES[type(rule)]} | {rule.en} | {_values(rule)} | {rule.effect} | {rule.force} "
        f"| {rule.source} | {rule.mark} |"
        for rule in pack.rules
    ]
    return f"### `{pack.code}` {pack.en} {pack.zh}\n\n{'; '.join(about)}.\n\n" + "\n".join(rows)


def _values(rule: Rule) -> str:
    match rule:
        case Window(start=start, end=end, days=days) if start is not None and end is not None:
            return f"{days} {start:%H:%M}–{end:%H:%M}"
        case Window(days=days):
            return f"none on {days}"
        case Cap():
            return f"{rule.max} × {rule.count} per {rule.per} in {rule.n} {rule.unit}"
        case Gap():
            return f"{rule.days} days after {rule.after}"
        case Bar():
            return ", ".join(rule.flags)
        case Audience():
            return f"{', '.join(rule.audience)}: {rule.purpose}"
        case Duty():
            return rule.do
        case Keep():
            then = f", deleted after {rule.delete_after_years}" if rule.delete_after_years else ""
            return f"{rule.what}: {rule.years} years from {rule.since}{then}"
        case _:
            return ""


def _states() -> str:
    rows = ["### States", "", "| state | 中文 | of | set by | effect | means |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {state.en} | {state.zh} | {state.of} | {state.set_by} | {state.effect if state.bars else '-'} | {state.says_en} |"
        for state in STATES.values()
    ]
    return "\n".join(rows)


def with_tables(text: str) -> str:
    """Return the page with the present tables."""
    before, _begin, rest = text.partition(BEGIN)
    _tables, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    DOCS.write_text(with_tables(DOCS.read_text("utf-8")), "utf-8")

"""The form for which contact rules bind: the workspace, a team or one loan."""

from uuid import UUID

from desk.follow_ups.contact_choosing import choice_to_change, choose, teams_to_choose_for
from desk.rules.contact_packs import PACKS, RULES, Duty, Keep, Role
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.contact import contact_rules_chosen

_WORKSPACE = "workspace"


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the packs and their role. `loan` in `private` is the id of a loan; without it the form asks for whom they are."""
    t, loan_id = request.t, _loan(private)
    whose = str(typed.get("whose", _WORKSPACE))
    found = await choice_to_change(request.desk, _team(whose), loan_id)
    chosen = found.chosen
    given = private.get("of") == whose or "of" not in private
    present: dict[str, str | tuple[str, ...]] = {"whose": whose, "role": chosen.role if chosen else "own"}
    if chosen is not None:
        present |= {"packs": chosen.packs, "raised": tuple(chosen.raised)}
    values = {**present, **typed} if given else present
    form = FormWriter(t, {**private, "v": found.number, "of": whose}, values)
    if loan_id is None:
        teams = [Option(name, str(team_id)) for team_id, name in await teams_to_choose_for(request.desk)]
        form.choice("whose", t("For"), [Option(t("the whole workspace"), _WORKSPACE), *teams], live=True)
    else:
        form.line(t("Rules of {loan} alone, in place of the workspace's.", loan=found.name))
    packs = [Option(pack.word(t.language), code) for code, pack in PACKS.items()]
    form.several(
        "packs", t("Rules that bind"), packs, optional=True, hint=t("None: only the workspace's contact hours.")
    )
    form.choice(
        "role", t("You call"), [Option(t("for your own loans"), "own"), Option(t("as an outside collector"), "outside")]
    )
    if loan_id is None:
        form.several(
            "raised",
            t("Refuse, where the rule only warns"),
            _warning(t),
            optional=True,
            hint=t("No rule can be made weaker."),
        )
    form.small(t("This is no legal advice: have your compliance officer confirm each pack."))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Choose the packs."""
    private = request.private
    role: Role = "outside" if request.one("role") == "outside" else "own"
    result = await choose(
        request.desk,
        request.several("packs"),
        role=role,
        raised=request.several("raised"),
        team_id=_team(request.one("whose") or _WORKSPACE),
        loan_id=_loan(private),
        number=private["v"],
    )
    return contact_rules_chosen(request.t, result)


def _warning(t: Translator) -> list[Option]:
    """Return the rules that only warn."""
    rules = ((pack, rule) for pack, rule in RULES.values() if not isinstance(rule, Duty | Keep))
    return [
        Option(f"{rule.id} {rule.text(t.language)}", rule.id)
        for pack, rule in rules
        if rule.effect == "warn" or pack.advice
    ]


def _team(whose: str) -> UUID | None:
    return None if whose == _WORKSPACE else UUID(whose)


def _loan(private: Private) -> UUID | None:
    return UUID(private["loan"]) if "loan" in private else None


FORM = Form(
    name="contact_rules",
    right="choose_contact_rules",
    title=_("Contact rules"),
    build=build,
    submit=submit,
    main="packs",
    fields={"unknown_rule": "raised"},
    keeps_drafts=False,
)
"""Which contact rules bind."""

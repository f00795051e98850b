"""Who may do what: each role and each act, as the table of rights says, and no act that nothing asks for."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import desk
from desk.core import permissions
from desk.core.errors import NotAllowed
from desk.core.permissions import RULES, Relation
from desk.core.transaction import Office
from storage.engine.types import new_id
from storage.tables import Member, Workspace
from tests.builders import make_member
from tests.permissions import in_doc, table

ROLES = ("agent", "verifier", "collector", "manager", "compliance", "admin")

# y: on anything; r: on what they relate to as the words behind say; -: never
RIGHTS = """
see_team               y y y y y y
see_team_digest        - - - y - -
see_figures            - - - r - -  managed
see_audit              - - - r y -  own managed unowned
export_case            - - - r y -  own managed unowned
export_person          - - - - y -
export_list            y y y y y -
export_in_full         - - - y y -
log_call               y y y y - -
answer_follow_up       r r r r r r  own loan covered managed taken
export_proof           - - - - y -
take_next_call         y y y y - -
import_file            - - - y - y
see_refused_rows       - - - y - -
add_to_call            r r r r - -  own
correct_call           r r r y - -  recent
assign_phone_call      r r r y - -  own
see_playbook           y y y y y -
play_recording         r r r r y -  own loan managed
see_listeners          - - - y y -
move_recording         r r r r - -  own loan managed
discard_recording      - - - r - -  managed
edit_playbook          - - - y - y
change_cadence         - - - y - y
choose_contact_rules   - - - y y y
enter_contact_state    y y y y y -
enter_contact          y y y y - -
explain_contact        y y y y - -
override_contact       - - - y - -
book_appointment       y y y y - -
change_appointment     r r r r - -  own loan covered managed
enter_step             y - y y - -
change_step            r r r r - -  own loan covered managed
add_note               y y y y - -
edit_people            y y y y - -
correct_note           r r r y - -  recent
plan_offered           y y y y - -
plan_follow_up         y y y y - -
close_follow_up        r r r r r r  own loan covered managed taken
move_follow_up         r r r r r r  own loan covered managed taken
move_calls             - - - r - y  own managed
fit_follow_up          r r r r - -  own loan covered managed
decide_check           - - - y - -
raise_escalation       y y y y - -
take_escalation        - - - y - y
snooze                 r r r r r r  own loan covered managed
hand_to_manager        r r r r r r  own loan covered managed
request_documents      y y y y - -
change_documents       y y y y - -
send_file              y y y y - -
open_file              y y y y y -
record_payment         y y y y - -
reverse_payment        r r r y - -  recent
change_schedule        y - y y - -
pause_repayment        y - y y - -
open_inquiry           y y y y - -
change_stage           y y y y - -
change_stage_rules     - - - y - y
change_compliance      - - - - y y
keep_holds             - - - - y -
change_retention       - - - - y -
write_off              - - - y - -
undo                   r r r r r r  own
change_own_settings    r r r r r r  own
set_absence            r r r r r y  own managed
set_hours              r r r r r y  own managed
add_member             - - - r - y  own managed
remove_member          - - - r - y  own managed
change_admin_roles     - - - - - y
answer_access_request  - - - y - y
manage_teams           - - - - - y
set_day                - - - y - y
change_workspace       - - - - - y
enter_request          y y y y y -
answer_request         - - - - y -
erase_person           - - - - y -
manage_demo            - - - y - y
read_loans             - - - - - -
read_personal_data     - - - - - -
report_loans           - - - - - -
report_payments        - - - - - -
read_follow_ups        - - - - - -
read_calls             - - - - - -
read_promises          - - - - - -
read_documents         - - - - - -
report_events          - - - - - -
read_webhooks          - - - - - -
export_by_program      - - - - - -
report_calls           - - - - - -
"""
BY_ACT = {line.split()[0]: line.split()[1:] for line in RIGHTS.strip().splitlines()}
ASKS = {
    "require",
    "require_role",
    "require_responsible",
    "allows",
    "refusal",
    "may_act",
    "require_may_act",
    "_meant",
    "_require_may_manage",
    "_require_manages",
    "require_may_staff",
}


def with_role(role: str) -> Member:
    return Member(roles=role, slack_user_id="UX", name="X", name_key="x", zone="Asia/Shanghai", locale="en-US")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_the_table_says(role: str) -> None:
    member = with_role(role)
    for act, rights in BY_ACT.items():
        right = rights[ROLES.index(role)]
        assert permissions.allows(member, act) == (right == "y"), act
        allowed = {relation for relation in get_args(Relation) if permissions.allows(member, act, {relation})}
        assert allowed == {"y": set(get_args(Relation)), "r": set(rights[len(ROLES) :]), "-": set()}[right], act


@pytest.mark.parametrize(
    ("role", "relations"),
    [
        ("agent", {"own"}),
        ("agent", {"own", "unowned"}),
        ("agent", {"unowned"}),
        ("compliance", {"own"}),
        ("manager", set[Relation]()),
    ],
)
def test_a_loan_is_corrected_by_its_owner_and_by_a_manager(role: str, relations: set[Relation]) -> None:
    assert permissions.allows(with_role(role), "edit_loan", relations)


@pytest.mark.parametrize(
    ("act", "role", "relations"),
    [
        ("reassign", "agent", {"own", "unowned"}),
        ("reassign", "manager", {"own", "unowned", "managed"}),
        ("reassign", "compliance", set[Relation]()),
        ("reassign", "admin", set[Relation]()),
        ("reassign_all", "agent", set[Relation]()),
        ("reassign_all", "manager", {"managed"}),
        ("reassign_all", "admin", set(get_args(Relation))),
    ],
)
def test_loans_are_given_away_by_their_owner_and_those_who_manage_the_owner(
    act: str, role: str, relations: set[Relation]
) -> None:
    may = {relation for relation in get_args(Relation) if permissions.allows(with_role(role), act, {relation})}
    assert may == relations


@pytest.mark.parametrize("role", ["compliance", "agent", "admin"])
def test_a_loan_of_another_is_not_corrected(role: str) -> None:
    assert not permissions.allows(with_role(role), "edit_loan", {"team", "held", "covered"})
    assert permissions.refusal("edit_loan", who=("U1",)).code == "others_may_act"


def test_a_loan_without_an_owner_is_corrected_by_those_who_make_calls() -> None:
    refused = permissions.refusal("edit_loan", {"unowned"})

    assert not permissions.allows(with_role("compliance"), "edit_loan", {"unowned"})
    assert (refused.code, refused.params) == ("role_missing", {"roles": permissions.CALLERS})


def test_the_matrix_has_every_act() -> None:
    assert {*BY_ACT, "edit_loan", "reassign", "reassign_all", *SIGHTS} == set(RULES)


SIGHTS = ("see_loan", "see_due_list")


OF_SCOPES = {
    "see_loan": {"loans:read", "loans:write", "payments:write", "calls:write", "exports:read"},
    "export_list": {"exports:read"},
    "export_in_full": {"personal:read"},
    "read_loans": {"loans:read"},
    "read_personal_data": {"personal:read"},
    "report_loans": {"loans:write"},
    "report_payments": {"payments:write"},
    "read_follow_ups": {"follow_ups:read"},
    "read_calls": {"calls:read"},
    "read_promises": {"promises:read"},
    "read_documents": {"documents:read"},
    "report_events": {"loans:write", "payments:write", "calls:write"},
    "read_webhooks": {"webhooks:read"},
    "export_by_program": {"exports:read"},
    "report_calls": {"calls:write"},
}


@pytest.mark.parametrize("scope", permissions.SCOPES)
def test_a_program_may_do_what_its_scopes_allow_and_nothing_that_every_person_may(scope: str) -> None:
    program = with_role(scope)
    program.kind = permissions.SERVICE

    may = {act for act in RULES if permissions.allows(program, act, get_args(Relation))}

    assert may == {act for act, scopes in OF_SCOPES.items() if scope in scopes}
    assert not permissions.makes_calls(program)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", SIGHTS)
def test_each_role_sees_what_it_needs(act: str, role: str) -> None:
    by_role: dict[str, set[Relation]] = {
        "manager": {"team", "managed"},
        "admin": set(),
    }
    always: set[Relation] = {"covered"}
    if act == "see_loan":
        always |= {"own", "held", "escalated"}
    seen = {relation for relation in get_args(Relation) if permissions.allows(with_role(role), act, {relation})}
    if role == "compliance":
        assert seen == set(get_args(Relation))
        return
    of_role = by_role.get(role, {"team"})
    if act == "see_loan" and of_role:
        of_role = of_role | {"unowned"}
    assert seen == always | of_role


@pytest.mark.parametrize(
    ("roles", "sight"),
    [
        ("agent", "team"),
        ("collector verifier", "team"),
        ("manager", "managed"),
        ("manager admin", "managed"),
        ("compliance", "all"),
        ("admin", "held"),
    ],
)
def test_what_a_member_sees_without_acting_for_others(roles: str, sight: str) -> None:
    assert permissions.sight_of(with_role(roles), Workspace(slack_team_id="T1")) == sight
    widest = "all" if "manager" in roles else sight
    assert permissions.sight_of(with_role(roles), Workspace(slack_team_id="T1", managers_see_all=True)) == widest
    in_team = with_role(roles)
    in_team.team_id = new_id()
    assert permissions.sight_of(in_team, Workspace(slack_team_id="T1")) == {"team": "team_only"}.get(sight, sight)
    assert permissions.sight_of(in_team, Workspace(slack_team_id="T1", callers_see_unowned=True)) == sight


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_never_do_an_act_is_told_which_roles_may(office: Office, workspace: Workspace, role: str) -> None:
    member = await make_member(office, workspace, "UX", roles=role)
    async with office.reading_desk(workspace, member) as here:
        for act, rights in BY_ACT.items():
            if rights[ROLES.index(role)] != "-":
                assert permissions.require_role(here, act) is member
                continue
            with pytest.raises(NotAllowed) as refused:
                permissions.require_role(here, act)
            may = {each for each, right in zip(ROLES, rights, strict=False) if right != "-"}
            assert (refused.value.code, set(refused.value.params["roles"])) == ("role_missing", may)


async def test_a_person_who_is_no_member_may_do_nothing(office: Office, workspace: Workspace) -> None:
    async with office.reading_desk(workspace) as here:
        for act in RULES:
            with pytest.raises(NotAllowed, match="not_a_member"):
                permissions.require(here, act, get_args(Relation))


def asked_acts() -> set[str]:
    """The acts that the use cases name where they ask for a right."""
    root = Path(desk.__path__[0]).parent
    texts = [path.read_text("utf-8") for room in ("desk", "handlers", "bot") for path in (root / room).rglob("*.py")]
    asking_files = [text for text in texts if "permissions import" in text or "may_act" in text or "def allows" in text]
    calls = [node for text in asking_files for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    asking = [call for call in calls if _name(call.func) in ASKS and call.args]
    words = [node for call in asking for arg in _act_of(call) for node in ast.walk(arg)]
    return {n.value for n in words if isinstance(n, ast.Constant) and isinstance(n.value, str)} - {"written_off"}


def _act_of(call: ast.Call) -> list[ast.expr]:
    """The argument that names the act: the first of `refusal`, the second of what asks for a member's right."""
    return call.args[:1] if _name(call.func) == "refusal" else call.args[1:2] or call.args


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_act_is_asked_for_by_a_use_case_and_every_use_case_asks_for_an_act() -> None:
    assert asked_acts() == set(RULES)


def test_the_docs_show_the_rights_as_they_are() -> None:
    assert in_doc() == table(), "docs/security.md is out of date: run `python -m tests.permissions`"

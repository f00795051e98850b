"""What each form and button of the desk carries for the loan of a world, as it could be sent."""

from typing import Any

from storage.engine.types import new_id
from tests.wire.worlds import World

_COMPUTED = {
    "amount": "1000",
    "basis": "year",
    "method": "flat",
    "day_count": "thirty_360",
    "shift": "none",
    "counting": "counted",
}

_OWN = {
    "language": "",
    "digest": "08:30",
    "channel": "",
    "start": "09:00",
    "end": "18:00",
    "days": "01234",
    "since": "",
    "until": "",
    "cover": "",
}


def form_of(world: World, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the form carries and what is filled in, as it could be sent. KeyError: add the new form."""
    team = str(world.slack.team.id)
    next_step = {"c": str(world.call.id), "l": str(world.loan.id), "p": "documents", "u": str(new_id())}
    next_step |= {"n": str(world.loan.next_follow_up_number)}
    language = {"language": "en-US", "country": "CN", "zone": "Asia/Shanghai", "from": "08:00", "until": "21:00"}
    forms: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "call": ({}, {"loan": "L-1", "outcome": "reached"}),
        "correct_call": ({"c": str(world.call.id), "v": 1}, {"outcome": "busy"}),
        "check": (
            {"seen": {"2": [str(world.check.follow_up_id), 1]}, "of_check": "identity"},
            {"loan": "L-1", "follow_up": "2", "result": "confirmed"},
        ),
        "decide_check": ({"k": str(world.check.id), "v": 1}, {"decision": "go_on", "reason": "Seen in person"}),
        "part_payment": ({"c": str(world.call.id), "u": str(new_id())}, {"next": "fri"}),
        "next_call": (next_step, {"at": "1795900000"}),
        "next_step": (next_step, {"at": "1795900000"}),
        "snooze": ({"f": str(world.follow_up.id), "v": world.follow_up.version}, {"at": "1795900000"}),
        "stage": ({}, {"loan": "L-1", "stage": "approved"}),
        "compliance": ({"v": 0}, {"limit_agent": "40"}),
        "proof": ({}, {"month": "2026-10", "language": "en", "ending": "csv"}),
        "stage_rules": ({"v": 0}, {"required": ("amount",), "checks_a_day": "12"}),
        "documents": ({}, {"loan": "L-1", "rest": ("id",)}),
        "arrival": ({}, {"loan": "L-1", "rest": ("contract",), "by": "fri"}),
        "file": ({}, {"loan": "L-1", "document": "id", "files": ("F0123",)}),
        "rejection": ({}, {"loan": "L-1", "document": "id", "reason": "Blurred"}),
        "follow_up": ({}, {"loan": "L-1", "due": "tomorrow 3pm"}),
        "move": ({}, {"loan": "L-1", "follow_up": "1", "due": "tomorrow 3pm"}),
        "move_calls": ({}, {"who": "UAGENT", "day": "2026-11-25", "days": "3"}),
        "inquiry": ({}, {"name": "New One", "phone": "13800138999"}),
        "edit": ({}, {"loan": "L-1", "name": "Another"}),
        "terms": ({"of": "L-1"}, {"loan": "L-1", "term": "36"}),
        "vehicle": ({"of": "L-1"}, {"loan": "L-1", "make": "BYD"}),
        "person": ({}, {"loan": "L-1", "role": "spouse", "name": "韩梅梅"}),
        "change_person": ({"p": str(world.person.id), "v": 1, "n": 0}, {"role": "spouse", "name": "韩梅"}),
        "find": ({}, {"loan": "L-1"}),
        "member": ({}, {"who": "USTRANGER", "roles": ("agent",)}),
        "leaver": ({}, {"who": "UOTHER", "to": "UAGENT"}),
        "appointment": ({}, {"loan": "L-1", "kind": "signing", "due": "fri 15:00", "minutes": "60"}),
        "collection_step": ({}, {"loan": "L-1", "kind": "visit", "state": "planned", "day": "2026-11-27"}),
        "move_step": ({"s": str(world.step.id), "v": 1}, {"day": "2026-11-30"}),
        "move_appointment": ({"a": str(world.appointment.id), "v": 1}, {"due": "fri 17:00"}),
        "escalation": ({}, {"loan": "L-1", "kind": "upset", "note": "Shouts"}),
        "resolve_escalation": ({"e": str(world.escalation.id), "v": 1}, {"note": "Called back"}),
        "edit_playbook": ({"c": "identity", "v": 0}, {"questions_en": "Name?", "questions_zh": "姓名？"}),
        "payment": ({}, {"loan": "L-1", "day": "2026-11-25", "amount": "100"}),
        "schedule": ({}, {"loan": "L-1", "rows": "2026-12-10 100"}),
        "computed_schedule": ({}, {"loan": "L-1", "rate": "5", "months": "2", "first": "2026-12-10", **_COMPUTED}),
        "pause": (
            {},
            {"loan": "L-1", "kind": "hardship", "start": "2026-11-25", "end": "2026-12-25", "reason": "ill"},
        ),
        "note": ({}, {"loan": "L-1", "note": "Asks for a letter"}),
        "cadence": (
            {"v": world.slack.workspace.version},
            {"rule": "inquiry", "inquiry_enabled": "on", "inquiry_working_hours": "3"},
        ),
        "contact_reason": ({"loan": str(world.loan.id)}, {"reason": "Agreed by letter"}),
        "contact_state": ({}, {"loan": "L-1", "state": "hardship"}),
        "contact_consent": ({}, {"loan": "L-1", "kind": "calls", "form": "oral"}),
        "contact_rules": ({"v": 0, "of": "workspace"}, {"whose": "workspace", "packs": ("CN",), "role": "own"}),
        "arrears_scale": (
            {"v": world.slack.workspace.version},
            {"scale": "thirties", "percent": "90", "patience": "5"},
        ),
        "quiet": ({}, {"loan": "L-1", "until": "2026-12-24", "why": "Abroad"}),
        "correct_note": ({"m": str(world.note.id), "v": 1}, {"note": "Asks for two letters"}),
        "reassign": ({}, {"loans": ("L-1",), "how": "one", "to": "UOTHER"}),
        "settings": ({"was": _OWN}, {**_OWN, "days": tuple("01234"), "digest": "09:00"}),
        "team": (
            {"was": {"team": team, "managers": ["UMANAGER"], "channel": "", "language": "", "admins": ["UADMIN"]}},
            {"managers": ("UMANAGER", "UOTHER"), "admins": ("UADMIN",)},
        ),
        "managers": ({}, {"managers": ("USTRANGER",)}),
        "workspace": ({"was": language}, {**language, "until": "20:00"}),
    }
    return forms[name]


def presses_of(world: World) -> dict[str, tuple[str | None, dict[str, Any]]]:
    """Return the right that each button needs (None: every member's) and what it carries for this loan."""
    loan, call = {"l": str(world.loan.id)}, {"c": str(world.call.id), "u": str(new_id())}
    follow_up = {"f": str(world.follow_up.id), "v": world.follow_up.version}
    item = {"i": str(world.item.id), "v": world.item.version}
    offer = {"o": "2026-11-26", "a": None, "p": "documents", "n": world.loan.next_follow_up_number}
    agent, request = str(world.slack.agent.id), {"r": str(world.request.id)}
    return {
        "call.log": ("log_call", {**follow_up, "o": "reached"}),
        "contact.show": (None, loan),
        "contact.end_state": ("enter_contact_state", {"s": str(new_id()), "v": 1}),
        "contact.withdraw": ("enter_contact_state", {"k": str(new_id()), "v": 1}),
        "call.again": ("add_to_call", {**call, "k": 1}),
        "call.answer_other": ("add_to_call", {**call, **follow_up, "k": 1}),
        "call.next": ("add_to_call", {**call, **offer}),
        "call.nothing_needed": ("add_to_call", call),
        "call.whole": ("add_to_call", call),
        "call.part": ("add_to_call", {**call, **offer}),
        "line.choose": (None, {"d": str(new_id()), "c": "L-1"}),
        "line.send": (None, {"d": str(new_id())}),
        "line.complete": (None, {"d": str(new_id()), "c": 0}),
        "stage.write_off": ("write_off", {"d": str(new_id())}),
        "stage.move": ("change_stage", {"d": str(new_id())}),
        "stage.leave": (None, {}),
        "bot.asked": (None, {}),
        "bot.sent_files": ("send_file", {"files": [{"id": "F0123"}]}),
        "home.opened": (None, {}),
        "home.show": (None, {}),
        "pane.opened": ("see_loan", {**loan, "url": "https://loans.example.com/l/L-1"}),
        "queue.next": ("take_next_call", {"q": "arrears"}),
        "queue.give_back": ("take_next_call", {**loan, "f": 1}),
        "due.list": ("see_due_list", {"p": "week", "w": agent}),
        "due.worked": ("see_due_list", {"of": str(world.slack.manager.id), "d": "2026-11-24"}),
        "audit.list": ("see_audit", loan),
        "figures.show": ("see_figures", {"of": str(world.slack.manager.id), "s": "week"}),
        "figures.list": ("see_figures", {"of": str(world.slack.manager.id), "s": "week", "x": "calls"}),
        "follow_up.not_needed": ("close_follow_up", follow_up),
        "follow_up.another": ("plan_follow_up", {"d": str(new_id())}),
        "reminder.take_up": ("snooze", follow_up),
        "move_calls.carry_out": ("move_calls", {"d": str(new_id()), "m": "-"}),
        "move_calls.leave": (None, {}),
        "follow_up.fit": ("fit_follow_up", {**follow_up, "a": "2026-11-26T02:00:00+00:00"}),
        "reminder.hold": ("snooze", follow_up),
        "reminder.hold_all": (None, {"n": str(new_id())}),
        "reminder.snooze": ("snooze", {**follow_up, "k": "hour"}),
        "reminder.hand_over": ("hand_to_manager", follow_up),
        "card.open": ("see_loan", loan),
        "card.got": ("change_documents", item),
        "card.accept": ("change_documents", item),
        "card.done": ("close_follow_up", follow_up),
        "card.reverse_payment": ("reverse_payment", {"p": str(world.payment.id), "v": 1}),
        "card.end_pause": ("pause_repayment", {"p": str(world.pause.id), "v": 1}),
        "documents.list": ("see_loan", loan),
        "files.open": ("open_file", {"f": str(world.filed.id)}),
        "files.follow": (None, {}),
        "files.take": ("send_file", {"b": str(world.waiting.batch_id)}),
        "files.discard": ("send_file", {"b": str(world.waiting.batch_id)}),
        "documents.waiting": (None, {"s": "open"}),
        "documents.got": ("change_documents", item),
        "documents.accept": ("change_documents", item),
        "loan.card": ("see_loan", loan),
        "loan.show_number": ("see_loan", loan),
        "loan.checks": ("see_loan", loan),
        "loan.pool": ("reassign", {"o": 0}),
        "loan.claim": ("reassign", {**loan, "v": world.loan.version}),
        "loan.mine": (None, {"s": "", "o": 0}),
        "loan.new_anyway": ("open_inquiry", {"d": str(new_id())}),
        "loan.plan_next": ("plan_offered", {**loan, **offer}),
        "loan.nothing_needed": ("plan_offered", loan),
        "step.settle": ("change_step", {"s": str(world.step.id), "v": 1, "to": "done"}),
        "appointment.settle": ("change_appointment", {"a": str(world.appointment.id), "v": 1, "s": "confirmed"}),
        "escalation.take": ("take_escalation", {"e": str(world.escalation.id), "v": 1}),
        "escalation.hand_back": ("take_escalation", {"e": str(world.escalation.id), "v": 1}),
        "appointment.calendar": ("see_loan", {"a": str(world.appointment.id)}),
        "playbook.show": ("see_playbook", {**loan, "p": "documents"}),
        "playbook.list": ("edit_playbook", {}),
        "access.grant": ("answer_access_request", {**request, "role": "agent", "who": "USTRANGER"}),
        "access.decline": ("answer_access_request", request),
        "reassign.confirm": ("reassign_all", {"f": agent, "t": str(world.slack.other.id), "m": "-"}),
        "reassign.carry_out": ("reassign", {"d": str(new_id()), "m": "-"}),
        "reassign.leave": (None, {}),
        "related.list": ("see_loan", loan),
        "related.remove": ("edit_people", {"p": str(world.person.id), "v": world.person.version}),
        "related.show_number": ("see_loan", {"p": str(world.phone.id)}),
        "team.list": (None, {"o": 0}),
        "reassign.list": ("reassign", {"d": str(new_id()), "x": "loans"}),
        "undo.take_back": ("undo", {"u": str(new_id())}),
        "demo.add": ("manage_demo", {}),
        "demo.remove": ("manage_demo", {}),
    }

"""Import every module that registers rules in `desk.core.undo_rules`. A process that runs Undo imports this module."""

# ruff: noqa: F401
# pyright: reportUnusedImport=false

from desk.calls import reported
from desk.cases import exports
from desk.documents import expiries, steps
from desk.files import filing
from desk.follow_ups import (
    calls_after_pickup,
    collection_steps,
    contact_choosing,
    days_off,
    escalation_rules,
    escalations,
    lifecycle,
    ownerless,
    rescheduling,
    rule_changes,
    standing,
    verification_notices,
)
from desk.handover import day_moves, reassigning
from desk.loans import borrowers, edits, inquiries, related, stage_rules, stages, term_rows
from desk.messages import digest_times, held_bundles
from desk.people import calendars, compliance, onboarding, own_settings, staffing, team, working_time
from desk.rights import exports as person_exports

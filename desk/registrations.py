"""Import every module that registers rules in `desk.core.undo_rules`. A process that runs Undo imports this module."""

# ruff: noqa: F401
# pyright: reportUnusedImport=false

from desk.documents import steps
from desk.follow_ups import follow_ups, rescheduling
from desk.handover import reassigning
from desk.loans import borrowers, inquiries
from desk.messages import digest_times, managers
from desk.people import calendars, onboarding, own_settings, team

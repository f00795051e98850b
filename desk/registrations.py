"""Import every module that registers something with `desk.core.undo_rules`, so that Undo knows all tables and acts.

A process that runs Undo imports this module.
"""

from desk.documents import steps
from desk.follow_ups import lifecycle, rescheduling
from desk.handover import reassigning, removing
from desk.loans import borrowers, inquiries
from desk.messages import digest_times, manager_notices
from desk.people import calendars, onboarding, own_settings, team

REGISTERING = (
    borrowers,
    calendars,
    digest_times,
    lifecycle,
    inquiries,
    manager_notices,
    onboarding,
    own_settings,
    reassigning,
    removing,
    rescheduling,
    steps,
    team,
)

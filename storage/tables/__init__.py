"""The tables. Every row has its workspace; instants are UTC; personal data is in `…_cipher` columns.

`storage.engine.cipher.Cipher` encrypts a `…_cipher` value for its table, row and column; it cannot be read elsewhere.
`version` counts the changes of a row, for compare and set. `undone_at` marks a row whose act was undone; the row stays.
"""

from storage.tables.access import AccessRequest
from storage.tables.homes import Home
from storage.tables.loans import Assignment, Borrower, Loan, LoanNote, SearchTerm, StageChange
from storage.tables.notices import AuditEntry, Draft, Notice, NoticeItem, ProcessedDelivery, Undo
from storage.tables.people import CalendarOverride, Member, Team, TeamManager, Workspace
from storage.tables.processes import Process
from storage.tables.work import Call, CallCorrection, DocumentItem, DocumentRequest, DocumentStep, FollowUp

__all__ = [
    "AccessRequest",
    "Assignment",
    "AuditEntry",
    "Borrower",
    "CalendarOverride",
    "Call",
    "CallCorrection",
    "DocumentItem",
    "DocumentRequest",
    "DocumentStep",
    "Draft",
    "FollowUp",
    "Home",
    "Loan",
    "LoanNote",
    "Member",
    "Notice",
    "NoticeItem",
    "Process",
    "ProcessedDelivery",
    "SearchTerm",
    "StageChange",
    "Team",
    "TeamManager",
    "Undo",
    "Workspace",
]

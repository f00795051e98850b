"""The tables. Every row carries its workspace; instants are UTC; personal data stands in `…_cipher` columns.

A `…_cipher` column holds what `storage.engine.cipher.Cipher` made for this table, row and column, and nothing else can read it.
`version` counts the changes of a row, for compare and set.
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

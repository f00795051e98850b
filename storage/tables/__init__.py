# ruff: noqa: F401
# pyright: reportUnusedImport=false
"""The tables. Every row has its workspace; instants are UTC; personal data is in `…_cipher` columns.

`storage.engine.cipher.Cipher` encrypts a `…_cipher` value for its table, row and column; it cannot be read elsewhere.
`version` counts the changes of a row, for compare and set. `undone_at` marks a row whose act was undone; the row stays.
"""

from storage.tables.appointments import Appointment
from storage.tables.audit import AuditChain, AuditEntry, AuditLoan, AuditSegment, ComplianceRules
from storage.tables.cadence import CadenceVersion, DailyLook, QuietPeriod, Replanning
from storage.tables.cases import CaseExport, SigningKey
from storage.tables.checks import Check, StageRules
from storage.tables.contact import (
    CallContact,
    ContactChoice,
    ContactConsent,
    ContactDecision,
    ContactState,
    OtherContact,
)
from storage.tables.core import (
    Draft,
    Process,
    ProcessedDelivery,
    RateLimit,
    Recomputation,
    SetAside,
    Undo,
)
from storage.tables.escalations import Escalation
from storage.tables.exports import ExportedLoan, ListExport
from storage.tables.files import FileLink, SlackUpload, StoredFile
from storage.tables.import_columns import ImportColumn
from storage.tables.imports import FileImport, ImportRefusal
from storage.tables.installations import InstallState, SlackInstallation
from storage.tables.lender import ApiAllowance, ApiAnswer, ApiToken, LenderEvent, LenderEventBatch
from storage.tables.loans import (
    Assignment,
    Borrower,
    Handover,
    ImportedValues,
    Loan,
    LoanCorrection,
    LoanNote,
    SearchTerm,
    StageChange,
)
from storage.tables.messages import DeliveryRound, Home, MemberNews, Notice, NoticeItem, SentMessage
from storage.tables.people import (
    AccessRequest,
    CalendarOverride,
    Member,
    PlannedAbsence,
    Team,
    TeamManager,
    Workspace,
)
from storage.tables.person_requests import PersonRequest
from storage.tables.queues import CollectionStep, Reservation
from storage.tables.recordings import Recording, RecordingPlay
from storage.tables.related import CallParty, RelatedPerson, RelatedPhone, RelatedTerm
from storage.tables.repayment import Instalment, Payment, Promise, RepaymentPause, RepaymentSchedule
from storage.tables.retention import ErasedRecord, LegalHold, RetentionPolicy, RetentionRun
from storage.tables.telephony import PhoneCall, PhoneRing
from storage.tables.terms import LoanTerms, Vehicle
from storage.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from storage.tables.work import (
    Call,
    CallCorrection,
    DocumentItem,
    DocumentRequest,
    DocumentStep,
    FollowUp,
    PlaybookShown,
    PlaybookVersion,
)

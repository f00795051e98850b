"""Queries about repeated deliveries, changes that can be undone, the audit log, drafts."""

"""Conditions whose values are in the text of the statement.

A partial index needs its condition there: with a bound value, SQLite plans each execution again, and PostgreSQL's general plan
does not use the index.
"""

from sqlalchemy import String, literal_column
from sqlmodel import col

from storage.tables import FollowUp

IS_OPEN = col(FollowUp.state) == literal_column("'open'", String)
"""The condition for open follow-ups, as their indexes have it."""

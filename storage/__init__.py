"""Persistence: tables, queries, encryption, migrations, upkeep."""

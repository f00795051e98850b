"""What is remembered: tables, queries, encryption, migrations."""

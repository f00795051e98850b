"""Members, teams, roles, absences, settings, and the first day of a workspace."""

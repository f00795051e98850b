"""Members, teams, roles, absences, settings, and the installation of a workspace."""

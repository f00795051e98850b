"""Queries about members, teams, workspaces and access requests."""

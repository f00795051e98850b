"""Metrics for Prometheus. Labels name the desk's own parts, never a person, borrower, channel or loan."""

from prometheus_client import Counter, Gauge, Histogram

_ANSWER_TIMES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_LATENESS = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)

COMMANDS = Histogram(
    "loandesk_command_seconds", "Commands: from receipt to answer.", ("command", "outcome"), buckets=_ANSWER_TIMES
)
PRESSES = Histogram(
    "loandesk_press_seconds", "Presses: from receipt to answer.", ("press", "outcome"), buckets=_ANSWER_TIMES
)
LATENESS = Histogram(
    "loandesk_notice_lateness_seconds",
    "Messages posted: delay after the instant they were meant for.",
    ("kind",),
    buckets=_LATENESS,
)
DELIVERIES = Counter("loandesk_deliveries", "Attempts to bring a message to Slack.", ("result",))
CHORES_FAILED = Counter("loandesk_chores_failed", "Rounds of the worker in which a chore failed.", ("chore",))
SOCKET = Counter("loandesk_socket_connections", "Socket Mode: connections made, and why replaced.", ("event",))
BACKLOG = Gauge("loandesk_backlog", "Messages that are pending. The same in every process: take the maximum.")
OLDEST_OWED = Gauge(
    "loandesk_oldest_owed_seconds", "Age of the message that has been pending longest; 0 when there is none."
)
WORKER_AGE = Gauge("loandesk_worker_age_seconds", "Time since a worker's last complete round, in any process.")


def served(name: str, outcome: str, seconds: float) -> None:
    """Record the answer to a command or press."""
    family = COMMANDS if name.startswith("/") else PRESSES
    family.labels(name, outcome).observe(seconds)

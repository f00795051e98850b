"""A local workspace that speaks Slack's wire protocol, is stricter than Slack, and has a chat page in the browser."""

from sandbox.elements import NotPossibleError
from sandbox.manifest import ManifestError
from sandbox.modals import Home, Modal, Outcome
from sandbox.model import Channel, Message, User, text_of
from sandbox.server import Sandbox
from sandbox.user_actions import Press, Reply

__all__ = [
    "Channel",
    "Home",
    "ManifestError",
    "Message",
    "Modal",
    "NotPossibleError",
    "Outcome",
    "Press",
    "Reply",
    "Sandbox",
    "User",
    "text_of",
]

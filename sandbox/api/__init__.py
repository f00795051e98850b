"""The methods of Slack's Web API that the sandbox implements."""

from sandbox.api.call import message_json, thread_json
from sandbox.api.dispatch import WebApi
from sandbox.api.users import user_json

__all__ = ["WebApi", "message_json", "thread_json", "user_json"]

"""The desk in a local workspace: with a page in the browser, or as a tour through the wire that checks itself."""

from bot.demo.live import run_demo
from bot.demo.tour import run_tour

__all__ = ["run_demo", "run_tour"]

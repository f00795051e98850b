"""What admins read of endpoints of webhooks that take nothing: a notice, and lines of their Home."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from desk.messages.failing_webhooks import FailingWebhook
from desk.webhooks.retries import DISABLED_AFTER
from handlers.messages.block_kit.message import Bold, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def webhook_disabled(t: Translator, *, host: str, why: str, error: str, count: int, endpoint: str) -> Message:
    """Render the notice to the admins that the desk has stopped sending to an endpoint, and what is to be done."""
    writer = Writer()
    if why == "gone":
        writer.phrase(t, "Webhooks to {host} have stopped: it says that the address is gone.", host=Bold(host))
    else:
        writer.phrase(
            t,
            "Webhooks to {host} have stopped: it has taken none for {days} days, last with {error}.",
            host=Bold(host),
            days=DISABLED_AFTER.days,
            error=Code(error),
        )
    if count:
        writer.line(t.n("{n} event was set aside.", "{n} events were set aside.", count))
    writer.phrase(
        t,
        "Once the receiver works again, the desk's operator runs {command}, which also says how to send what it missed.",
        command=Code(f"loandesk webhooks enable {endpoint}"),
    )
    return writer.message()


def write_failing(t: Translator, writer: Writer, endpoints: Sequence[FailingWebhook], zone: ZoneInfo) -> None:
    """Write which endpoints take nothing now, and since when."""
    for each in endpoints:
        values = {"host": Bold(each.host), "time": t.minute(each.since, zone), "error": Code(each.error or "?")}
        if each.stopped:
            writer.phrase(t, "Webhooks to {host} have been stopped since {time}, last with {error}.", **values)
            writer.small(t("Ask the desk's operator to start them again."))
        else:
            writer.phrase(t, "Webhooks to {host} have been failing since {time}, last with {error}.", **values)
            writer.small(t("The desk keeps trying. Ask the lender's IT to look at the receiver."))

"""The form for how arrears are counted: the buckets of days past due, and when a promise is kept."""

from desk.follow_ups.scale_changes import MOST_PATIENCE, change_scale, scale_to_change
from desk.rules.arrears import SCALE, Bucket
from handlers.door.request import Request
from handlers.forms.form import Form, field
from handlers.grammar.buckets import parse_buckets
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.cadence import scale_changed

_THIRTIES = "1 1–29\n30 30–59\n60 60–89\n90 90–119\n120 120+"
_OWN = "own"


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the present buckets and numbers. The form carries the version from when it was opened."""
    t = request.t
    found = scale_to_change(request.desk)
    scale, lines = found.scale, _lines(found.scale.buckets, t.language)
    scales = {"usual": _lines(SCALE.buckets, t.language), "thirties": _THIRTIES}
    present = {
        "scale": next((name for name, each in scales.items() if each == lines), _OWN),
        "buckets": lines,
        "percent": str(scale.promise.kept_percent),
        "patience": str(scale.promise.patience_days),
    }
    form = FormWriter(t, {"v": found.version, **private}, {**present, **typed})
    options = [
        Option(t("M1 to M3+, a month each"), "usual"),
        Option(t("30, 60, 90 and 120 days"), "thirties"),
        Option(t("Our own"), _OWN),
    ]
    form.choice("scale", t("Buckets of days past due"), options, live=True)
    if {**present, **typed}["scale"] == _OWN:
        form.text(
            "buckets",
            t("Our own buckets"),
            long=True,
            limit=500,
            hint=t("One a line: the first day past due, then the name. The first begins on day 1."),
        )
    form.number("percent", t("A promise is kept when this much of it is paid (%)"), low=1, high=100)
    form.number("patience", t("Days of patience after the promised day"), low=0, high=MOST_PATIENCE)
    form.small(
        t(
            "Calls about arrears by rule follow the buckets; the rules of calls say who calls from which one on. "
            "Calls of members, and promises that were settled, stay as they are."
        )
    )
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Change the buckets and the numbers."""
    lines = {"usual": _lines(SCALE.buckets, request.t.language), "thirties": _THIRTIES}
    with field("buckets" if request.one("scale") == _OWN else "scale"):
        buckets = parse_buckets(lines.get(request.one("scale")) or request.one("buckets"))
    result = await change_scale(
        request.desk,
        buckets,
        kept_percent=int(request.one("percent")),
        patience_days=int(request.one("patience")),
        version=request.private["v"],
    )
    return scale_changed(request.t, result)


def _lines(buckets: tuple[Bucket, ...], language: str) -> str:
    return "\n".join(f"{bucket.first} {bucket.word(language)}" for bucket in buckets if bucket.first)


FORM = Form(
    name="arrears_scale",
    right="change_cadence",
    title=_("Buckets, promises"),
    build=build,
    submit=submit,
    main="scale",
    fields={"bucket_count": "buckets", "bucket_name": "buckets", "bucket_order": "buckets"},
)
"""How arrears are counted."""

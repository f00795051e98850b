"""The form for a manager's own version of a playbook, in every language of the desk."""

from desk.core.languages import LANGUAGES
from desk.core.playbooks import Script
from desk.loans.playbooks import PART_LIMIT, edit_playbook, playbook_to_edit
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Bold, Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Private, Typed, View
from handlers.messages.playbooks import playbook_edited


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the texts of a playbook. `c` in `private` names it; the form carries its version from when it was opened."""
    t = request.t
    book = await playbook_to_edit(request.desk, private["c"])
    present = {
        f"{part}_{language}": text
        for language, script in book.scripts.items()
        for part, text in (
            ("opening", script.opening),
            ("identify", script.identify),
            ("questions", "\n".join(script.questions)),
            ("closing", script.closing),
        )
    }
    form = FormWriter(t, {"v": book.number, **private}, {**present, **typed})
    form.line(Bold(book.title))
    # The placeholders stand in braces, which a text to translate would fill in.
    form.small(t("{me}, {lender} and {borrower} become names.", me="{me}", lender="{lender}", borrower="{borrower}"))
    labels = {
        "opening": t("Opening"),
        "identify": t("Make sure who is speaking"),
        "questions": t("Ask or check, one in each line"),
        "closing": t("Closing"),
    }
    for language in LANGUAGES.values():
        for part, label in labels.items():
            name = t("{part} ({language})", part=label, language=language.name)
            form.text(f"{part}_{language.code}", name, long=True, limit=PART_LIMIT, optional=True)
    form.small(t("If you empty all texts of a language, the release's own come back."))
    return form.view(FORM.name, t(FORM.title), submit=t("Save"))


async def submit(request: Request) -> Message:
    """Write the version."""
    scripts = {
        code: Script(
            opening=request.one(f"opening_{code}").strip(),
            identify=request.one(f"identify_{code}").strip(),
            questions=tuple(filter(None, map(str.strip, request.one(f"questions_{code}").splitlines()))),
            closing=request.one(f"closing_{code}").strip(),
        )
        for code in LANGUAGES
    }
    private = request.private
    return playbook_edited(request.t, await edit_playbook(request.desk, private["c"], private["v"], scripts))


FORM = Form(
    name="edit_playbook",
    right="edit_playbook",
    title=_("Edit a playbook"),
    build=build,
    submit=submit,
    main=f"opening_{next(iter(LANGUAGES))}",
    fields={},
    about="c",
)
"""A playbook's texts."""

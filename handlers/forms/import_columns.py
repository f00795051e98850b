"""The form that asks what columns of a file are, or which of its sheets is meant."""

from uuid import UUID

from desk.importing import decisions
from desk.importing.questions import open_questions
from handlers.door.request import Request
from handlers.forms.form import Form
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.block_kit.view import FormWriter, Option, Private, Typed, View
from handlers.messages.file_imports import answer_taken

_IGNORED = "-"


async def build(request: Request, private: Private, typed: Typed) -> View:
    """Write the form."""
    t = request.t
    asked = await open_questions(request.desk, UUID(private["f"]))
    form = FormWriter(t, private, typed)
    for place, question in enumerate(asked.columns):
        column = asked.label(question, t.language)
        options = [Option(column, question.column), Option(t("not imported"), _IGNORED)]
        hint = t("{headings} may mean the same", headings=t(", ").join(question.others)) if question.others else ""
        form.choice(f"c{place}", t("What is {heading}?", heading=question.heading), options, hint=hint)
    if asked.sheets:
        form.choice("sheet", t("Which sheet?"), [Option(name, str(n)) for n, name in enumerate(asked.sheets)])
    else:
        form.small(t("I remember the answers for the files that follow."))
    return form.view(FORM.name, t(FORM.title), submit=t("Check the file"))


async def submit(request: Request) -> Message:
    """Have the file read as it was said."""
    import_id, version = UUID(request.private["f"]), int(request.private["v"])
    asked = await open_questions(request.desk, import_id)
    said = {question.heading: request.one(f"c{place}") for place, question in enumerate(asked.columns)}
    chosen = request.one("sheet")
    await decisions.answer(
        request.desk,
        import_id,
        version,
        sheet=asked.sheets[int(chosen)] if asked.sheets and chosen else None,
        said={heading: "" if column == _IGNORED else column for heading, column in said.items()},
    )
    return answer_taken(request.t)


FORM = Form(
    name="import_columns",
    right="import_file",
    title=_("Columns of the file"),
    build=build,
    submit=submit,
    main="c0",
    fields={"nothing_chosen": "sheet", "import_said_twice": "c0"},
    keeps_drafts=False,
)
"""What columns of a file are."""

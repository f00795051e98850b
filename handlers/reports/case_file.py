"""A case file in the words of a language, for people who know nothing of the desk: a judge, an auditor, the borrower's lawyer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from desk.cases.contents import Contents
from desk.loans.events import Event
from handlers.messages.block_kit.translator import Translator
from handlers.reports.case_calls import planned_calls, playbooks, recordings, timeline
from handlers.reports.case_contact import contact_rules
from handlers.reports.case_papers import documents, files, money
from handlers.reports.case_people import assignments, people, summary
from handlers.reports.case_text import CaseFacts, CaseText
from handlers.reports.case_trail import messages, trail
from handlers.reports.pdf import MOST_ROWS
from handlers.reports.report import Block, Report, Table


def case_reports(t: Translator, contents: Contents, events: Sequence[Event], facts: CaseFacts) -> list[Report]:
    """Return the case file as reports of at most `MOST_ROWS` rows each: one, but of the longest loans."""
    case = CaseText(t, contents, facts)
    volumes = list(_volumes(case_blocks(case, events)))
    title = t("Case file of loan {number}", number=contents.number)
    asked = case.at(facts.asked_at)
    mark = " · ".join(each for each in (facts.by, asked, facts.purpose) if each)
    report = Report(
        title=title,
        blocks=(),
        header=t("{title} · made for {who} on {when}", title=title, who=facts.by, when=asked),
        footer=t("Confidential. Only the signed archive proves that this page is unaltered."),
        watermark=mark,
    )
    if len(volumes) == 1:
        return [replace(report, blocks=volumes[0])]
    return [
        replace(report, title=t("{title}, part {n} of {of}", title=title, n=n, of=len(volumes)), blocks=blocks)
        for n, blocks in enumerate(volumes, start=1)
    ]


def loan_blocks(case: CaseText, events: Sequence[Event]) -> Iterable[Block]:
    """Yield what happened on a loan, without what is about the desk, other people and the archive."""
    yield from timeline(case, events)
    yield from planned_calls(case)
    yield from documents(case)
    yield from money(case)
    yield from contact_rules(case)
    yield from recordings(case)


def case_blocks(case: CaseText, events: Sequence[Event]) -> Iterable[Block]:
    """Yield all parts, in the order in which a reader needs them."""
    yield from summary(case)
    yield from people(case)
    yield from timeline(case, events)
    yield from planned_calls(case)
    yield from assignments(case)
    yield from messages(case)
    yield from documents(case)
    yield from money(case)
    yield from contact_rules(case)
    yield from playbooks(case)
    yield from recordings(case)
    yield from files(case)
    yield from trail(case)


def _volumes(blocks: Iterable[Block]) -> Iterable[list[Block]]:
    """Yield the blocks in lists with at most `MOST_ROWS` rows of tables each; a table that does not fit is parted."""
    volume: list[Block] = []
    room = MOST_ROWS
    for block in blocks:
        if not isinstance(block, Table):
            volume.append(block)
            continue
        at = 0
        while at < len(block.rows):
            some = block.rows[at : at + room]
            volume.append(replace(block, rows=some))
            at, room = at + len(some), room - len(some)
            if room == 0:
                yield volume
                volume, room = [], MOST_ROWS
    if volume:
        yield volume

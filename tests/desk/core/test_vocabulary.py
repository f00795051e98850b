"""The desk's vocabulary: complete in both languages and unambiguous; invalid files are reported."""

import re
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest

from desk.core.permissions import Grant, Rule, load_rules
from desk.core.vocabulary import (
    VOCABULARY,
    Document,
    Outcome,
    Purpose,
    PurposeKind,
    Role,
    Stage,
    Vocabulary,
    VocabularyError,
    Word,
    load_vocabulary,
    term_key,
)
from desk.rules.cadence import Rule as CadenceRule

FILES = {path.name: path.read_text("utf-8") for path in (resources.files("desk") / "data").iterdir() if path.is_file()}


def understood(words: tuple[Word, ...], text: str) -> str | None:
    return next((word.code for word in words if term_key(text) in word.terms()), None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def codes(words: tuple[Word, ...]) -> str:
    return " ".join(word.code for word in words)


def test_every_word_of_the_desk_is_declared():
    assert codes(VOCABULARY.purposes) == (
        "documents income identity employer vehicle plan repayment overdue promise "
        "conditions decision signing pickup problem release feedback other"
    )
    assert codes(VOCABULARY.outcomes) == (
        "reached confirmed failed unverified no_answer busy voicemail unreachable wrong_number call_back promised paid "
        "part_paid refused withdrew"
    )
    assert codes(VOCABULARY.documents) == (
        "id licence income bank employment residence invoice insurance registration contract downpayment "
        "registration_card credit_report credit_authorization household marriage "
        "business_licence tax social_insurance property assets conformity appraisal "
        "purchase_contract credit_application card_application mortgage_contract debit_authorization repayment_plan "
        "signing_photo home_visit vehicle_photos pickup_photo odometer title_application payout_slip trade_payoff "
        "extra_cover references payoff_letter power_of_attorney divorce single other"
    )
    assert codes(VOCABULARY.stages) == (
        "inquiry application approved declined signed disbursed closed withdrawn written_off"
    )
    assert codes(VOCABULARY.roles) == "agent verifier collector manager compliance admin"
    assert codes(VOCABULARY.products) == "new_car used_car commercial secured lease"
    assert codes(VOCABULARY.related_roles) == ("co_borrower guarantor spouse employer referee emergency_contact")
    assert {field: codes(words) for field, words in VOCABULARY.choices.items()} == {
        "rate_basis": "year month",
        "method": "level_payment level_principal interest_first flat",
        "day_count": "thirty_360 actual_360 actual_365",
        "holiday_shift": "none next_working_day",
        "condition": "new used",
        "phone_kind": "mobile work home other",
        "appointment": "signing interview pickup",
    }


def test_a_word_is_shown_in_the_readers_language():
    outcome = VOCABULARY.outcome("no_answer")
    assert outcome.word("zh-CN") == outcome.word("zh_Hans_CN") == "未接"
    assert outcome.word("en-US") == outcome.word("fr-FR") == "no answer"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no_answer", "no_answer"),
        ("No Answer", "no_answer"),
        ("NO-ANSWER", "no_answer"),
        ("ｎａ", "no_answer"),
        ("无人接听", "no_answer"),
        ("拒接", "no_answer"),
        ("忙", "busy"),
        ("语音信箱", "voicemail"),
        ("停机", "unreachable"),
        ("空号", "wrong_number"),
        ("callback", "call_back"),
        ("答应还款", "promised"),
        ("PTP", "promised"),
        ("还了", "paid"),
        ("不办了", "withdrew"),
        ("核实完毕", "confirmed"),
        ("核实不通过", "failed"),
        ("Does not match", "failed"),
        ("无法核实", "unverified"),
        ("couldn't verify", "unverified"),
        ("通了", "reached"),
    ],
)
def test_an_outcome_is_understood_in_all_its_spellings(text: str, code: str):
    assert understood(VOCABULARY.outcomes, text) == code


def test_an_outcome_declares_its_effect_on_the_answered_follow_up():
    ending = {outcome.code for outcome in VOCABULARY.outcomes if outcome.ends}
    assert ending == (
        {"reached", "confirmed", "failed", "call_back", "promised", "paid", "part_paid", "refused", "withdrew"}
    )
    assert {o.code: o.answers for o in VOCABULARY.outcomes if o.answers != "any"} == {
        "confirmed": "verification",
        "failed": "check",
        "unverified": "check",
        "promised": "repayment",
        "paid": "repayment",
        "part_paid": "repayment",
    }


def test_an_outcome_declares_the_next_step_when_none_was_typed():
    assert {outcome.code: outcome.next for outcome in VOCABULARY.outcomes} == {
        "reached": "asks",
        "confirmed": "asks",
        "failed": "asks",
        "unverified": "planned",
        "no_answer": "planned",
        "busy": "planned",
        "voicemail": "planned",
        "unreachable": "planned",
        "wrong_number": "planned",
        "call_back": "must",
        "promised": "must",
        "paid": "instalment",
        "part_paid": "must",
        "refused": "asks",
        "withdrew": "offers_withdrawn",
    }
    retries = {o.code: (o.retry_working_minutes, o.attempts_a_day) for o in VOCABULARY.outcomes if o.next == "planned"}
    assert retries["unverified"] == retries["no_answer"] == retries["busy"] == retries["voicemail"] == (180, 3)
    assert retries["unreachable"] == retries["wrong_number"] == (None, None)


def test_only_a_result_ends_a_check():
    checks = [purpose for purpose in VOCABULARY.purposes if purpose.check]
    assert [purpose.code for purpose in checks] == ["income", "identity", "employer", "vehicle"]
    for purpose in checks:
        assert [o.code for o in VOCABULARY.outcomes if o.closes(purpose)] == ["confirmed", "failed"]
    assert VOCABULARY.outcome("reached").closes(VOCABULARY.purpose("documents"))
    assert [o.code for o in VOCABULARY.one_tap_outcomes("verification", check=True)] == [
        *("confirmed", "unverified", "reached", "no_answer", "busy", "unreachable", "wrong_number")
    ]


def test_only_wrong_number_marks_the_phone_and_only_failed_and_refused_notify_the_manager():
    assert [o.code for o in VOCABULARY.outcomes if o.marks_number_wrong] == ["wrong_number"]
    assert [o.code for o in VOCABULARY.outcomes if o.tells_manager] == ["failed", "refused"]
    assert [o.code for o in VOCABULARY.outcomes if o.settles_instalment] == ["paid"]
    assert VOCABULARY.outcome("promised").next_purpose == "promise"


@pytest.mark.parametrize(
    ("kind", "outcomes"),
    [
        ("verification", ["confirmed", "reached", "no_answer", "busy", "unreachable", "wrong_number"]),
        ("repayment", ["paid", "reached", "no_answer", "busy", "unreachable", "refused"]),
        ("service", ["reached", "no_answer", "busy", "unreachable", "wrong_number"]),
    ],
)
def test_a_reminder_has_a_button_for_each_outcome_that_needs_but_a_tap(kind: PurposeKind, outcomes: list[str]):
    assert [outcome.code for outcome in VOCABULARY.one_tap_outcomes(kind)] == outcomes


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("purposes", [Purpose]),
        ("outcomes", [Outcome]),
        ("documents", [Document]),
        ("stages", [Stage]),
        ("roles", [Role]),
        ("cadence", [CadenceRule]),
        ("permissions", [Rule, Grant]),
    ],
)
def test_the_head_of_each_file_explains_every_field(name: str, kinds: list[type]):
    text = (resources.files("desk") / "data" / f"{name}.toml").read_text("utf-8")
    head = re.split(r"\n\n|\n# Relations:", text)[0]
    explained = {
        word for line in re.findall(r"^#   (\w+(?:, \w+)*)\s{2,}", head, re.MULTILINE) for word in line.split(", ")
    }

    assert explained == {field.name for kind in kinds for field in fields(kind)} - {"code"}


def test_four_stages_end_a_loan():
    assert [s.code for s in VOCABULARY.stages if not s.live] == ["declined", "closed", "withdrawn", "written_off"]


def test_every_purpose_has_one_of_three_kinds():
    kinds = {kind: [p.code for p in VOCABULARY.purposes if p.kind == kind] for kind in ("verification", "repayment")}
    assert kinds == {
        "verification": ["documents", "income", "identity", "employer", "vehicle"],
        "repayment": ["plan", "repayment", "overdue", "promise"],
    }


def test_an_unknown_code_is_an_error():
    with pytest.raises(KeyError):
        VOCABULARY.purpose("chat")


def test_a_lenders_own_synonym_is_understood(folder: Path):
    path = folder / "outcomes.toml"
    path.write_text(path.read_text("utf-8").replace('"na", ', '"na", "彩铃", '), "utf-8")
    vocabulary: Vocabulary = load_vocabulary(folder)
    assert understood(vocabulary.outcomes, "彩铃") == "no_answer"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("roles.toml", 'zh = "电核"\n', "", r"roles\.toml, \[verifier\].*zh"),
        ("roles.toml", 'en = "verifier"', 'en = ""', r"roles\.toml, \[verifier\].*en"),
        ("roles.toml", 'zh = "电核"', 'zh = "电核"\ncolour = "red"', r"roles\.toml, \[verifier\].*colour"),
        ("purposes.toml", 'kind = "verification"', 'kind = "chat"', r"purposes\.toml, \[documents\].*kind"),
        ("outcomes.toml", 'next = "must"', 'next = "later"', r"outcomes\.toml, \[call_back\].*next"),
        ("outcomes.toml", '"占线"', '"未接"', r"outcomes\.toml, \[busy\]: .未接. already means no_answer"),
        (
            "outcomes.toml",
            '"engaged"',
            '"Voice-Mail"',
            r"outcomes\.toml, \[voicemail\]: 'voice mail' already means busy",
        ),
        (
            "outcomes.toml",
            '"engaged"',
            '"engaged", "ENGAGED"',
            r"outcomes\.toml, \[busy\]: 'engaged' appears twice",
        ),
        ("outcomes.toml", 'next_purpose = "promise"', 'next_purpose = "x"', r"\[promised\]: there is no purpose 'x'"),
        (
            "stages.toml",
            'purpose = "conditions"',
            'purpose = "x"',
            r"stages\.toml, \[inquiry\]: there is no purpose 'x'",
        ),
        (
            "outcomes.toml",
            'next = "must"\n',
            'next = "must"\none_tap = ["service"]\n',
            r"\[call_back\]: a tap cannot give",
        ),
        ("outcomes.toml", 'one_tap = ["repayment"]', 'one_tap = ["service"]', r"\[paid\]: cannot answer 'service'"),
        ("stages.toml", "[inquiry]", "[inquiry", r"stages\.toml: "),
        ("choices.toml", "[method.flat]", "[manner.flat]", r"choices\.toml: 'manner' is missing or no field"),
        ("choices.toml", '"等额"', '"等额本金"', r"choices\.toml, \[method\], .*already means level_payment"),
        ("related_roles.toml", "firm = true", 'firm = "so"', r"related_roles\.toml, \[employer\].*firm"),
        ("stages.toml", "[inquiry]", 'inquiry = "x"\n[other]', r"stages\.toml, \[inquiry\]"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_the_entry(folder: Path, name: str, old: str, new: str, said: str):
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(VocabularyError, match=f"(?s){said}"):
        load_vocabulary(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"verifier"', '"verfier"', "there is no role 'verfier'"),
        ('relations = ["own"]', 'relations = ["mine"]', "relations"),
        ("refusal", "refuses", "refuses"),
        ("[log_call]", "[log_call", "permissions.toml"),
    ],
)
def test_a_faulty_table_of_rights_is_refused(folder: Path, old: str, new: str, said: str):
    path = folder / "permissions.toml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(VocabularyError, match=f"(?s){said}"):
        load_rules(path)


def test_a_missing_file_is_reported_with_its_name(folder: Path):
    (folder / "documents.toml").unlink()
    with pytest.raises(VocabularyError, match=r"documents\.toml"):
        load_vocabulary(folder)

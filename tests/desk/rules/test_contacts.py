"""A borrower's name and phone number as they are typed, pasted and exported."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules.contacts import clean_name, find_phone, format_phone, read_phone
from handlers.grammar.text import Line

ZHANG, BEIJING, ANN = "+8613812345678", "+861088888888", "+12133734253"


@pytest.mark.parametrize(
    ("typed", "region", "phone"),
    [
        ("13812345678", "CN", ZHANG),
        ("１３８ １２３４ ５６７８", "CN", ZHANG),
        ("0086-138-1234-5678", "CN", ZHANG),
        ("138·1234·5678", "CN", ZHANG),
        ("\u202d138 1234 5678\u202c", "CN", ZHANG),
        ("138\u200b12345678", "CN", ZHANG),
        ("电话13812345678", "CN", ZHANG),
        ("手机：138 1234 5678", "CN", ZHANG),
        ("Tel. 13812345678", "CN", ZHANG),
        ("phone no: 13812345678", "CN", ZHANG),
        ("tel:+1-213-373-4253", "CN", ANN),
        ("213-373-4253", "US", ANN),
        ("(621) 234-5678", "US", "+16212345678"),
        ("+16792345678", "CN", "+16792345678"),
        ("cell: 1 861 234 5678 ext 22", "US", "+18612345678;ext=22"),
        ("(213) 373-4253", "US", ANN),
        ("+1 213-373-4253 ext 22", "CN", f"{ANN};ext=22"),
        ("+12133734253;ext=9", "US", f"{ANN};ext=9"),
        ("213-373-4253 x22", "US", f"{ANN};ext=22"),
        ("213-373-4253 x3", "US", f"{ANN};ext=3"),
        ("213-373-4253, ext. 22", "US", f"{ANN};ext=22"),
        ("213-373-4253 (ext 22)", "US", f"{ANN};ext=22"),
        ("213-373-4253-22", "US", f"{ANN};ext=22"),
        ("010-88888888转801", "CN", f"{BEIJING};ext=801"),
        ("010-88888888 轉 801", "CN", f"{BEIJING};ext=801"),
        ("010-88888888分机801", "CN", f"{BEIJING};ext=801"),
        ("010-88888888 分机号：801", "CN", f"{BEIJING};ext=801"),
        ("010-88888888-801", "CN", f"{BEIJING};ext=801"),
        ("(010) 88888888#801", "CN", f"{BEIJING};ext=801"),
    ],
)
def test_a_number_is_read_with_its_extension(typed: str, region: str, phone: str):
    assert read_phone(typed, region) == phone
    assert read_phone(format_phone(phone), "GB") == phone


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("13812345678;13900000000", "phone_several"),
        ("13812345678/13900000000", "phone_several"),
        ("13812345678，010-88888888", "phone_several"),
        ("13812345678转13900000000", "phone_several"),
        ("13812345678 ~3", "phone_invalid"),
        ("13812345678 office", "phone_invalid"),
        ("13812345678 3", "phone_invalid"),
        ("13812345678 ext 123456789012", "phone_invalid"),
        ("1380013800", "phone_invalid"),
        ("6212345678", "phone_invalid"),
        ("+1 621 134 5678", "phone_invalid"),
        ("分机801", "phone_invalid"),
        ("", "phone_invalid"),
    ],
)
def test_a_second_number_or_anything_else_behind_a_number_is_refused(typed: str, code: str):
    with pytest.raises(Invalid) as refusal:
        read_phone(typed, "CN")
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "phone", "rest"),
    [
        ("13812345678 ~3年", ZHANG, "~3年"),
        ("13812345678;13900000000", ZHANG, ";13900000000"),
        ("13812345678 x3 payments", ZHANG, "x3 payments"),
        ("13812345678 #2", ZHANG, "#2"),
        ("13812345678 转3年期", ZHANG, "转3年期"),
        ("13812345678 转账2000", ZHANG, "转账2000"),
        ("13812345678-3年", ZHANG, "-3年"),
        ("13812345678 ext", ZHANG, "ext"),
        ("010-88888888转801找张三", f"{BEIJING};ext=801", "找张三"),
        ("+1 213-373-4253 ext 22 wants a rate", f"{ANN};ext=22", "wants a rate"),
    ],
)
def test_what_stands_behind_a_number_and_is_no_extension_stays(text: str, phone: str, rest: str):
    found = find_phone(Line.plain(text).norm, 0, "CN")
    assert found is not None
    assert (found.start, found.phone, Line.plain(text).norm[found.end :].strip()) == (0, phone, rest)


@given(st.text(alphabet="0123456789 ;~x#-/转机分ext.年", max_size=14))
@settings(max_examples=150)
def test_no_digit_behind_a_number_is_lost(behind: str):
    norm = Line.plain("王 13812345678 " + behind).norm
    found = find_phone(norm, 0, "CN")
    assert found is not None
    read = "".join(c for c in found.phone + norm[found.end :] if c.isdigit())
    assert read == "86" + "".join(c for c in norm if c.isdigit())


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 王小明\u200b", "王小明"),
        ("\ufeffAnn\u00ad Lee\u202c", "Ann Lee"),
        ("王\u200d小明", "王小明"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("J.R.  Smith", "J.R.  Smith"),
        ("\u200b", ""),
    ],
)
def test_a_name_is_kept_as_typed_without_what_nobody_sees(typed: str, name: str):
    assert clean_name(typed) == name

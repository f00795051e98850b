"""Masking of borrowers' names and phones in channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.rules.masking import masked_name, phone_tail


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王*"),
        ("王明", "王*"),
        ("王", "王*"),
        ("  王小明 ", "王*"),
        ("欧阳娜娜", "欧阳*"),
        ("欧阳震", "欧阳*"),
        ("歐陽震", "歐陽*"),
        ("欧阳", "欧*"),
        ("司 马 懿", "司马*"),
        ("司机王", "司*"),
        ("阿卜杜·热合曼", "阿*"),
        ("𠮷田", "𠮷*"),
        ("John Smith", "J*"),
        ("john", "j*"),
        ("E\u0301mile Zola", "É*"),
        ("Ольга", "О*"),
        ("😀王小明", "王*"),
        ("*王* 小明", "王*"),
        ("<!channel> *x* =1+1", "c*"),
        ("😀 !!", "*"),
        ("1234", "*"),
        ("", "*"),
    ],
)
def test_a_name_is_masked_to_a_surname_or_an_initial(name: str, masked: str):
    assert masked_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "tail"),
    [
        ("+8613800135678", "5678"),
        ("138 0013 5678", "5678"),
        ("138-0013-5678", "5678"),
        ("１３８００１３５６７８", "5678"),
        ("12345", "2345"),
        ("5678", ""),
        ("", ""),
    ],
)
def test_a_phone_number_is_masked_to_its_last_four_digits(phone: str, tail: str):
    assert phone_tail(phone) == tail


@given(st.text(max_size=40))
def test_a_masked_name_has_no_markup_and_at_most_the_surname(name: str):
    masked = masked_name(name)
    assert masked.endswith("*")
    assert len(masked) <= 3
    assert not set(masked[:-1]) & set("<>&*_~`@!\n")


@given(st.text(alphabet="王李小明欧阳司马", min_size=2, max_size=8))
def test_part_of_every_name_stays_hidden(name: str):
    assert len(masked_name(name)) - 1 < len(name)

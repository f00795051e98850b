"""Names as they are compared, indexed and read in pinyin, whatever characters they have."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desk.loans.lists import search_words
from desk.rules.contacts import clean_name
from desk.rules.masking import masked_name
from storage.queries.loans import search, search_terms
from storage.queries.loans.names import name_key

PHONE = "+8613800135678"
EXT_H, EXT_I, PRIVATE, UNASSIGNED = "\U00031350", "\U0002ebf0", "\ue123", "\U000323b0"
"""Characters of CJK Extensions H and I, one of a lender's own font, and one that has no meaning yet."""

LATIN = st.text(alphabet="abcÉñøß-'’. /", min_size=1, max_size=12)
CHINESE = st.text(
    alphabet="王李单解欧阳小明平安曾𠮷" + EXT_H + EXT_I + PRIVATE + UNASSIGNED + "·", min_size=1, max_size=5
)
ANY = st.text(min_size=1, max_size=12).filter(lambda text: bool(clean_name(text)))


def matches(name: str, word: str, *, in_full: bool = True) -> bool:
    """Whether the index of a borrower of this name has the word, or each part of it."""
    terms = search_terms.terms_of(name, PHONE)
    parts = search.names.parts_of(word)
    return bool(terms & set(search_terms.terms_for(word))) or (  # pyright: ignore[reportPrivateUsage]
        len(parts) > 1 and all(terms & set(search_terms.terms_for_part(part, in_full=in_full)) for part in parts)  # pyright: ignore[reportPrivateUsage]
    )


def finds(name: str, words: str) -> bool:
    return all(matches(name, word) for word in search_words(words, "CN") if search.names.words_of(word))


@given(LATIN | CHINESE | ANY)
@settings(max_examples=100)
def test_any_name_is_found_by_itself(name: str):
    name = clean_name(name)
    assert not name or finds(name, name)


@given(LATIN | CHINESE | ANY)
@settings(max_examples=100)
def test_a_mask_shows_a_surname_or_an_initial_that_finds_the_name(name: str):
    masked = masked_name(clean_name(name))
    assert masked.endswith("*")
    shown = masked[:-1]
    assert len(shown) <= 2
    if shown and search.names.is_of_characters(name_key(clean_name(name))) and name_key(shown) == shown:
        assert finds(clean_name(name), masked)


@given(CHINESE, CHINESE)
@example("安", "单安·单")  # 安 is the given name of a part
@settings(max_examples=100)
def test_two_chinese_names_are_never_taken_for_one(one: str, other: str):
    if name_key(one) == name_key(other):
        return
    whole = [("whole", name_key(one))]
    parts = set(search.names.parts_of(other))
    given_names = parts | {part[length:] for part in {*parts, name_key(other)} for length in (1, 2)}
    assert not set(whole) & search_terms.terms_of(other, PHONE) or name_key(one) in given_names


@pytest.mark.parametrize("character", [EXT_H, EXT_I, PRIVATE, UNASSIGNED, "□", "？", "\ufffd", "😀"])
def test_a_character_that_python_does_not_know_is_not_dropped(character: str):
    assert name_key(f"钱{character}") != name_key("钱")
    assert not matches("钱多多", f"钱{character}")
    assert not matches("钱", f"钱{character}")
    assert not matches(f"钱{character}多", "钱多")
    assert matches(f"钱{character}", f"钱{character}")


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("□明", "□*"),
        ("?明", "?*"),
        ("😀王小明", "王*"),
        (f"{EXT_I}明", f"{EXT_I}*"),
        (f"{EXT_H}小明", f"{EXT_H}*"),
        (f"{PRIVATE}明", f"{PRIVATE}*"),
        (f"{UNASSIGNED}", f"{UNASSIGNED}*"),
    ],
)
def test_a_mask_shows_such_a_surname_and_no_given_name(name: str, masked: str):
    assert masked_name(name) == masked


@pytest.mark.parametrize("word", ["钱·", "钱-", "钱'", "·钱", "wang-", "John/"])
def test_a_word_of_which_something_is_dropped_matches_no_beginning(word: str):
    assert not any(matches(name, word) for name in ("钱多多", "王小明", "Johnny Smith"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Smith-Jones", "Smith-Jones|smith|jones|SmithJones|Smith–Jones|Smith Jones"),
        ("Ann O'Neil", "O'Neil|O’Neil|ONeil|oneil|O Neil|neil|ann o'neil"),
        ("O’Brien", "O'Brien|OBrien|O`Brien|obri"),
        ("OBrien", "OBrien|obrien|O´Brien"),
        ("O´Neil", "O'Neil|oneil|O´Neil"),
        ("张三丰（借款人）", "张三丰|三丰|zhangsanfeng"),
        ("J.R. Smith", "J.R. Smith|JR Smith|J R Smith|jr|smith|J.R.Smith"),
        ("Ann Lee/Bob Lee", "Ann Lee/Bob Lee|Lee/Bob|ann|bob lee|AnnLee"),
        ("Jan van der Berg", "vanderberg|van der berg|berg|VanDerBerg"),
        ("Muñoz", "Muñoz|munoz|MUNOZ|Muño|muno"),
        ("Jörg Müller", "jorg müller|Müll|mull"),
        ("Đặng Văn Lâm", "dang van lam|Đặng|dang|vanlam"),
        ("Łukasz Ærø", "lukasz|łukasz aero|aero|ærø|luk"),
        ("阿里·买买提", "阿里·买买提|阿里•买买提|阿里买买提|买买提|alimaimaiti|阿里"),
        ("欧阳娜娜", "欧阳 娜娜|娜娜|欧阳*|ouyang nana|nana|oynn"),
        ("吕布", "lv|lu|lü|lyu|lvbu|lyubu"),
        ("Иван Петров", "иван|Петр|иванпетров"),
        ("😀王小明⭐", "王小明|王|小明|wangxiaoming|😀王小明⭐"),
        ("*John* Smith", "John|joh|john smith"),
        ("张*三", "张*三|张"),
        ("김민준", "김|김민준|김민"),
        ("L.-A. d'Arc (Nee X)", "d'Arc|L.-A.|darc|(Nee X)"),
    ],
)
def test_a_name_is_found_as_people_type_it(name: str, words: str):
    missing = [each for each in words.split("|") if not finds(name, each)]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("于建平", "yujianping"), ("潘平安", "panpingan"), ("余浩然", "yuhaoran"), ("姚国平", "yaoguoping"),
        ("汤英达", "tangyingda"), ("彭冠华", "pengguanhua"), ("单雄信", "shanxiongxin"), ("解晓东", "xiexiaodong"),
        ("曾国藩", "zengguofan"), ("仇英", "qiuying"), ("查良镛", "zhaliangyong"), ("区志强", "ouzhiqiang"),
        ("盖叫天", "gejiaotian"), ("盖叫天", "gaijiaotian"), ("尉迟恭", "yuchigong"), ("万俟卨", "moqixie"),
        ("翟志刚", "zhaizhigang"), ("翟志刚", "dizhigang"), ("乐嘉", "yuejia"), ("乐嘉", "lejia"), ("朴树", "piaoshu"),
        ("缪杰", "miaojie"), ("覃辉", "qinhui"), ("覃辉", "tanhui"), ("折可适", "shekeshi"), ("繁钦", "poqin"),
        ("种师道", "chongshidao"), ("黑龙", "helong"), ("朝阳", "chaoyang"), ("朝阳", "zhaoyang"), ("任我行", "renwoxing"),
        ("單雄信", "shanxiongxin"), ("尉遲恭", "yuchigong"), ("长孙无忌", "zhangsunwuji"), ("于建平", "yjp"),
        ("于建平", "jianping"), ("于建平", "yujian"), ("欧阳修", "xiu"),
    ],
)  # fmt: skip
def test_a_chinese_name_is_found_by_its_pinyin(name: str, typed: str):
    assert matches(name, typed)


@given(st.text(alphabet="于余潘彭姚汤平英达国浩然建安王李张刘陈杨赵周吴徐孙胡朱高林何郭马罗", min_size=2, max_size=4))
@settings(max_examples=100)
def test_the_usual_reading_of_every_character_finds_the_name(name: str):
    from pypinyin import lazy_pinyin

    assert matches(name, "".join(lazy_pinyin(character)[0] for character in name))


@pytest.mark.parametrize(
    ("phone", "typed"),
    [
        ("+12133734253", "213-373-4253|(213) 373-4253|213.373.4253|+1 213-373-4253|2133734253|1-213-373-4253|4253"),
        ("+12133734253;ext=22", "213-373-4253 ext 22|213-373-4253|4253|+1 (213) 373 4253 x22"),
        ("+861088888888;ext=801", "010-88888888|010 8888 8888转801|8888|+86 10 88888888|1088888888"),
        (
            "+8613800135678",
            "138 0013 5678|0086 138 0013 5678|86-138-0013-5678|电话13800135678|手机：138-0013-5678|尾号 5678",
        ),
        ("+442079460018", "020 7946 0018|+44 20 7946 0018|ending 0018"),
    ],
)
@pytest.mark.parametrize("region", ["CN", "US"])
def test_a_phone_is_found_as_people_type_it(phone: str, typed: str, region: str):
    terms = search_terms.terms_of("王小明", phone)
    missing = [
        each
        for each in typed.split("|")
        if not all(terms & set(search_terms.terms_for(word)) for word in search_words(each, region))  # pyright: ignore[reportPrivateUsage]
    ]
    assert missing == []

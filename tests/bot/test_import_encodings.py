"""Files in other encodings than UTF-8 and GB18030: refused with what was seen, and read when the encoding is named."""

from pathlib import Path

import pytest

from desk.core.errors import Invalid
from desk.importing import decoding
from desk.importing.reading.tables import How, read_file
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.importing import explain_file

HEADER = "number,name,phone,stage\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "loans.csv"
    path.write_bytes(content)
    return path


@pytest.fixture(params=[1024**2, 60], ids=["", "in parts"], autouse=True)
def _in_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file is looked at in parts, with the same result."""
    monkeypatch.setattr(decoding, "_PART", request.param)


def names_in(path: Path, encoding: str | None = None) -> list[str]:
    """Return the names of a file as they are read."""
    table = read_file(path, str(path), How(encoding=encoding))
    return [cells[table.header.places["name"]] for _, cells in table.rows()]


def row(name: str) -> str:
    return f"A-1,{name},13800138000,application\n"


def refusal(path: Path, language: str = "en", encoding: str | None = None) -> str:
    with pytest.raises(Invalid) as refused:
        names_in(path, encoding)
    return explain_file(Translator(language), refused.value)


@pytest.mark.parametrize(
    ("encoding", "name", "shown"),
    [
        ("cp1252", "Muñoz", "4D 75 F1 6F 7A"),
        ("cp1252", "MUÑOZ", "4D 55 D1 4F 5A"),
        ("cp1252", "José", "4A 6F 73 E9"),
        ("cp1252", "Núñez", "4E FA F1 65 7A"),
        ("cp1252", "Élodie Conceição", "C9 6C 6F 64 69 65"),
        ("cp1252", "Müller", "4D FC 6C 6C 65 72"),
        ("big5", "王小明", "A4 FD A4 70 A9 FA"),
        ("big5", "陳楊明", "B3 AF B7 A8 A9 FA"),
        ("big5", "張學友", "B1 69 BE C7 A4 CD"),
    ],
)
def test_a_name_in_another_encoding_is_refused_and_read_when_it_is_named(
    tmp_path: Path, encoding: str, name: str, shown: str
) -> None:
    path = written(tmp_path, (HEADER + row(name)).encode(encoding))
    for language in ("en", "zh"):
        said = refusal(path, language)
        assert "2" in said.splitlines()[0]
        assert shown in said
        assert name in said
        assert "--encoding" in said
    assert name in names_in(path, encoding)
    assert name in names_in(path, encoding.upper())


@pytest.mark.parametrize(
    "name", ["ÉLISE DUPONT", "Éd Smith", "Öz", "ÓSCAR RUIZ", "D'ÉLIA", "Ana-ÍRIS", "ÁNGEL ÑAND", "Li Öz", "Ms. Öz"]
)
def test_one_name_that_begins_with_an_accent_is_found_among_chinese_ones(tmp_path: Path, name: str) -> None:
    chinese = "".join(row(f"{surname}小明") for surname in "王李张刘陈")
    for others in ("", chinese):
        path = written(tmp_path, (HEADER + others).encode("gb18030") + row(name).encode("cp1252"))
        assert name in refusal(path)


@pytest.mark.parametrize("encoding", ["euc-kr", "shift_jis", "cp1251"])
def test_other_scripts_are_refused_too(tmp_path: Path, encoding: str) -> None:
    name = {"euc-kr": "김철수", "shift_jis": "山田太郎", "cp1251": "Иван Петров"}[encoding]
    path = written(tmp_path, (HEADER + row(name)).encode(encoding))
    assert "--encoding" in refusal(path)
    assert name in names_in(path, encoding)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
@pytest.mark.parametrize("first", ["王小明", "Muñoz", "John Smith"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_one_row_in_gbk_behind_rows_in_utf8_is_refused(tmp_path: Path, start: bytes, first: str, ends: str) -> None:
    text = (HEADER + row(first)).replace("\n", ends)
    path = written(tmp_path, start + text.encode() + row("李雷").replace("\n", ends).encode("gbk"))
    if first.isascii() and not start:
        assert "李雷" in names_in(path)  # nothing says that it is UTF-8: it is GBK as a whole
        return
    said = refusal(path)
    assert "line 3" in said
    assert "C0 EE C0 D7" in said
    assert "李雷" in said


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "欧阳娜娜",
        "陳楊明",
        "阿里•买买提",
        "王Anna",
        "Muñoz",
        "钱\U0002ebf0",
        "朱镕基",
        "許 Peter",
        "馬雲",
        "王B",
    ],
)
def test_utf8_and_gb18030_need_no_name(tmp_path: Path, name: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert names_in(written(tmp_path, (HEADER + row(name)).encode(encoding))) == [name]


def test_a_rare_surname_in_gb18030_is_read_when_the_encoding_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, (HEADER + row("喆")).encode("gb18030"))
    assert "喆" in refusal(path)
    assert "喆" in names_in(path, "gb18030")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf16_is_read_with_its_mark_and_without(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, (HEADER + row("王小明")).encode(encoding))
    assert names_in(path) == ["王小明"]
    assert names_in(path, encoding) == ["王小明"]


@pytest.mark.parametrize("encoding", ["nonsense", "base64", "a\0b", "undefined"])
def test_an_unknown_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    assert "big5" in refusal(written(tmp_path, (HEADER + row("王")).encode()), encoding=encoding)


def test_a_named_encoding_that_is_wrong_is_refused(tmp_path: Path) -> None:
    said = refusal(written(tmp_path, (HEADER + row("Muñoz")).encode("cp1252")), encoding="utf-8")
    assert "isn't in the encoding utf-8" in said
    assert "cp1252: Muñoz" in said

"""What a channel sees of a borrower: a surname or an initial, and the last digits of the phone number."""

import unicodedata

_SURNAME_PAIRS = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐长孙宇文司徒司空轩辕夏侯闻人赫连澹台公冶"
    "宗政濮阳淳于单于太叔申屠仲孙钟离鲜于闾丘东郭南宫西门百里呼延端木独孤万俟拓跋第五"
    "歐陽司馬諸葛東方尉遲長孫軒轅鍾離鮮于東郭南宮西門獨孤萬俟"
)
_COMPOUND_SURNAMES = frozenset(_SURNAME_PAIRS[start : start + 2] for start in range(0, len(_SURNAME_PAIRS), 2))
_STAR = "*"
_TAIL_DIGITS = 4


def masked_name(name: str) -> str:
    """Return the masked name: `王*` for 王小明, `欧阳*` for 欧阳娜娜, `J*` for John Smith; `*` for a name without a letter.

    Signs, markup and emoji are skipped. A compound surname is shown only when a given name remains hidden. The renderer
    must escape the star.
    """
    letters = [character for character in unicodedata.normalize("NFC", name) if character.isalpha()]
    if not letters:
        return _STAR
    if len(letters) > 2 and "".join(letters[:2]) in _COMPOUND_SURNAMES:
        return "".join(letters[:2]) + _STAR
    return letters[0] + _STAR


def phone_tail(phone: str) -> str:
    """Return the last four digits of a phone number, or nothing when it has no others."""
    digits = [character for character in unicodedata.normalize("NFKC", phone) if character.isdecimal()]
    return "".join(digits[-_TAIL_DIGITS:]) if len(digits) > _TAIL_DIGITS else ""

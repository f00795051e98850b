#!/usr/bin/env bash
# xlwt writes each formula with the value "empty text", and nothing in its record says that it was never calculated.
#
# Programs that export XLS by xlwt are still about. A cell =1000+500 of theirs reads as an empty text. Excel asks the record
# RecalcId of a workbook (MS-XLS) whether to calculate it when it opens it; xlwt writes none, and leaves clear the bits of the
# record Formula by which a cell asks to be calculated. So the cell cannot be told from one whose text Excel found to be empty;
# only the workbook as a whole can. Refuse formulas without a value in workbooks that have no RecalcId.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check xlwt==1.3.0 python-calamine==0.9.1 olefile==0.47
cat >"$room/expected" <<'TEXT'
xlwt 1.3.0
python-calamine 0.9.1 ['A-1', '']
olefile 0.47 formula: value 03 00 00 00 00 00 ff ff, asks to be calculated 0; RecalcId 0
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import struct
from importlib.metadata import version

import olefile
import python_calamine
import xlwt

book = xlwt.Workbook()
sheet = book.add_sheet("loans")
sheet.write(0, 0, "A-1")
sheet.write(0, 1, xlwt.Formula("1000+500"))
book.save("loans.xls")

print("xlwt", version("xlwt"))
seen = python_calamine.CalamineWorkbook.from_path("loans.xls").get_sheet_by_index(0).to_python()
print("python-calamine", version("python-calamine"), *seen)

stream, at, records = olefile.OleFileIO("loans.xls").openstream("Workbook").read(), 0, []
while at + 4 <= len(stream):
    kind, size = struct.unpack_from("<HH", stream, at)
    records.append((kind, stream[at + 4 : at + 4 + size]))
    at += 4 + size
(formula,) = [data for kind, data in records if kind == 0x06]
ids = sum(kind == 0x1C1 for kind, _ in records)
print("olefile", version("olefile"), f"formula: value {formula[6:14].hex(' ')}, asks to be calculated", end=" ")
print(f"{formula[14] & 3}; RecalcId {ids}")
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

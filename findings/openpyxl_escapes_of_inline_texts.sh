#!/usr/bin/env bash
# openpyxl shows an escape where a workbook with inline texts has a character that XML cannot carry.
#
# In a workbook a carriage return is written _x000D_, and a text that looks like such an escape begins with _x005F_ (ECMA-376
# part 1, §22.9.2.19). XlsxWriter writes texts inline with constant_memory, which large files need, and otherwise into a table
# of shared texts. openpyxl undoes _x005F_ in the shared table alone, and _x000D_ nowhere; python-calamine undoes both in
# either. So the same cells come back from openpyxl as other texts. Write no carriage returns, and compare exported texts
# with a reader that undoes the escapes.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check XlsxWriter==3.3.1 openpyxl==3.1.5 python-calamine==0.9.1
cat >"$room/expected" <<'TEXT'
shared openpyxl 3.1.5 ['one_x000D_two', '_x0041_']
shared python-calamine 0.9.1 ['one\rtwo', '_x0041_']
inline openpyxl 3.1.5 ['one_x000D_two', '_x005F_x0041_']
inline python-calamine 0.9.1 ['one\rtwo', '_x0041_']
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version

import openpyxl
import python_calamine
import xlsxwriter

for kind, options in (("shared", {}), ("inline", {"constant_memory": True})):
    book = xlsxwriter.Workbook(f"{kind}.xlsx", options)
    sheet = book.add_worksheet()
    for row, text in enumerate(("one\rtwo", "_x0041_")):
        sheet.write_string(row, 0, text)
    book.close()
    cells = openpyxl.load_workbook(f"{kind}.xlsx").active["A"]
    print(kind, "openpyxl", version("openpyxl"), [cell.value for cell in cells])
    rows = python_calamine.CalamineWorkbook.from_path(f"{kind}.xlsx").get_sheet_by_index(0).to_python()
    print(kind, "python-calamine", version("python-calamine"), [text for (text,) in rows])
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

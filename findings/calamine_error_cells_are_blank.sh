#!/usr/bin/env bash
# python-calamine reads a cell with the error #N/A as an empty text, as if nobody had filled it in.
#
# Lenders' sheets look values up in other sheets (VLOOKUP), and Excel stores #N/A where it found none (ECMA-376 part 1,
# §18.18.11, type "e"). In a column such as "unpaid since" an empty cell means "has paid". openpyxl keeps the error's
# name. Refuse a sheet with error cells, and look for them with a reader that shows them.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
cat >"$room/expected" <<'TEXT'
python-calamine 0.9.1 ['A-1', ''] ['A-2', '']
openpyxl 3.1.5 ['A-1', '#N/A'] ['A-2', None]
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version

import openpyxl
import python_calamine

book = openpyxl.Workbook()
for row in (["A-1", "#N/A"], ["A-2", None]):
    book.active.append(row)
book.save("unpaid.xlsx")

seen = python_calamine.CalamineWorkbook.from_path("unpaid.xlsx").get_sheet_by_index(0).to_python()
print("python-calamine", version("python-calamine"), *seen)
cells = openpyxl.load_workbook("unpaid.xlsx").active
print("openpyxl", version("openpyxl"), *([cell.value for cell in row] for row in cells))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

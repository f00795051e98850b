#!/usr/bin/env bash
# python-calamine refuses OpenDocument spreadsheets with line breaks between their cells as no spreadsheets.
#
# Programs may indent the XML of OpenDocument: outside paragraphs white space says nothing (OpenDocument 1.2 part 1, §3.18), and
# SheetJS (xlsx 0.18.5 of npm, with which web pages write lists) does. The line break between rows is read, the one between cells
# is "Cannot detect file format", by path "Expecting 'table-cell', found 'Text(…)'". odfpy reads it. Take such white space out of
# content.xml before calamine gets the file.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 odfpy==1.4.1
cat >"$room/expected" <<'TEXT'
python-calamine 0.9.1 odfpy 1.4.1
no line breaks: [['A-1', '386.66']] ['A-1', '386.66']
between rows: [['A-1', '386.66']] ['A-1', '386.66']
between cells: CalamineError: Cannot detect file format ['A-1', '386.66']
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import zipfile
from importlib.metadata import version

from odf.opendocument import load
from odf.table import TableCell
from python_calamine import CalamineWorkbook

KIND = "application/vnd.oasis.opendocument.spreadsheet"
SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
CONTENT = (
    f'<office:document-content xmlns:office="{SPACE}office:1.0" xmlns:table="{SPACE}table:1.0" xmlns:text="{SPACE}text:1.0" '
    'office:version="1.2"><office:body><office:spreadsheet><table:table table:name="S">{row}<table:table-row>'
    '<table:table-cell office:value-type="string"><text:p>A-1</text:p></table:table-cell>{cell}'
    '<table:table-cell office:value-type="string"><text:p>386.66</text:p></table:table-cell>'
    "</table:table-row>{row}</table:table></office:spreadsheet></office:body></office:document-content>"
)
MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{SPACE}manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.2" manifest:media-type="{KIND}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def read(path):
    try:
        with open(path, "rb") as file:
            return CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print("python-calamine", version("python-calamine"), "odfpy", version("odfpy"))
for what, row, cell in (("no line breaks", "", ""), ("between rows", "\n  ", ""), ("between cells", "", "\n    ")):
    with zipfile.ZipFile("list.ods", "w") as file:
        file.writestr("mimetype", KIND)
        file.writestr("META-INF/manifest.xml", MANIFEST)
        file.writestr("content.xml", CONTENT.format(row=row, cell=cell))
    cells = [str(each) for each in load("list.ods").getElementsByType(TableCell)]
    print(f"{what}:", read("list.ods"), cells)
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

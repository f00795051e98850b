#!/usr/bin/env bash
# phonenumbers takes numbers for invalid whose American area code has been in service for a year and more.
#
# By orders of the states' commissions carriers may give out numbers with these codes since the day behind them; the city lies in the
# area, and the last column has an older code of the same places. `is_valid_number` is False, and no number is found in a text: a lender
# cannot enter the phone of a borrower in Houston or Detroit. Told by: PUC of Texas (621), Public Service Commissions of Michigan (679) and
# Louisiana (457), Tennessee PUC (729), Illinois Commerce Commission (861), California PUC (357), Minnesota PUC (924); of 861 also
# issue 445 of catamphetamine/libphonenumber-js, which has the same data. Take such a number if it is valid with the older code.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
cat >"$room/expected" <<'TEXT'
phonenumbers 9.0.43
861 Peoria 2023-02-24: valid False, possible True; with 309 valid True
924 Rochester 2024-08-30: valid False, possible True; with 507 valid True
621 Houston 2025-01-23: valid False, possible True; with 713 valid True
357 Fresno 2025-03-26: valid False, possible True; with 559 valid True
729 Chattanooga 2025-09-05: valid False, possible True; with 423 valid True
457 Shreveport 2025-09-25: valid False, possible True; with 318 valid True
679 Detroit 2025-11-07: valid False, possible True; with 313 valid True
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from importlib.metadata import version

from phonenumbers import is_possible_number, is_valid_number, parse

print("phonenumbers", version("phonenumbers"))
for line in (
    "861 Peoria 2023-02-24 309",
    "924 Rochester 2024-08-30 507",
    "621 Houston 2025-01-23 713",
    "357 Fresno 2025-03-26 559",
    "729 Chattanooga 2025-09-05 423",
    "457 Shreveport 2025-09-25 318",
    "679 Detroit 2025-11-07 313",
):
    code, city, since, older = line.split()
    new, old = parse(f"+1{code}2345678"), parse(f"+1{older}2345678")
    said = f"valid {is_valid_number(new)}, possible {is_possible_number(new)}"
    print(f"{code} {city} {since}: {said}; with {older} valid {is_valid_number(old)}")
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

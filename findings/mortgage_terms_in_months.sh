#!/usr/bin/env bash
# mortgage takes the term of a loan for years when it is told that it is in months.
#
# Car loans run for months. `Loan(…, term_unit="months")` is documented ("Unit for the lifespan of the loan") and checked, and then
# not used: 25,000 at 6 % over 60 months is computed over 60 years, 128.54 a month instead of 483.32 (issue 21 of
# austinmcconnell/mortgage, open since 2019). Give it whole years; 66 months cannot be said: 5.5 years raise TypeError.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check mortgage==1.0.5
cat >"$room/expected" <<'TEXT'
mortgage 1.0.5
60 months: 128.54 a month, 720 payments
5 years: 483.32 a month, 60 payments
by the formula: 483.32
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
from decimal import Decimal
from importlib.metadata import version

from mortgage import Loan

print("mortgage", version("mortgage"))
for term, unit in ((60, "months"), (5, "years")):
    loan = Loan(principal=25000, interest=0.06, term=term, term_unit=unit)
    payments = [each for each in loan.schedule() if each.number]
    print(f"{term} {unit}: {loan.monthly_payment} a month, {len(payments)} payments")
rate = Decimal("0.06") / 12
print("by the formula:", round(25000 * rate / (1 - (1 + rate) ** -60), 2))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

#!/usr/bin/env bash
# rfc3161-client refuses the replies of `openssl ts` that have the certificate of the root behind the authority's own.
#
# SignedData of CMS may be encoded in BER (RFC 5652, section 5.1: DER is asked for the signed attributes alone), in which a set has no
# order. openssl writes the authority's certificate first, and verifies its reply. rfc3161-client reads the set as DER, which
# sorts the members, and raises ValueError (InvalidSetOrdering). Without the root the same authority's reply is read.
# A query that asks for no certificates, and the authority's certificate given to the verifier, avoids it. Needs openssl 3.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check rfc3161-client==1.0.9
cd "$room"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -days 9 -subj /CN=Root 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -out own.csr -subj "/CN=Authority with the longer name" 2>/dev/null
printf 'extendedKeyUsage=critical,timeStamping\n' >uses
openssl x509 -req -in own.csr -CA root.pem -CAkey root.key -CAcreateserial -days 9 -extfile uses -out own.pem 2>/dev/null
cat >alone.cnf <<TEXT
[tsa]
default_tsa = it
[it]
serial = $room/serial
signer_cert = $room/own.pem
signer_key = $room/own.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
TEXT
(cat alone.cnf && echo "certs = $room/root.pem") >chain.cnf
echo 01 >serial
printf head >data
openssl ts -query -data data -sha256 -cert -out query.tsq 2>/dev/null
for kind in alone chain; do
    openssl ts -reply -config $kind.cnf -queryfile query.tsq -out $kind.tsr 2>/dev/null
done
cat >expected <<'TEXT'
rfc3161-client 1.0.9
alone: openssl verifies it
chain: openssl verifies it
alone: read
chain: ValueError, InvalidSetOrdering
TEXT
{
    echo "rfc3161-client $(venv/bin/python -c 'from importlib.metadata import version; print(version("rfc3161-client"))')"
    for kind in alone chain; do
        openssl ts -verify -queryfile query.tsq -in $kind.tsr -CAfile root.pem >/dev/null 2>&1 && echo "$kind: openssl verifies it"
    done
    venv/bin/python - <<'PYTHON'
from pathlib import Path

from rfc3161_client import decode_timestamp_response

for kind in ("alone", "chain"):
    try:
        decode_timestamp_response(Path(f"{kind}.tsr").read_bytes())
        print(f"{kind}: read")
    except ValueError as error:
        print(f"{kind}: ValueError, {'InvalidSetOrdering' if 'InvalidSetOrdering' in str(error) else error}")
PYTHON
} | tee seen
diff expected seen && echo "as described"

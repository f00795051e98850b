#!/usr/bin/env bash
# With SoftHSM, python-pkcs11 raises one error for three different things, which PKCS#11 tells apart.
#
# PKCS#11 has CKR_ENCRYPTED_DATA_INVALID for what does not decrypt, and CKR_DEVICE_REMOVED and others for a token that is gone
# (v2.40, sections 5.1 and 5.9). Here wrong associated data, a changed ciphertext and a token that is gone all raise GeneralError: who
# takes that for damaged data reports damage when the token is unplugged. A value that is known tells them apart.
# Needs Debian's softhsm2.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check python-pkcs11==0.10.1
mkdir "$room/tokens"
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$room" >"$room/softhsm2.conf"
export SOFTHSM2_CONF="$room/softhsm2.conf"
softhsm2-util --init-token --free --label desk --pin 1234 --so-pin 1234 >/dev/null
cat >"$room/expected" <<'TEXT'
python-pkcs11 0.10.1
SoftHSM 2.6
the same value and associated data: opens
other associated data: GeneralError
a changed ciphertext: GeneralError
a token that is gone: GeneralError
TEXT
(cd "$room" && venv/bin/python - | tee "$room/seen") <<'PYTHON'
import os
from importlib.metadata import version

import pkcs11
from pkcs11 import GCMParams, KeyType, Mechanism

library = pkcs11.lib("/usr/lib/softhsm/libsofthsm2.so")
print("python-pkcs11", version("python-pkcs11"))
print("SoftHSM", ".".join(map(str, library.library_version)))
session = library.get_token(token_label="desk").open(rw=True, user_pin="1234")
key = session.generate_key(KeyType.AES, 256)
iv = bytes(12)


def using(associated):
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(iv, associated, 128)}


wrapped = key.encrypt(b"a data key", **using(b"here"))


def seen(what, act):
    try:
        act()
    except pkcs11.PKCS11Error as error:
        print(f"{what}: {type(error).__name__}")
    else:
        print(f"{what}: opens")


seen("the same value and associated data", lambda: key.decrypt(wrapped, **using(b"here")))
seen("other associated data", lambda: key.decrypt(wrapped, **using(b"there")))
seen("a changed ciphertext", lambda: key.decrypt(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), **using(b"here")))
os.rename("tokens", "gone")
seen("a token that is gone", lambda: library.get_token(token_label="desk"))
PYTHON
diff "$room/expected" "$room/seen" && echo "as described"

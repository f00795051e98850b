#!/bin/sh
# Installs Debian's SoftHSM for the tests of wrapped keys, where it is missing.
set -eu
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
as_root apt-get update -qq
as_root apt-get install -y -qq --no-install-recommends softhsm2

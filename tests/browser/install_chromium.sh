#!/bin/sh
# Installs Debian's Chromium for the browser tests, where it is missing.
set -eu
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
as_root apt-get update -qq
as_root apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei

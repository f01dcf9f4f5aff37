#!/usr/bin/env bash
# Gradescope runs this once, when its image is made: a Python that is new enough, and the pins.
set -euo pipefail
cd "$(dirname "$0")"
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq python3 python3-pip python3-venv bubblewrap
fi
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  python3 -m venv .venv
else # the image's own Python is older than what the course needs
  python3 -m pip install --quiet uv
  python3 -m uv venv --seed --python 3.12 .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock

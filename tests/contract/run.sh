#!/usr/bin/env bash
# Whether the server keeps what its OpenAPI document says: bash tests/contract/run.sh [examples]
# Tries the built program (target/debug/bookplate) on SQLite and PostgreSQL. Needs Python 3 with venv; the rest it installs
# into target/contract, from PyPI or what PIP_INDEX_URL names.
set -euo pipefail
cd "$(dirname "$0")"
place=${CARGO_TARGET_DIR:-../../target}/contract
export PYTHONDONTWRITEBYTECODE=1

if ! cmp -s requirements.txt "$place/installed"; then
    rm -rf "$place"
    python3 -m venv "$place" || { echo "there is no Python with venv; install it (Debian: apt-get install python3-venv)"; exit 1; }
    "$place/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt || {
        echo "the package registry cannot be reached, or lacks what requirements.txt names; PIP_INDEX_URL can name another one"
        exit 1
    }
    cp requirements.txt "$place/installed"
fi

"$place/bin/openapi-spec-validator" ../../openapi.json
"$place/bin/python" client.py
"$place/bin/python" fuzz.py --examples "${1:-25}"

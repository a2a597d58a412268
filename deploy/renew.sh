#!/usr/bin/env bash
# Write the locks anew from pyproject.toml, with the newest versions within its bounds.
# Needs uv. Give --upgrade-package NAME to renew one package only; nothing renews all.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() { # FILE, then what else uv is told
    local file=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --custom-compile-command deploy/renew.sh --output-file "$file" "$@"
}

upgrade=("${@:---upgrade}")
extras=(--extra ocr --extra passwords --extra postgres --extra sources) # what the image has beyond the plain install
lock deploy/requirements.lock "${upgrade[@]}" "${extras[@]}" pyproject.toml
lock deploy/requirements-serve.lock --upgrade "${extras[@]}" \
    --override deploy/lean.txt --constraint deploy/requirements.lock pyproject.toml
python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["milvus"])' |
    lock deploy/requirements-milvus.lock "${upgrade[@]}" --constraint deploy/requirements-serve.lock -
echo setuptools | lock deploy/requirements-build.lock "${upgrade[@]}" -
printf '%s\n' build cyclonedx-bom setuptools | lock deploy/requirements-release.lock "${upgrade[@]}" -
python deploy/licences.py

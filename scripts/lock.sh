#!/usr/bin/env bash
# Resolve the requirements of development and of serving for every platform, and write them with
# hashes. Locked versions are kept, unless a requirement has changed or `--upgrade` is given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv=$1
shift

overrides=$(mktemp)
trap 'rm -f "$overrides"' EXIT
# openapi-python-client asks for an older typer than the service has, and works with this one.
grep '^typer==' hf_space/requirements.txt >"$overrides"

# lock(folder of a requirements.txt, options...)
lock() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command 'make lock' \
        --overrides "$overrides" --output-file "$1/requirements.lock.txt" \
        "$1/requirements.txt" "${@:2}"
}

lock . "$@"
# Tests use the versions that are served.
lock hf_space --constraints requirements.lock.txt "$@"

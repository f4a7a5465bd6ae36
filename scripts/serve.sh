#!/usr/bin/env bash
# Serve the API and, with `--site`, the site in front of it, until either ends or both are stopped.
# `--reload` makes each follow edits; it uses the development environment.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

api_port=${BIOPSIA_PORT:-${PORT:-7860}}
site_port=${SITE_PORT:-3000}
site=http://localhost:$site_port
api=http://localhost:$api_port

# Bodies too large for the site's host are sent directly to the API by its pages.
export BIOPSIA_CORS_ORIGINS=${BIOPSIA_CORS_ORIGINS-$site}
export BIOPSIA_API_URL=${BIOPSIA_API_URL:-$api}
export NEXT_TELEMETRY_DISABLED=1

serve_api=(.venv-serve/bin/python app.py)
serve_site=(start)
if [[ " $* " == *" --reload "* ]]; then
    serve_api=(.venv/bin/python -m uvicorn app:app --port "$api_port" --no-proxy-headers
        --reload --reload-dir hf_space)
    serve_site=(dev)
fi

pids=()
finish() {
    trap '' INT TERM
    kill "${pids[@]}" 2>/dev/null
    wait
    exit "$1"
}
trap 'finish 0' INT TERM

echo "Biopsia is starting at $api (demo, API and its /docs)"
"${serve_api[@]}" &
pids+=($!)
if [[ " $* " == *" --site "* ]]; then
    # A page that is opened before the API answers says that the service is down.
    until (exec 3<>"/dev/tcp/127.0.0.1/$api_port") 2>/dev/null || ! kill -0 "${pids[0]}" 2>/dev/null; do
        sleep 0.5
    done
    echo "The site will answer at $site"
    (cd frontend && exec node node_modules/next/dist/bin/next "${serve_site[@]}" --port "$site_port") &
    pids+=($!)
else
    echo "The site is left out: it needs Node.js 20.9 or newer."
fi
# Not `wait -n`, which the bash of macOS does not have.
while true; do
    for pid in "${pids[@]}"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            wait "$pid"
            finish "$?"
        fi
    done
    sleep 0.5
done

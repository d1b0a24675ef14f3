#!/usr/bin/env bash
# Measure the model that ships and write all that is said of it again, in about five minutes:
#
#     bash benchmarks/figures.sh REAL [quality] [speed]
#
# REAL is a file of labelled real tasks, of which aggregates alone are kept. With `quality` the other ways to answer are
# compared again (a quarter of an hour, extra `benchmark`), with `speed` times are taken again (needs a quiet machine).
# The python of the environment comes from PYTHON, by default `python`.
set -euo pipefail
real=$(realpath "${1:?name a file of real tasks}")
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

"$python" -m escalation figures --unseen "$real" --out models/figures.json
"$python" -m escalation audit --no-curve --doubtful 0 --reference "$real" --second data/second-labels.jsonl --json > "$new/audit.json"
cp "$new/audit.json" data/audit.json
for more in "${@:2}"; do
  case $more in
    quality) "$python" benchmarks/quality.py --real "$real" --json benchmarks/quality.json > "$new/quality.txt" ;;
    speed) "$python" benchmarks/speed.py --real "$real" --json "$new/speed.json" && cp "$new/speed.json" benchmarks/ ;;
    *) echo "what is $more? quality or speed" >&2 && exit 2 ;;
  esac
done
"$python" benchmarks/documents.py
"$python" notebooks/execute.py

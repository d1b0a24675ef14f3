"""Contents of reports: a full one of the small home mode, one of the rules alone, and one with hostile texts."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
LONG = "Donaudampfschifffahrtsgesellschaft" * 8
ODD = "\u2028\x00\x07\ud800\ufffe \u202eright to left 🧪👩🏽‍🚀 \"'&amp; {{ 7 * 7 }} {% raw %}"

CUT = ["a" * shift + "🧪" * 40 for shift in range(4)]


def put(contents, place, value):
    """Change the entry of nested objects and lists that a place such as ``errors/kinds/1/count`` names."""
    *parents, last = (int(key) if key.isdigit() else key for key in place.split("/"))
    for key in parents:
        contents = contents[key]
    contents[last] = value


def full():
    return json.loads((ROOT / "tests" / "data" / "report.json").read_text())


def rules_only():
    contents = full()
    contents["about"] |= {"engine": "rules", "method": "unseen"}
    for key in ("averages", "labels"):
        contents[key] = {name: row for name, row in contents[key].items() if name in ("rules", "majority")}
    contents |= {
        "genres": {},
        "registers": {},
        "evidence": {},
        "robustness": {},
        "curves": {},
        "agreement": {},
        "terms": {},
        "findings": [],
    }
    contents |= {"reliability": None, "coverage": None, "settled": None, "learning_curve": None, "drift": None}
    for kind in contents["errors"]["kinds"]:
        for example in kind["examples"]:
            example |= {"probability": None, "threshold": None, "spans": []}
    return contents


def hostile():
    contents = full()
    contents["about"]["corpus"]["path"] = f"{SCRIPT}.jsonl"
    contents["registers"][SCRIPT] = contents["registers"]["chapters"]
    contents["genres"][SCRIPT] = contents["genres"]["plans"]
    for place, text in enumerate((SCRIPT, LONG, ODD, *CUT)):
        example = dict(contents["errors"]["kinds"][0]["examples"][0], id=text, text=f"{text} {text}")
        example["spans"] = [
            {"start": 0, "end": len(text) // 2, "weight": 1.0},
            {"start": 3, "end": 10**6, "weight": 2.0},
        ]
        example["rules"] = [{"id": "a.b", "section": text, "value": "for", "text": text}]
        contents["errors"]["kinds"][0]["examples"].append(example)
        contents["terms"]["escalate:illustrator"]["for"].append({"term": text, "kind": "ngram", "weight": 0.5})
        contents["drift"]["more"].append({"term": text, "here": 2.0 + place, "there": 1.0})
        contents["drift"]["unknown"].append({"term": text, "count": 2})
        contents["findings"].append(dict(contents["findings"][0], message=text, remedy=text))
    return contents

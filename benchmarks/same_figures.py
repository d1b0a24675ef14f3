"""Compare the figures of two evaluations: exit 1 where one differs by more than 0.005.

    escalation evaluate --json > fresh.json
    python benchmarks/same_figures.py models/figures.json fresh.json

Other versions of libraries may move a figure a little; a change of the model or of the method moves it more.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLERANCE = 0.005


def figures(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield every figure between 0 and 1 with its place in the JSON."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from figures(each, f"{name}.{key}" if name else key)
    elif isinstance(value, float) and abs(value) <= 1:
        yield name, value


def main() -> None:
    kept, fresh = (dict(figures(json.loads(Path(path).read_text())["engines"])) for path in sys.argv[1:3])
    moved = [
        f"{name}: {kept.get(name)} -> {fresh.get(name)}"
        for name in sorted(kept.keys() | fresh.keys())
        if abs(kept.get(name, 9) - fresh.get(name, -9)) > TOLERANCE
    ]
    if moved:
        sys.exit("\n".join([f"{sys.argv[1]}: {len(moved)} figures moved; replace it if that is right", *moved]))
    print(f"{len(kept)} figures within {TOLERANCE}")


if __name__ == "__main__":
    main()

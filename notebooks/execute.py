"""Execute the notebooks and keep their outputs, or check that what they hold is what they give.

    python notebooks/execute.py                     # all of this folder, in place
    python notebooks/execute.py --check [FILE ...]  # writes nothing; exits 1 where one raises or a text differs

Pictures are not compared. In texts white space may differ, and numbers by what other versions of libraries may change:
a number with a decimal point by 0.02, another by 2, both by 5 %. A cell with the tag "varies" picks what it shows by
such numbers; of its outputs only the count must be the same.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from escalation.files import replacing_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parent
SECONDS = 120
"""A cell that takes longer has failed: a notebook is there to be read and run again."""
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(path: Path) -> NotebookNode:
    """Run all cells in a fresh kernel; nothing of the machine or the hour is kept."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    options = {"timeout": SECONDS, "record_timing": False, "coalesce_streams": True}
    NotebookClient(notebook, resources=resources, **options).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def differences(kept: NotebookNode, fresh: NotebookNode) -> Iterator[str]:
    """Say where the outputs of two runs of one notebook differ."""
    for number, (one, other) in enumerate(zip(kept.cells, fresh.cells, strict=True), 1):
        if one.cell_type != "code":
            continue
        for output in other.outputs:
            if output.get("name") == "stderr":
                yield f"cell {number} writes to standard error: {output.text.strip()[:200]}"
        old, new = texts(one), texts(other)
        if len(old) != len(new):
            yield f"cell {number} has {len(new)} outputs and held {len(old)}"
        for before, after in zip(old, new, strict=False):
            if "varies" not in one.metadata.get("tags", []) and not alike(before, after):
                yield f"cell {number}\n- {before.strip()}\n+ {after.strip()}"


def texts(cell: Any) -> list[str]:
    """What a cell put out, as text; a picture only by its kind."""
    found = []
    for output in cell.outputs:
        data = output.get("data", {"text/plain": output.get("text", "")})
        pictures = sorted(kind for kind in data if kind.startswith("image/"))
        found.append(" ".join(pictures) if pictures else str(data.get("text/plain", "")))
    return found


def alike(one: str, other: str) -> bool:
    """Whether two texts are the same but for white space and small differences of numbers."""
    words, others = (" ".join(NUMBER.sub("#", text).split()) for text in (one, other))
    return words == others and all(
        near(first, second) for first, second in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    )


def near(one: str, other: str) -> bool:
    """Whether two numbers differ by no more than other versions of libraries may make them."""
    room = 0.02 if "." in one + other else 2
    first, second = (float(number.replace(",", "")) for number in (one, other))
    return abs(first - second) <= max(room, 0.05 * abs(first)) + 1e-9


def main() -> None:
    """Execute or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", help="notebooks; by default all of this folder")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a text differs")
    options = parser.parse_args()
    wrong = []
    for path in options.files or sorted(FOLDER.glob("*.ipynb")):
        try:
            fresh = executed(path)
        except CellExecutionError as error:
            wrong.append(f"{path.name}: raises\n{error}")
            continue
        if options.check:
            wrong += (f"{path.name}: {what}" for what in differences(nbformat.read(path, as_version=4), fresh))
        else:
            with replacing_file(path) as stream:
                stream.write(nbformat.writes(fresh).rstrip() + "\n")
    if wrong:
        print("\n".join(wrong))
        sys.exit("a notebook does not give what it holds; see notebooks/execute.py for what executes it again")


if __name__ == "__main__":
    main()

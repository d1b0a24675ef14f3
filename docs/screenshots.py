"""Make the pictures of docs/report.md: ``python docs/screenshots.py REPORT.html``.

The report must be one of the project's own corpus: its tasks can be read in the pictures. Needs the extra ``dev`` and
Chromium.
"""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests"))

import browser  # noqa: E402

MOST_BYTES = 150_000
SHOTS = {
    "report-wide.png": {"width": 1000, "height": 820, "dark": False, "place": None},
    "report-phone.png": {"width": 360, "height": 760, "dark": False, "place": "labels"},
    "report-dark.png": {"width": 1000, "height": 680, "dark": True, "place": "errors"},
}
OPEN = (
    "document.querySelector('details.kind').open = true;"
    "if (arguments[0]) document.getElementById(arguments[0]).scrollIntoView()"
)


def main(report: Path) -> None:
    with browser.chromium() as driver:
        for name, shot in SHOTS.items():
            browser.show(driver, report, shot["width"], height=shot["height"], dark=shot["dark"])
            driver.execute_script(OPEN, shot["place"])
            png = browser.screenshot(driver)
            if len(png) > MOST_BYTES:
                sys.exit(f"{name}: {len(png):,} bytes are too many for a document; show less of the page")
            (DOCS / name).write_bytes(png)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

"""The page as a reader sees it in a browser: on a phone and on a desktop, in light and dark colours.

Run by ``pytest -m browser``, which needs Chromium (Debian's package ``chromium``).
"""

from __future__ import annotations

import shutil

import pytest

import report_contents
from escalation.report import page as report_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECTIONS = ["summary", "findings", "quality", "labels", "errors", "trust", "rules", "learned", "drift", "making"]
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

COMPLAINTS = r"""() => {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  const found = new Set();
  const style = (element) => getComputedStyle(element);
  const start = (text) => text.trim().replace(/\s+/g, " ").slice(0, 40);
  const hidden = (element) => element.closest("thead") && style(element.closest("thead")).position === "absolute";
  const scrolls = (element) => {
    const box = element.closest(".scroll");
    return box && style(box).overflowX === "auto" && box.scrollWidth > box.clientWidth;
  };
  if (document.documentElement.scrollWidth > innerWidth) found.add("the page scrolls sideways");

  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement, range = document.createRange();
    if (!node.data.trim() || hidden(element)) continue;
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.width && box.height) lines.push({ node, element, box, text: start(node.data) });
  }
  lines.sort((one, other) => one.box.top - other.box.top);
  lines.forEach(({ node, element, box, text }, place) => {
    const frame = element.closest("svg")?.getBoundingClientRect() ?? new DOMRect(0, -1e6, innerWidth, 1e9);
    const inside = box.left > frame.left - 1 && box.right < frame.right + 1;
    const within = box.top > frame.top - 1 && box.bottom < frame.bottom + 1;
    if (!(inside && within) && !scrolls(element)) found.add(`cut off: ${text}`);
    for (let next = place + 1; next < lines.length && lines[next].box.top < box.bottom - 2; next += 1) {
      const other = lines[next], across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      if (node !== other.node && across > 1) found.add(`overlap: ${text} | ${other.text}`);
    }
  });
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("svg") || hidden(element) || style(element).display === "inline" || scrolls(element)) continue;
    if (element.clientWidth && element.scrollWidth > element.clientWidth + 1)
      found.add(`cut off: ${start(element.textContent)}`);
  }

  // Contrast as in WCAG 2, for text of normal size.
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = rgb.map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const [red, green, blue, alpha = 1] = channels(style(element).backgroundColor);
    const below = alpha < 1 ? behind(element.parentElement) : [0, 0, 0];
    return [red, green, blue].map((value, at) => value * alpha + below[at] * (1 - alpha));
  };
  for (const { element, text } of lines) {
    const ink = luminance(channels(element.closest("svg") ? style(element).fill : style(element).color).slice(0, 3));
    const paper = luminance(behind(element));
    if ((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5) found.add(`too pale: ${text}`);
  }
  return [...found];
}"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium"), "args": CHROMIUM}


@pytest.fixture(scope="module", params=["full", "rules_only", "hostile"])
def written(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_page.page(getattr(report_contents, request.param)()), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_reader_sees_everything_and_nothing_is_loaded(page, written, width, colours):
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)
    page.goto(written)
    assert page.evaluate(COMPLAINTS) == []
    assert errors == []
    assert requests == [written]
    assert page.title().startswith("Evaluation of")
    assert page.evaluate("[...document.querySelectorAll('section')].map(s => s.offsetHeight && s.id)") == SECTIONS
    for chart in page.locator("figure.chart").all():
        assert sum(drawing.is_visible() for drawing in chart.locator("svg").all()) == 1
    papers = page.evaluate(
        "[...document.querySelectorAll('.chart svg > rect')].map(r => getComputedStyle(r).fill)"
        ".concat(getComputedStyle(document.body).backgroundColor)"
    )
    assert len(set(papers)) == 1

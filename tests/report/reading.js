// What a reader would complain of on this page: text that is cut off, overlaps, runs out of the window or is too pale.
const complaints = [];
document.querySelectorAll("details").forEach((details) => { details.open = true; });

const shortened = (text) => text.trim().replace(/\s+/g, " ").slice(0, 40);
const hiddenHead = (element) => {
  const head = element.closest("thead");
  return head !== null && getComputedStyle(head).position === "absolute";
};
const scrolls = (element) => {
  const box = element.closest(".scroll");
  return box !== null && getComputedStyle(box).overflowX === "auto" && box.scrollWidth > box.clientWidth;
};

if (document.documentElement.scrollWidth > innerWidth) complaints.push("the page scrolls sideways");

// Every line of text with the box that it takes.
const lines = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || hiddenHead(element)) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) if (box.width && box.height) lines.push({ node, element, box });
}

for (const { node, element, box } of lines) {
  if (!scrolls(element) && (box.left < -1 || box.right > innerWidth + 1)) complaints.push(`out of the window: ${shortened(node.data)}`);
  const drawing = element.closest("svg");
  if (drawing === null) continue;
  const frame = drawing.getBoundingClientRect();
  if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
    complaints.push(`cut off at the edge of ${drawing.querySelector("title").id}: ${shortened(node.data)}`);
}

lines.sort((one, other) => one.box.top - other.box.top);
lines.forEach((one, place) => {
  for (let next = place + 1; next < lines.length && lines[next].box.top < one.box.bottom - 2; next += 1) {
    const other = lines[next];
    const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    if (one.node !== other.node && across > 1) complaints.push(`overlap: ${shortened(one.node.data)} | ${shortened(other.node.data)}`);
  }
});

for (const element of document.body.querySelectorAll("*")) {
  if (element.closest("svg") || hiddenHead(element) || getComputedStyle(element).display === "inline") continue;
  if (element.clientWidth && element.scrollWidth > element.clientWidth + 1 && !scrolls(element))
    complaints.push(`cut off in its ${element.tagName.toLowerCase()}: ${shortened(element.textContent)}`);
}

// Contrast as in WCAG 2: at least 4.5, or 3 for large text.
const channels = (colour) => {
  const parts = colour.match(/[\d.]+/g).map(Number);
  return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
};
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
  return layers.reduceRight((below, { rgb, alpha }) => below.map((value, at) => value * (1 - alpha) + rgb[at] * alpha), [255, 255, 255]);
};
const luminance = (rgb) => {
  const [red, green, blue] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
for (const { node, element } of lines) {
  const style = getComputedStyle(element);
  const ink = luminance(channels(element.closest("svg") ? style.fill : style.color).rgb);
  const paper = luminance(behind(element));
  const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  if (contrast < (large ? 3 : 4.5)) complaints.push(`too pale (${contrast.toFixed(1)}): ${shortened(node.data)}`);
}
return [...new Set(complaints)];

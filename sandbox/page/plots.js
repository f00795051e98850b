// Draw charts (bars, lines, areas and pies), each as an SVG of a given width in pixels.

const HEIGHT = 260;
const TOP = 12;
const TICKS = 4;
const CHARACTER_PX = 6.6;
const WIDE_CHARACTER_PX = 12;
const SLANT = Math.PI / 5;
const WIDEST_BAR_PX = 44;

function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(width, height, title, children) {
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": title }, children);
}

/** Return the value of a series for a category. */
export function valueAt(series, category) {
  return series.data.find((point) => point.label === category)?.value ?? 0;
}

const tip = (text) => s("title", {}, text);

/** Estimate the width of a text at the charts' font size; CJK characters are square. */
function textWidth(text) {
  return [...text].reduce((sum, one) => sum + (one.codePointAt(0) > 0x2e7f ? WIDE_CHARACTER_PX : CHARACTER_PX), 0);
}

function shorten(text, room) {
  let short = [...text];
  while (short.length > 2 && textWidth(short.join("")) > room) short = short.slice(0, -1);
  return short.length < [...text].length ? `${short.slice(0, -1).join("")}…` : text;
}

/** Return a scale of round numbers that includes all values and zero: `{low, high, ticks}`. */
export function scale(values) {
  const most = Math.max(0, ...values);
  const least = Math.min(0, ...values);
  const rough = (most - least || 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const isWhole = values.every(Number.isInteger);
  const step = Math.max(isWhole ? 1 : 0, [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough));
  const low = Math.floor(least / step) * step;
  const high = Math.ceil((most || step) / step) * step;
  const count = Math.round((high - low) / step);
  return { low, high, ticks: Array.from({ length: count + 1 }, (_, index) => low + index * step) };
}

/** Return the frame of an xy chart (axes, grid and labels), and the positions of values and categories. */
function frame(spec, { width, title, number }) {
  const { categories, x_label: xLabel, y_label: yLabel } = spec.axis_config;
  const { low, high, ticks } = scale(spec.series.flatMap((one) => one.data.map((point) => point.value)));
  const left = 14 + Math.max(...ticks.map((tick) => textWidth(number.format(tick)))) + (yLabel ? 18 : 0);
  const right = width - 10;
  const slot = (right - left) / categories.length;
  const longest = Math.max(...categories.map(textWidth));
  const isSlanted = longest > slot - 6;
  const room = Math.min(longest, 84);
  const bottom = HEIGHT - (isSlanted ? 18 + room * Math.sin(SLANT) : 26) - (xLabel ? 18 : 0);
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - TOP);
  const x = (index) => left + slot * (index + 0.5);
  const nodes = [
    ticks.map((tick) => [
      s("line", { class: tick === 0 ? "chart-zero" : "chart-grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }),
      s("text", { class: "chart-tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, number.format(tick)),
    ]),
    categories.map((category, index) => {
      const turn = isSlanted ? `rotate(${(-SLANT * 180) / Math.PI} ${x(index)} ${bottom + 14})` : null;
      const anchor = isSlanted ? "end" : "middle";
      const shown = isSlanted ? shorten(category, room) : category;
      const place = { class: "chart-tick", x: x(index), y: bottom + (isSlanted ? 14 : 18), "text-anchor": anchor };
      return s("text", { ...place, transform: turn }, shown, tip(category));
    }),
    xLabel && s("text", { class: "chart-axis", x: (left + right) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, xLabel),
    yLabel && s("text", {
      class: "chart-axis",
      "text-anchor": "middle",
      transform: `translate(12 ${(TOP + bottom) / 2}) rotate(-90)`,
    }, yLabel),
  ].filter(Boolean);
  return { x, y, slot, categories, nodes, draw: (marks) => svg(width, HEIGHT, title, [nodes, marks]) };
}

/** Bars side by side, a group for each category. */
export function bars(spec, options) {
  const { x, y, slot, categories, draw } = frame(spec, options);
  const { number } = options;
  const thick = Math.min(WIDEST_BAR_PX, (slot * 0.76) / spec.series.length);
  const start = (thick * spec.series.length) / 2;
  return draw(spec.series.map((series, at) => categories.map((category, index) => {
    const value = valueAt(series, category);
    const left = x(index) - start + at * thick;
    const top = Math.min(y(value), y(0));
    const shape = { x: left + 1, y: top, width: Math.max(1, thick - 2), height: Math.abs(y(value) - y(0)), rx: 2 };
    const text = number.format(value);
    const isRoomy = textWidth(text) <= thick + 4;
    return [
      s("rect", { ...shape, class: `mark series-${at}` }, tip(`${series.name}, ${category}: ${text}`)),
      isRoomy && s("text", { class: "chart-value", x: left + thick / 2, y: top - 3, "text-anchor": "middle" }, text),
    ].filter(Boolean);
  })));
}

function path(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** A line with a dot at each value. */
export function lines(spec, options) {
  const { x, y, categories, draw } = frame(spec, options);
  return draw(spec.series.map((series, at) => {
    const points = categories.map((category, index) => [x(index), y(valueAt(series, category))]);
    return [
      s("path", { class: `trace series-${at}`, d: path(points) }),
      dots(series, at, categories, points, options.number),
    ];
  }));
}

/** Areas from zero, each with its line; later ones are in front. */
export function areas(spec, options) {
  const { x, y, categories, draw } = frame(spec, options);
  return draw(spec.series.map((series, at) => {
    const points = categories.map((category, index) => [x(index), y(valueAt(series, category))]);
    const closed = `${path(points)}L${points.at(-1)[0]} ${y(0)}L${points[0][0]} ${y(0)}Z`;
    return [
      s("path", { class: `area series-${at}`, d: closed }),
      s("path", { class: `trace series-${at}`, d: path(points) }),
      dots(series, at, categories, points, options.number),
    ];
  }));
}

function dots(series, at, categories, points, number) {
  return points.map(([cx, cy], index) => s("circle", { class: `mark series-${at}`, cx, cy, r: 3.5 },
    tip(`${series.name}, ${categories[index]}: ${number.format(valueAt(series, categories[index]))}`)));
}

/** A ring; the legend has the names and shares. */
export function pie(spec, { width, title, number }) {
  const size = Math.min(220, width);
  const radius = size / 2 - 4;
  const total = spec.segments.reduce((sum, one) => sum + one.value, 0);
  let turned = 0;
  const slices = spec.segments.map(({ label, value }, at) => {
    const from = turned;
    turned += value / total;
    const shape = spec.segments.length === 1 ? whole(radius) : slice(from, turned, radius);
    return s("path", { class: `mark slice series-${at}`, d: shape }, tip(`${label}: ${number.format(value)}`));
  });
  const sum = s("text", { class: "chart-total", "text-anchor": "middle", y: 7 }, number.format(total));
  return svg(size, size, title, s("g", { transform: `translate(${size / 2} ${size / 2})` }, slices, sum));
}

const HOLE = 0.56;

function slice(from, to, radius) {
  const at = (share, r) => {
    const angle = 2 * Math.PI * share - Math.PI / 2;
    return `${(r * Math.cos(angle)).toFixed(2)} ${(r * Math.sin(angle)).toFixed(2)}`;
  };
  const isLarge = to - from > 0.5 ? 1 : 0;
  const hole = radius * HOLE;
  return `M${at(from, radius)}A${radius} ${radius} 0 ${isLarge} 1 ${at(to, radius)}`
    + `L${at(to, hole)}A${hole} ${hole} 0 ${isLarge} 0 ${at(from, hole)}Z`;
}

function whole(radius) {
  const ring = (r, sweep) => `M0 ${-r}A${r} ${r} 0 1 ${sweep} 0 ${r}A${r} ${r} 0 1 ${sweep} 0 ${-r}Z`;
  return ring(radius, 1) + ring(radius * HOLE, 0);
}

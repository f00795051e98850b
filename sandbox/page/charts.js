// `data_visualization` blocks as SVG, with a legend, and with their data as a table.

import { append, div, h, span } from "./dom.js";
import { areas, bars, lines, pie, valueAt } from "./plots.js";

const NARROWEST_PX = 240;
const PLOTS = { bar: bars, line: lines, area: areas, pie };

/** Return the element of a `data_visualization` block; null for an unknown kind of chart. */
export function chart(block, ctx) {
  const spec = block.chart ?? {};
  const plot = Object.hasOwn(PLOTS, spec.type) ? PLOTS[spec.type] : null;
  if (!plot) return null;
  const number = new Intl.NumberFormat(ctx.language);
  const canvas = div("chart-canvas");
  const figure = h("figure", { class: "chart" },
    h("figcaption", {}, block.title),
    canvas,
    legend(spec, number),
    numbers(spec, block.title, ctx, number));
  const draw = (width) => canvas.replaceChildren(plot(spec, { width, title: block.title, number }));
  new ResizeObserver(([entry]) => {
    const width = Math.max(NARROWEST_PX, Math.floor(entry.contentRect.width));
    if (width !== Number(canvas.dataset.width)) {
      canvas.dataset.width = width;
      draw(width);
    }
  }).observe(canvas);
  return figure;
}

function legend(spec, number) {
  const total = (spec.segments ?? []).reduce((sum, one) => sum + one.value, 0);
  const items = spec.segments
    ? spec.segments.map(({ label, value }) => `${label} · ${number.format(value)} (${Math.round((100 * value) / total)}%)`)
    : spec.series.map(({ name }) => name);
  if (!spec.segments && items.length < 2) return null;
  return h("ul", { class: "chart-legend" }, items.map((text, index) =>
    h("li", {}, span(`swatch series-${index}`), text)));
}

/** Return the data as a collapsed table, with a row for each category. */
function numbers(spec, title, ctx, number) {
  const columns = spec.segments ? [ctx.t("Value")] : spec.series.map(({ name }) => name);
  const rows = spec.segments
    ? spec.segments.map(({ label, value }) => [label, value])
    : spec.axis_config.categories.map((category) => [category, ...spec.series.map((one) => valueAt(one, category))]);
  const head = h("tr", {}, h("td", {}), columns.map((name) => h("th", { scope: "col", class: "align-right" }, name)));
  const body = rows.map(([label, ...values]) => h("tr", {},
    h("th", { scope: "row" }, label),
    values.map((value) => h("td", { class: "align-right" }, number.format(value)))));
  const table = h("table", { "aria-label": title }, h("thead", {}, head), append(h("tbody"), body));
  return h("details", { class: "chart-numbers" },
    h("summary", {}, ctx.t("Show data")),
    div("table-frame", table));
}

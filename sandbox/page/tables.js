// `table` and `data_table` blocks. Wide ones scroll sideways; a data table can be sorted and has pages.

import { div, fill, h, span } from "./dom.js";
import { richText } from "./richtext.js";

const PAGE_SIZE = 5;
const UNBROKEN = 12;

/** A `table` block: it has no header; columns may be aligned. */
export function table(block, ctx) {
  const align = (column) => block.column_settings?.[column]?.align;
  const rows = (block.rows ?? []).map((items) =>
    row(items, (item, column) => cell("td", item, ctx, { align: align(column) })));
  return div("table-frame", h("table", {}, h("tbody", {}, rows)));
}

/** A `data_table` block: a caption, a header that sorts, a row header column, and pages. */
export function dataTable(block, ctx) {
  const [header = [], ...body] = block.rows ?? [];
  const view = { rows: body, size: block.page_size ?? PAGE_SIZE, page: 0, column: null, isDown: false };
  const naming = block.row_header_column_index ?? 0;
  const tbody = h("tbody");
  const foot = div("table-pages");
  const heads = header.map((item, column) => {
    const align = body[0]?.[column]?.type === "raw_number" ? "right" : null;
    const button = h("button", { type: "button", class: "sort", title: ctx.t("Sort") }, content(item, ctx));
    button.addEventListener("click", () => {
      turnSort(view, column);
      draw();
    });
    return h("th", { scope: "col", class: align && `align-${align}` }, button);
  });

  function draw() {
    view.rows = sorted(body, view, ctx);
    const shown = view.rows.slice(view.page * view.size, (view.page + 1) * view.size);
    fill(tbody, shown.map((items) => row(items, (item, column) =>
      (column === naming ? cell("th", item, ctx, { scope: "row" }) : cell("td", item, ctx)))));
    for (const [column, node] of heads.entries()) {
      const way = view.isDown ? "descending" : "ascending";
      node.setAttribute("aria-sort", column === view.column ? way : "none");
    }
    drawPages(foot, view, ctx, draw);
  }
  draw();
  return div("table-frame",
    div("table-scroll", h("table", {}, h("caption", {}, block.caption), h("thead", {}, h("tr", {}, heads)), tbody)),
    body.length > view.size && foot);
}

/** Sort ascending, then descending, then not at all. */
function turnSort(view, column) {
  if (view.column !== column) Object.assign(view, { column, isDown: false });
  else if (!view.isDown) view.isDown = true;
  else view.column = null;
  view.page = 0;
}

function sorted(rows, { column, isDown }, ctx) {
  if (column === null) return rows;
  const words = new Intl.Collator(ctx.language, { numeric: true });
  const compare = (one, other) => {
    const [a, b] = [one[column], other[column]];
    if (a.type === "raw_number" && b.type === "raw_number") return a.value - b.value;
    return words.compare(content(a, ctx, true), content(b, ctx, true));
  };
  return [...rows].sort((one, other) => (isDown ? compare(other, one) : compare(one, other)));
}

function drawPages(node, view, ctx, draw) {
  const last = Math.ceil(view.rows.length / view.size) - 1;
  const from = view.page * view.size;
  const turn = (step, label, sign) => {
    const isEnd = view.page + step < 0 || view.page + step > last;
    const button = h("button", { type: "button", class: "page-turn", "aria-label": ctx.t(label), disabled: isEnd }, sign);
    button.addEventListener("click", () => {
      view.page += step;
      draw();
      const again = node.querySelectorAll(".page-turn");
      ([...again].find((one) => one.getAttribute("aria-label") === ctx.t(label) && !one.disabled)
        ?? [...again].find((one) => !one.disabled))?.focus();
    });
    return button;
  };
  const range = { from: from + 1, to: Math.min(from + view.size, view.rows.length), n: view.rows.length };
  fill(node,
    h("span", { role: "status" }, ctx.t("{from}–{to} of {n}", range)),
    span("page-turns", turn(-1, "Previous page", "‹"), turn(1, "Next page", "›")));
}

function row(items, makeCell) {
  return h("tr", {}, items.map(makeCell));
}

const SIDES = new Set(["left", "center", "right"]);

function cell(tag, item, ctx, { align, scope } = {}) {
  const side = align ?? (item.type === "raw_number" ? "right" : null);
  const isShort = item.type !== "rich_text" && content(item, ctx, true).length <= UNBROKEN;
  const className = [SIDES.has(side) && `align-${side}`, isShort && "unbroken"].filter(Boolean).join(" ");
  return h(tag, { class: className || null, scope }, content(item, ctx));
}

function content(item, ctx, isPlain = false) {
  if (item.type === "rich_text") return isPlain ? richText(item, ctx).textContent : richText(item, ctx);
  if (item.type === "raw_text") return item.text ?? "";
  if (item.type === "raw_number") return item.text ?? String(item.value ?? "");
  return isPlain ? "" : ctx.unknownElement(item.type);
}

// The popup of a select menu: a list of options, with a search field if it is long or external.

import { div, fill, h, span } from "./dom.js";
import { closeMenu, holdOpen, placePopup } from "./menu.js";

const WAIT_MS = 250;

/**
 * Open the popup under `anchor`. `load(typed)` returns, or resolves to, groups `{label, options: [{value, label, …}]}`, or
 * `{hint}`; `take(chosen)` gets the chosen options. In a multi-select it is called on every press.
 */
export function openPicker(anchor, { ctx, label, load, isRemote, hasSearch, isMultiple, most, chosen, canClear, take }) {
  if (anchor.getAttribute("aria-expanded") === "true") return closeMenu();
  const { t } = ctx;
  const view = { rows: [], at: -1, chosen: [...chosen], asked: 0 };
  const id = `${anchor.id || "picker"}-list`;
  const list = h("div", { id, class: "picker-list", role: "listbox", "aria-label": label, "aria-multiselectable": String(isMultiple) });
  const status = h("div", { class: "picker-hint", role: "status" });
  const search = h("input", {
    type: "text",
    class: hasSearch ? "field picker-search" : "picker-search sr-only",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-expanded": "true",
    "aria-controls": id,
    "aria-label": hasSearch ? t("Search: {what}", { what: label }) : label,
    placeholder: t("Search"),
    readonly: !hasSearch,
  });
  const popup = div("popup popup-wide picker", search, status, list);
  popup.style.minWidth = `${Math.min(anchor.offsetWidth, window.innerWidth - 16)}px`;
  const close = holdOpen(anchor, popup);

  function draw(answer) {
    const groups = Array.isArray(answer) ? answer : [];
    view.rows = [];
    const nodes = groups.flatMap((group) => {
      const rows = group.options.map(makeRow);
      return rows.length && group.label ? [div("popup-group", group.label), ...rows] : rows;
    });
    if (canClear && !isMultiple && !search.value) nodes.unshift(makeRow({ label: t("Clear selection"), isClear: true }));
    fill(list, nodes);
    const hint = answer?.hint ?? (view.rows.length ? "" : t("No results."));
    fill(status, hint);
    status.hidden = !hint;
    const first = view.rows.findIndex(({ item }) => isChosen(item));
    highlight(first >= 0 ? first : view.rows.length ? 0 : -1);
    placePopup(popup, anchor);
  }

  function makeRow(item) {
    const index = view.rows.length;
    const node = h("div", { id: `${id}-${index}`, role: "option", class: "popup-item", "aria-selected": String(isChosen(item)) },
      span("popup-words", span("popup-label", item.label),
        item.description && span("popup-description", item.description)));
    node.addEventListener("click", () => pick(index));
    node.addEventListener("pointermove", () => highlight(index));
    view.rows.push({ item, node });
    return node;
  }

  const isChosen = (item) => view.chosen.some((one) => one.value === item.value);

  function highlight(index) {
    view.at = index;
    for (const [at, { node }] of view.rows.entries()) node.classList.toggle("active", at === index);
    const node = view.rows[index]?.node;
    if (node) search.setAttribute("aria-activedescendant", node.id);
    else search.removeAttribute("aria-activedescendant");
    node?.scrollIntoView({ block: "nearest" });
  }

  function pick(index) {
    const { item, node } = view.rows[index] ?? {};
    if (!item || view.isStale) return;
    if (!isMultiple) {
      close(true);
      take(item.isClear ? [] : [item]);
      return;
    }
    if (isChosen(item)) view.chosen = view.chosen.filter((one) => one.value !== item.value);
    else if (view.chosen.length < most) view.chosen.push(item);
    node.setAttribute("aria-selected", String(isChosen(item)));
    take([...view.chosen]);
    search.focus();
  }

  async function ask() {
    const round = ++view.asked;
    const typed = search.value.trim();
    if (isRemote) fill(status, t("Searching …"));
    status.hidden = !isRemote;
    const answer = await load(typed);
    if (round !== view.asked || !popup.isConnected) return;
    view.isStale = false;
    draw(isRemote || !typed ? answer : narrowed(answer, typed));
  }

  let timer = null;
  search.addEventListener("input", () => {
    view.isStale = true;
    clearTimeout(timer);
    if (isRemote) timer = setTimeout(ask, WAIT_MS);
    else ask();
  });
  popup.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const size = view.rows.length;
    const moves = {
      ArrowDown: () => highlight((view.at + 1) % size),
      ArrowUp: () => highlight((view.at - 1 + size) % size),
      PageDown: () => highlight(Math.min(view.at + 8, size - 1)),
      PageUp: () => highlight(Math.max(view.at - 8, 0)),
      Enter: () => pick(view.at),
      Escape: () => close(true),
      Tab: () => close(true),
    };
    if (!hasSearch) moves[" "] = moves.Enter;
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    if (size || event.key === "Escape" || event.key === "Tab") moves[event.key]();
  });
  ask();
  search.focus();
  return undefined;
}

function narrowed(groups, typed) {
  const wanted = typed.toLowerCase();
  return groups.map((group) => ({
    ...group,
    options: group.options.filter(({ label, description, alias }) =>
      [label, description, alias].join(" ").toLowerCase().includes(wanted)),
  }));
}

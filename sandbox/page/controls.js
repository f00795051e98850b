// Interactive elements: buttons and overflow menus here, select menus and fields in their own modules.

import { h } from "./dom.js";
import { FIELDS } from "./fields.js";
import { openMenu } from "./menu.js";
import { PICKERS } from "./pickers.js";

const KINDS = { button, overflow, ...PICKERS, ...FIELDS };
let made = 0;

/**
 * Return the control for an interactive element in a block of `host`, or null for an unknown type.
 * `id` is the control's id, for the label of an input block.
 */
export function control(element, block, host, ctx, id = `control-${++made}`) {
  const make = Object.hasOwn(KINDS, element.type) ? KINDS[element.type] : null;
  return make && make(element, block, host, ctx, id);
}

function identity(element, block) {
  return { action: element.action_id, block: block.block_id };
}

function button(element, block, host, ctx, id) {
  const style = ["primary", "danger"].includes(element.style) ? ` ${element.style}` : "";
  const node = h("button", {
    type: "button",
    id,
    class: `block-button${style}`,
    "aria-label": element.accessibility_label ?? null,
    data: identity(element, block),
  }, ctx.words(element.text));
  node.addEventListener("click", () => {
    openUrl(element.url);
    host.send(block, element, element.value, node);
  });
  return node;
}

function openUrl(url) {
  if (/^https?:/i.test(url ?? "")) window.open(url, "_blank", "noopener,noreferrer");
}

function overflow(element, block, host, ctx, id) {
  const node = h("button", {
    type: "button",
    id,
    class: "block-button overflow",
    "aria-label": ctx.t("More actions"),
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    data: identity(element, block),
  }, "⋯");
  const items = element.options.map((option) => ({
    label: ctx.words(option.text),
    description: ctx.words(option.description),
    pick() {
      openUrl(option.url);
      host.send(block, element, option, node);
    },
  }));
  node.addEventListener("click", () => {
    if (node.getAttribute("aria-busy") !== "true") openMenu(node, items, { label: ctx.t("More actions") });
  });
  return node;
}

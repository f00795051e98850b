// The side pane of a Work Object, in the panel: what the app presents to the acting member alone.

import { renderBlocks } from "./blocks.js";
import { div, fill, h } from "./dom.js";

/** Draw a pane into the panel's body. `pane` is null when it was closed; without content it waits for the app. */
export function drawPane(body, pane, { ctx, press }) {
  if (!pane) return;
  const isWaiting = !pane.title && !pane.error && !pane.blocks.length;
  const host = {
    errors: {},
    held: () => null,
    note() {},
    options: async () => [],
    send: async (block, element, _value, node) => {
      if (node?.getAttribute("aria-busy") === "true") return false;
      node?.setAttribute("aria-busy", "true");
      const isTaken = await press({ block_id: block.block_id, action_id: element.action_id });
      node?.removeAttribute("aria-busy");
      return isTaken;
    },
  };
  fill(body, isWaiting
    ? h("p", { class: "feed-empty", role: "status" }, ctx.t("Loading …"))
    : div("pane-page",
      h("h3", { class: "block-header" }, pane.title),
      pane.error && h("p", { role: "alert" }, pane.error),
      div("blocks", renderBlocks(pane.blocks, host, ctx))));
}

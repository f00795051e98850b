// The acting member's App Home, shown in place of a channel's messages.

import { renderBlocks } from "./blocks.js";
import { div, fill, h } from "./dom.js";
import { viewHost } from "./hosts.js";
import { afterMenu } from "./menu.js";

export class Home {
  /** `act` sends an action; it resolves to the sandbox's response or throws. */
  constructor(node, { act, complain }) {
    Object.assign(this, { node, act, complain, seen: null, draft: new Map() });
  }

  /** Forget the shown view, for another member or when the Home is opened again. */
  clear(ctx) {
    this.seen = null;
    this.draft.clear();
    fill(this.node, h("p", { class: "feed-empty", role: "status" }, ctx.t("Loading …")));
  }

  /** Show the view. If it did not change, nothing is redrawn. */
  show(view, ctx) {
    const seen = JSON.stringify([view?.blocks, ctx.language]);
    if (seen === this.seen) return;
    this.seen = seen;
    afterMenu(() => this.seen === seen && this.draw(view, ctx));
  }

  draw(view, ctx) {
    if (!view) {
      fill(this.node, h("p", { class: "feed-empty" }, ctx.t("Nothing has been published here yet.")));
      return;
    }
    const active = this.node.contains(document.activeElement) ? document.activeElement.dataset : null;
    const place = this.node.scrollTop;
    const host = viewHost(view, ctx, { draft: this.draft, onTouch() {}, act: (action) => this.send(action) });
    fill(this.node, div("home-page", div("blocks", renderBlocks(view.blocks, host, ctx))));
    this.node.scrollTop = place;
    if (active?.action) {
      const again = [...this.node.querySelectorAll("[data-action]")].find((node) =>
        node.dataset.action === active.action && node.dataset.block === active.block);
      (again ?? this.node).focus();
    }
  }

  async send(action) {
    try {
      await this.act(action);
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }
}

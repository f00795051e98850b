// The panel on the right: a thread, the traffic or the faults. One is open at a time; on a narrow screen it covers the page.

import { fill, h, rememberFocus } from "./dom.js";
import { icon } from "./icons.js";

export class Panel {
  constructor(node, onChange) {
    this.node = node;
    this.onChange = onChange;
    this.name = null;
    this.leave = null;
    this.refocus = null;
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation();
      this.close();
    });
  }

  /** Open a panel; `build(body)` fills it and may return a function to call when it closes. */
  open({ name, title, closeLabel, build }) {
    const refocus = rememberFocus();
    this.leave?.();
    this.name = name;
    if (this.node.hidden) this.refocus = refocus;
    const close = h("button", { type: "button", class: "icon-button", "aria-label": closeLabel }, icon("close"));
    close.addEventListener("click", () => this.close());
    const body = h("div", { class: `panel-body panel-${name.split(" ")[0]}` });
    fill(this.node, h("header", { class: "panel-head" }, h("h2", { id: "panel-title" }, title), close), body);
    this.node.setAttribute("aria-labelledby", "panel-title");
    this.node.hidden = false;
    document.body.classList.add("panel-open");
    this.leave = build(body) ?? null;
    if (!body.contains(document.activeElement)) close.focus();
    this.onChange();
  }

  close() {
    if (!this.name) return;
    this.leave?.();
    Object.assign(this, { name: null, leave: null });
    this.node.hidden = true;
    fill(this.node);
    document.body.classList.remove("panel-open");
    this.onChange();
    if (!this.refocus?.()) document.querySelector("#composer textarea")?.focus();
  }

  /** Open a panel, or close it if it is already open. */
  toggle(options) {
    if (this.name === options.name) this.close();
    else this.open(options);
  }
}

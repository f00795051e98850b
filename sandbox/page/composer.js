// The composer: a text box that completes commands, users and channels, and has a history of sent lines.

import { commandOf, suggest } from "./completion.js";
import { div, fill, h, span } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";

const REMEMBERED = 50;
const MAX_HEIGHT_PX = 220;

/**
 * The composer in `node`. `send(text)` resolves when the line was accepted and rejects when it must be restored.
 * `name` makes the ids of this composer unique; `onShortcut` starts one of the app's shortcuts.
 */
export class Composer {
  constructor(node, { send, name = "main", onShortcut = null }) {
    Object.assign(this, { node, send, name, onShortcut });
    this.drafts = new Map();
    this.sent = new Map();
    this.place = null;
    this.offer = null;
    this.picked = 0;
    this.recalled = null;
    this.pending = 0;
    this.build(node);
  }

  build(node) {
    this.text = h("textarea", {
      rows: "1",
      spellcheck: "false",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-controls": `${this.name}-suggestions`,
      "aria-haspopup": "listbox",
    });
    this.list = h("div", { id: `${this.name}-suggestions`, class: "suggestions", role: "listbox", hidden: true });
    this.hint = h("div", { class: "usage-hint", hidden: true });
    this.status = h("span", { class: "composer-status", role: "status" });
    this.keys = span("composer-keys");
    this.button = h("button", { type: "button", class: "send" }, "➤");
    this.closed = h("div", { class: "composer-closed", hidden: true });
    this.bolt = h("button", {
      type: "button", class: "icon-button bolt", "aria-haspopup": "menu", "aria-expanded": "false", hidden: true,
    }, icon("bolt"));
    this.box = div("composer-box", this.bolt, this.text, this.button);
    fill(node, this.list, this.hint, this.box, this.closed, div("composer-foot", this.status, this.keys));

    this.text.addEventListener("input", () => {
      this.recalled = null;
      this.refresh();
    });
    this.text.addEventListener("click", () => this.refresh());
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.text.addEventListener("blur", () => this.closeList());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.button.addEventListener("click", () => this.submit());
    this.bolt.addEventListener("click", () => this.openShortcuts());
  }

  /**
   * Switch to another member or channel; each keeps its own draft.
   * `closed` says why the member can't write here, or is null. In a `thread` (its ts) there are no commands, as in Slack.
   */
  enter({ ctx, state, channel, title, closed, thread = null }) {
    Object.assign(this, { ctx, state: thread ? { ...state, commands: [] } : state });
    const { t } = ctx;
    this.text.setAttribute("aria-label", thread ? t("Reply in the thread") : t("Message {channel}", { channel: title }));
    this.text.placeholder = thread
      ? t("Reply …")
      : t("Message {channel}, or type / for a command", { channel: title });
    this.button.setAttribute("aria-label", t("Send"));
    this.button.title = t("Send");
    this.bolt.hidden = !this.shortcuts().length || Boolean(thread);
    this.bolt.setAttribute("aria-label", t("Shortcuts"));
    this.bolt.title = t("Shortcuts");
    this.keys.textContent = t("Enter to send · Shift + Enter for a new line");
    this.box.hidden = Boolean(closed);
    this.closed.hidden = !closed;
    this.closed.textContent = closed ?? "";
    this.turnTo(`${ctx.me.id}/${channel.id}/${thread ?? ""}`);
  }

  shortcuts() {
    return (this.state.shortcuts ?? []).filter((one) => one.type === "global");
  }

  openShortcuts() {
    const items = this.shortcuts().map((one) => ({
      label: one.name, description: one.description, pick: () => this.onShortcut(one.callback_id),
    }));
    openMenu(this.bolt, items, { label: this.ctx.t("Shortcuts"), wide: true });
  }

  /** Switch the draft. A newer state of the same channel keeps the text that is being written. */
  turnTo(place) {
    if (place === this.place) return;
    if (this.place) this.drafts.set(this.place, this.text.value);
    this.place = place;
    this.text.value = this.drafts.get(place) ?? "";
    this.recalled = null;
    this.refresh();
  }

  focus() {
    this.text.focus();
  }

  onKey(event) {
    // While an input method (pinyin) is composing, Enter and the arrow keys belong to it.
    if (event.isComposing || event.keyCode === 229) return;
    const handled = (this.offer && this.onListKey(event)) || this.onTextKey(event);
    if (handled) event.preventDefault();
  }

  onListKey(event) {
    const size = this.offer.items.length;
    if (event.key === "ArrowDown") return this.highlight((this.picked + 1) % size);
    if (event.key === "ArrowUp") return this.highlight((this.picked - 1 + size) % size);
    if (event.key === "Escape") return this.closeList();
    if (event.key === "Tab" && !event.shiftKey) return this.accept(this.picked);
    // A completely typed word needs no completion: Enter sends.
    const isWhole = this.offer.items[this.picked].insert === this.offer.typed;
    if (event.key === "Enter" && !event.shiftKey && !isWhole) return this.accept(this.picked);
    return false;
  }

  onTextKey(event) {
    if (event.key === "Enter" && !event.shiftKey) {
      this.submit();
      return true;
    }
    if (event.key === "ArrowUp") return this.recall(1);
    if (event.key === "ArrowDown") return this.recall(-1);
    return false;
  }

  /** Go back (1) or forward (-1) in this member's history, if nothing else is being written. */
  recall(step) {
    const lines = this.sent.get(this.ctx.me.id) ?? [];
    const isFree = this.recalled !== null || !this.text.value;
    const next = (this.recalled ?? -1) + step;
    if (!isFree || next >= lines.length || next < -1 || (this.recalled === null && step < 0)) return false;
    this.text.value = next === -1 ? "" : lines[next];
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
    this.refresh();
    this.closeList();
    this.recalled = next === -1 ? null : next;
    return true;
  }

  /** Update everything that depends on the text: the height, the suggestions, the usage hint. */
  refresh() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, MAX_HEIGHT_PX)}px`;
    const isCaret = this.text.selectionStart === this.text.selectionEnd;
    this.offer = isCaret && document.activeElement === this.text
      ? suggest(this.text.value, this.text.selectionStart, { state: this.state, t: this.ctx.t })
      : null;
    this.picked = 0;
    this.drawList();
    this.drawHint();
    this.button.disabled = !this.text.value.trim();
  }

  drawList() {
    this.list.hidden = !this.offer;
    if (!this.offer) {
      this.text.removeAttribute("aria-activedescendant");
      fill(this.list);
      return;
    }
    this.list.setAttribute("aria-label", this.offer.title);
    const title = h("div", { class: "suggestions-title", role: "presentation" }, this.offer.title);
    fill(this.list, title, this.offer.items.map((item, index) => this.suggestion(item, index)));
    this.highlight(this.picked);
  }

  suggestion(item, index) {
    const row = h("div", { id: `${this.name}-suggestion-${index}`, role: "option", class: "suggestion" },
      span("suggestion-label", item.label),
      item.hint && span("suggestion-hint", item.hint),
      item.description && span("suggestion-description", item.description));
    row.addEventListener("click", () => this.accept(index));
    return row;
  }

  highlight(index) {
    this.picked = index;
    for (const [at, row] of [...this.list.querySelectorAll("[role=option]")].entries()) {
      row.setAttribute("aria-selected", String(at === index));
      if (at === index) row.scrollIntoView({ block: "nearest" });
    }
    this.text.setAttribute("aria-activedescendant", `${this.name}-suggestion-${index}`);
    return true;
  }

  drawHint() {
    const command = commandOf(this.text.value, this.state);
    this.hint.hidden = !command;
    if (command) fill(this.hint, h("b", {}, command.command), ` ${command.usage_hint || command.description}`);
  }

  accept(index) {
    const { start, end, items } = this.offer;
    const rest = this.text.value.slice(end).replace(/^ /, "");
    this.text.value = `${this.text.value.slice(0, start)}${items[index].insert} ${rest}`;
    const caret = start + items[index].insert.length + 1;
    this.text.setSelectionRange(caret, caret);
    this.text.focus();
    this.recalled = null;
    this.refresh();
    return true;
  }

  closeList() {
    this.offer = null;
    this.drawList();
    return true;
  }

  async submit() {
    // As in Slack, a leading space makes a command line an ordinary message.
    const line = this.text.value.trimEnd();
    if (!line || this.box.hidden) return;
    const { place, ctx } = this;
    this.remember(ctx.me.id, line);
    this.text.value = "";
    this.recalled = null;
    this.refresh();
    this.closeList();
    this.showPending(1, line);
    try {
      await this.send(line);
    } catch {
      this.giveBack(place, line);
    } finally {
      this.showPending(-1, "");
    }
  }

  /** Restore a line that was not accepted, unless something else has been written meanwhile. */
  giveBack(place, line) {
    if (place !== this.place) {
      if (!this.drafts.get(place)) this.drafts.set(place, line);
    } else if (!this.text.value) {
      this.text.value = line;
      this.text.setSelectionRange(line.length, line.length);
      this.refresh();
      this.closeList();
    }
  }

  showPending(change, line) {
    this.pending += change;
    const [what] = line.split(/\s/);
    const text = what.startsWith("/") ? this.ctx.t("Sending {what} …", { what }) : this.ctx.t("Sending …");
    if (change > 0 || !this.pending) this.status.textContent = this.pending ? text : "";
    this.box.classList.toggle("pending", this.pending > 0);
  }

  remember(user, line) {
    const lines = (this.sent.get(user) ?? []).filter((known) => known !== line);
    this.sent.set(user, [line, ...lines].slice(0, REMEMBERED));
  }
}

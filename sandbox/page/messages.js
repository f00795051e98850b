// The feed of one channel: messages grouped by day, updated without losing the reader's scroll position.

import { messageBody } from "./blocks.js";
import { div, h, span } from "./dom.js";
import { displayName } from "./mentions.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { instantOf } from "./time.js";

const GROUP_MS = 5 * 60_000;
const NEAR_BOTTOM_PX = 120;

/**
 * The feed in `list`, with a button that jumps to new messages below. `onThread(ts)` opens a thread,
 * `onShortcut(callback_id, message)` starts a shortcut of the app.
 */
export class Feed {
  constructor(list, jump, { onThread, onShortcut }) {
    Object.assign(this, { onThread, onShortcut });
    this.list = list;
    this.jump = jump;
    this.messages = [];
    this.drawn = new Map();
    this.isAtEnd = true;
    jump.addEventListener("click", () => this.toBottom());
    list.addEventListener("scroll", () => {
      this.isAtEnd = this.isNearBottom();
      if (this.isAtEnd) this.jump.hidden = true;
    });
    // A panel that opens beside the feed changes its line breaks; a reader at the end stays at the end.
    new ResizeObserver(() => this.isAtEnd && this.toBottom()).observe(list);
  }

  /** Show a channel from its end. `unread` is the number of other users' messages that the reader has not seen. */
  show(messages, { ctx, channel, unread = 0 }) {
    Object.assign(this, { messages: [...messages], ctx, channel, drawn: new Map() });
    this.firstUnread = firstUnread(messages, unread, ctx.me.id);
    this.render();
    this.toBottom();
  }

  /** Redraw all messages after a change of the reader's language. */
  redraw(ctx) {
    Object.assign(this, { ctx, drawn: new Map() });
    this.render();
  }

  /** Empty the feed at once, so that no channel's messages are shown under another's name. */
  clear(ctx, channel) {
    Object.assign(this, { messages: [], ctx, channel, drawn: new Map(), firstUnread: null });
    this.list.replaceChildren();
    this.jump.hidden = true;
  }

  /** Insert or replace a message. New messages scroll into view if they are the reader's or the feed is at its end. */
  put(message) {
    const at = this.messages.findIndex((known) => known.id === message.id);
    const wasNear = this.isNearBottom();
    if (at === -1) this.insert(message);
    else this.messages[at] = message;
    this.render();
    if (wasNear || (at === -1 && message.user === this.ctx.me.id)) this.toBottom();
    else if (at === -1) this.jump.hidden = false;
  }

  insert(message) {
    const after = this.messages.findLastIndex((known) => instantOf(known) <= instantOf(message));
    this.messages.splice(after + 1, 0, message);
  }

  remove(id) {
    this.messages = this.messages.filter((message) => message.id !== id);
    this.render();
  }

  /** Scroll to the message with this `ts` and highlight it briefly. */
  reveal(ts) {
    const message = this.messages.find((one) => one.ts === ts);
    if (message && this.isInThread(message)) this.onThread(message.thread_ts);
    const node = this.list.querySelector(`[data-ts="${CSS.escape(message?.thread_ts ?? ts)}"]`);
    node?.classList.add("revealed");
    node?.scrollIntoView({ block: "center" });
  }

  isNearBottom() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_BOTTOM_PX;
  }

  toBottom() {
    this.list.scrollTop = this.list.scrollHeight;
    this.jump.hidden = true;
  }

  /** Update the list. Unchanged messages keep their elements, and so a pending press. */
  render() {
    const focused = focusedControl(this.list);
    const place = this.list.scrollTop;
    const drawn = new Map();
    const nodes = this.rows().map(({ key, seen, make }) => {
      const known = this.drawn.get(key);
      const isSame = known && known.seen.every((value, index) => value === seen[index]);
      const entry = isSame ? known : { seen, node: make() };
      drawn.set(key, entry);
      return entry.node;
    });
    this.drawn = drawn;
    reconcile(this.list, nodes.length ? nodes : [h("p", { class: "feed-empty" }, this.ctx.t("No messages yet."))]);
    this.list.scrollTop = place;
    this.jump.textContent = `${this.ctx.t("New messages")} ↓`;
    if (focused && document.activeElement === document.body) this.list.querySelector(focused)?.focus();
  }

  /** Return the rows of the list: each has a key, the values it depends on, and a function that makes it. */
  rows() {
    const { ctx } = this;
    let previous = null;
    return this.messages.filter((message) => !this.isInThread(message)).flatMap((message) => {
      const rows = [];
      const instant = instantOf(message);
      const day = ctx.time.dayKey(instant);
      const isNewDay = !previous || ctx.time.dayKey(instantOf(previous)) !== day;
      const isFirstUnread = message.id === this.firstUnread;
      const isFollowing = !isNewDay && !isFirstUnread && follows(message, previous);
      const replies = this.repliesTo(message);
      const thread = replies.length ? `${replies.length} ${instantOf(replies.at(-1)).getTime()}` : "";
      if (isNewDay) rows.push(dividerRow(`day ${day}`, "day-divider", ctx.time.dayDivider(instant)));
      if (isFirstUnread) rows.push(dividerRow("new", "new-divider", ctx.t("New")));
      const make = () => messageRow(message, { ctx, isFollowing, replies, onThread: this.onThread, onShortcut: this.onShortcut });
      rows.push({ key: message.id, seen: [message, isFollowing, thread], make });
      previous = message;
      return rows;
    });
  }

  /** Whether a message is shown in a thread rather than here. A reply whose parent was deleted stays here. */
  isInThread(message) {
    return isReply(message) && !message.broadcast && this.messages.some((other) => other.ts === message.thread_ts);
  }

  repliesTo(message) {
    return message.ephemeral ? [] : this.messages.filter((other) => isReply(other) && other.thread_ts === message.ts);
  }
}

/**
 * A message as an article: author, time, visibility, content and number of `replies`.
 * With `onThread` it has a reply button, with `onShortcut` the app's message shortcuts.
 */
export function messageRow(message, { ctx, isFollowing = false, replies = [], onThread = null, onShortcut = null }) {
  const { t, time } = ctx;
  const author = ctx.users.get(message.user);
  const name = author ? displayName(author) : message.name || message.user;
  const instant = instantOf(message);
  const stamp = { class: "message-time", datetime: instant.toISOString(), title: time.exact(instant) };
  const clock = h("time", stamp, time.clock(instant));
  const marks = [isFollowing && "following", message.ephemeral && "ephemeral", message.mentions_me && !message.ephemeral && "mentions-me"];
  const className = ["message", ...marks].filter(Boolean).join(" ");
  return h("article", { class: className, "aria-label": name, data: { id: message.id, ts: message.ts } },
    div("message-margin", isFollowing ? clock : avatar(name, message.is_bot)),
    div("message-main",
      message.ephemeral && div("only-you", t("Only visible to you")),
      !isFollowing && div("message-heading",
        span("author", name),
        message.is_bot && span("app-badge", t("App")),
        clock),
      isReply(message) && onThread && div("reply-to", t("in a thread")),
      messageBody(message, ctx),
      message.edited && !message.is_bot && span("edited", t("(edited)")),
      replies.length > 0 && threadButton(message, replies, ctx, onThread)),
    onThread && !message.ephemeral && tools(message, ctx, { onThread, onShortcut }));
}

function threadButton(message, replies, ctx, onThread) {
  const last = ctx.time.clock(instantOf(replies.at(-1)));
  const button = h("button", { type: "button", class: "thread-button", data: { action: "thread" } },
    span("thread-replies", replyCount(replies.length, ctx)),
    span("thread-last", ctx.t("last reply {time}", { time: last })));
  button.addEventListener("click", () => onThread(message.ts));
  return button;
}

/** The actions on a message, shown when the pointer or the focus is on it. */
function tools(message, ctx, { onThread, onShortcut }) {
  const label = ctx.t("Reply in a thread");
  const reply = h("button", { type: "button", class: "icon-button", "aria-label": label, title: label }, icon("chat"));
  reply.addEventListener("click", () => onThread(isReply(message) ? message.thread_ts : message.ts));
  return div("message-tools", reply, ctx.messageShortcuts.length > 0 && shortcutMenu(message, ctx, onShortcut));
}

function shortcutMenu(message, ctx, onShortcut) {
  const label = ctx.t("Message shortcuts");
  const node = h("button", {
    type: "button", class: "icon-button", "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": "false",
  }, icon("dots"));
  const items = ctx.messageShortcuts.map((one) => ({
    label: one.name, description: one.description, pick: () => onShortcut(one.callback_id, message.id),
  }));
  node.addEventListener("click", () => openMenu(node, items, { label }));
  return node;
}

/** A square with a name's first letter, or a Chinese name's last character, in a colour derived from the name. */
export function avatar(name, isApp = false) {
  const characters = [...name.replace(/[^\p{L}\p{N}]/gu, "")];
  const isHan = /\p{Script=Han}/u.test(characters.at(-1) ?? "");
  const letter = (isHan ? characters.at(-1) : characters[0]) ?? "?";
  const hue = [...name].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 360, 7);
  const className = isApp ? "avatar avatar-app" : "avatar";
  const node = h("span", { class: className, "aria-hidden": "true" }, letter.toUpperCase());
  if (!isApp) node.style.setProperty("--hue", String(hue));
  return node;
}

function dividerRow(key, kind, text) {
  const make = () => h("div", { class: `divider ${kind}`, role: "separator", "aria-label": text }, h("span", {}, text));
  return { key, seen: [text], make };
}

/** Make the nodes the children of `parent` without moving those that are already in order. */
function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let cursor = parent.firstChild;
  for (const node of nodes) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
}

function follows(message, previous) {
  if (!previous || previous.user !== message.user || previous.name !== message.name) return false;
  if (message.ephemeral || previous.ephemeral || message.thread_ts) return false;
  return instantOf(message) - instantOf(previous) < GROUP_MS;
}

function firstUnread(messages, unread, reader) {
  if (!unread) return null;
  const others = messages.filter((message) => message.user !== reader && !message.ephemeral);
  return others.at(-Math.min(unread, others.length))?.id ?? null;
}

/** Return a selector for the focused control, so that a redrawn message can restore the focus. */
function focusedControl(list) {
  const active = document.activeElement;
  const article = list.contains(active) ? active.closest("article") : null;
  if (!article || !active.dataset.action) return null;
  const { action, block } = active.dataset;
  const within = block ? `[data-block="${CSS.escape(block)}"]` : "";
  return `article[data-id="${CSS.escape(article.dataset.id)}"] [data-action="${CSS.escape(action)}"]${within}`;
}

/** Whether a message is a thread reply. */
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** Return the number of replies as text. */
export function replyCount(n, { t }) {
  return n === 1 ? t("1 reply") : t("{n} replies", { n });
}

// A thread in the panel: the parent message, its replies, and a composer.

import { Composer } from "./composer.js";
import { div, fill, h } from "./dom.js";
import { isReply, messageRow, replyCount } from "./messages.js";

export class Thread {
  constructor({ send }) {
    this.send = send;
    this.ts = null;
    this.key = "";
  }

  /** Fill the panel's body with the thread of `ts`. `place` has the values for the composer. */
  show(body, ts, { ctx, messages, place }) {
    this.ts = ts;
    this.list = h("div", { class: "thread-list", role: "log", "aria-label": ctx.t("Thread") });
    this.composer ??= new Composer(div("composer"), { send: (line) => this.send(line, this.ts), name: "thread" });
    fill(body, this.list, this.composer.node);
    this.draw(ctx, messages);
    this.composer.enter({ ...place, ctx, thread: ts });
    this.list.scrollTop = this.list.scrollHeight;
    this.composer.focus();
    return () => {
      this.ts = null;
    };
  }

  /** Update the thread from the messages of its channel. */
  draw(ctx, messages) {
    if (!this.ts) return;
    const parent = messages.find((message) => message.ts === this.ts && !message.ephemeral);
    const replies = messages.filter((message) => isReply(message) && message.thread_ts === this.ts);
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80;
    const key = JSON.stringify([parent, replies, ctx.language]);
    if (key === this.key && this.list.childElementCount) return;
    this.key = key;
    fill(this.list,
      parent ? messageRow(parent, { ctx }) : h("p", { class: "feed-empty" }, ctx.t("This message no longer exists.")),
      replies.length > 0 && div("thread-count", replyCount(replies.length, ctx)),
      replies.map((message) => messageRow(message, { ctx })));
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

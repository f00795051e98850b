// The acting member's modals: a dialog that shows the top of their view stack.

import { renderBlocks } from "./blocks.js";
import { div, fill, h, span } from "./dom.js";
import { statesOf, viewHost } from "./hosts.js";
import { icon } from "./icons.js";
import { afterMenu, closeMenu } from "./menu.js";
import { ask, isInside } from "./overlay.js";

export class Modal {
  /** `api` has `act`, `submit` and `close`, each of which resolves to the sandbox's response or throws. */
  constructor({ api, complain }) {
    Object.assign(this, { api, complain, dialog: null, view: null, drafts: new Map(), touched: new Set() });
  }

  /** Show the top of the stack, or hide the dialog when it is empty. */
  show(stack, ctx) {
    this.ctx = ctx;
    this.depth = stack.length;
    this.forget(stack);
    const view = stack.at(-1);
    if (!view) {
      this.take();
      return;
    }
    const isSame = this.dialog && this.view?.id === view.id && contentOf(this.view) === contentOf(view);
    const isNew = this.view?.id !== view.id;
    this.view = view;
    if (isSame) this.showErrors(view.errors);
    else if (isNew) this.draw(true);
    else afterMenu(() => this.view === view && this.draw(false));
  }

  /** Forget the drafts of views that are closed. */
  forget(stack) {
    const open = new Set(stack.map((view) => view.id));
    for (const id of this.drafts.keys()) if (!open.has(id)) this.drafts.delete(id);
    for (const id of this.touched) if (!open.has(id)) this.touched.delete(id);
  }

  /** Hide the dialog and restore the focus. */
  take() {
    this.view = null;
    if (!this.dialog) return;
    closeMenu();
    const { dialog, opener } = this;
    this.dialog = null;
    dialog.close();
    dialog.remove();
    if (opener?.isConnected) opener.focus();
    else document.querySelector("#composer textarea")?.focus();
  }

  draft() {
    const { id } = this.view;
    if (!this.drafts.has(id)) this.drafts.set(id, new Map());
    return this.drafts.get(id);
  }

  build() {
    this.opener = document.activeElement;
    this.dialog = h("dialog", { class: "dialog modal", "aria-labelledby": "modal-title" });
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.dialog.addEventListener("pointerdown", (event) => {
      if (event.target === this.dialog && !isInside(this.dialog, event)) this.leave();
    });
    // On a second Escape a browser closes the dialog without asking, even if the first one was refused.
    this.dialog.addEventListener("close", () => {
      if (!this.dialog?.isConnected) return;
      this.dialog.showModal();
      this.leave();
    });
    document.body.append(this.dialog);
  }

  draw(isNew) {
    if (!this.dialog) this.build();
    const { ctx, view, dialog } = this;
    const focused = isNew ? null : identityOf(document.activeElement);
    const scrolled = isNew ? 0 : dialog.querySelector(".modal-body")?.scrollTop ?? 0;
    if (dialog.contains(document.activeElement)) closeMenu();
    const host = viewHost(view, ctx, {
      draft: this.draft(),
      onTouch: () => this.touched.add(view.id),
      act: (action) => this.act(action),
    });
    this.alarm = h("p", { class: "modal-alarm", role: "alert", hidden: true });
    this.body = div("modal-body", this.alarm, div("blocks", renderBlocks(view.blocks, host, ctx)));
    const form = h("form", { class: "modal-form", novalidate: true }, this.head(), this.body, this.foot());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    form.addEventListener("keydown", (event) => this.onKey(event));
    fill(dialog, form);
    if (!dialog.open) dialog.showModal();
    this.body.scrollTop = scrolled;
    this.focus(focused, isNew);
    this.showErrors(view.errors);
  }

  head() {
    const { t } = this.ctx;
    const back = h("button", { type: "button", class: "icon-button", "aria-label": t("Back") }, icon("back"));
    back.addEventListener("click", () => this.leave());
    const cross = h("button", { type: "button", class: "icon-button", "aria-label": t("Close all") }, icon("close"));
    cross.addEventListener("click", () => this.leave({ isAll: true }));
    return div("modal-head",
      this.depth > 1 ? back : h("span", { class: "avatar avatar-app modal-app", "aria-hidden": "true" }, this.ctx.appName.slice(0, 1)),
      h("h2", { id: "modal-title" }, this.view.title),
      cross);
  }

  foot() {
    const { t } = this.ctx;
    const { submit, close, can_submit: canSubmit } = this.view;
    const leave = h("button", { type: "button", class: "block-button" }, close ?? t("Close"));
    leave.addEventListener("click", () => this.leave());
    this.submitter = submit && h("button", { type: "submit", class: "block-button primary", disabled: !canSubmit }, span("", submit));
    return div("modal-foot", leave, this.submitter);
  }

  focus(focused, isNew) {
    const known = focused && this.dialog.querySelector(focused);
    const first = this.body.querySelector("[autofocus], .field, .select, input, .block-button");
    (known ?? (isNew ? first : null) ?? this.dialog.querySelector(".modal-foot button")).focus();
  }

  onKey(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.submitter) {
      event.preventDefault();
      this.submit();
    }
  }

  async act(action) {
    try {
      await this.api.act(action);
      return true;
    } catch (error) {
      this.say(this.ctx.problem(error));
      return false;
    }
  }

  async submit() {
    const { view, submitter } = this;
    if (!submitter || submitter.disabled || submitter.getAttribute("aria-busy") === "true") return;
    this.alarm.hidden = true;
    this.wait(true);
    try {
      const answer = await this.api.submit(view.id, statesOf(this.draft()));
      if (answer.ok) this.touched.delete(view.id);
      else if (answer.error) this.say(answer.error);
    } catch (error) {
      this.say(this.ctx.problem(error));
    } finally {
      if (this.submitter === submitter) this.wait(false);
    }
    await this.api.refresh();
    this.focusError();
  }

  /** Disable the form while a response is awaited. */
  wait(isWaiting) {
    this.submitter.setAttribute("aria-busy", String(isWaiting));
    this.body.inert = isWaiting;
    this.dialog.setAttribute("aria-busy", String(isWaiting));
  }

  say(text) {
    this.alarm.textContent = text;
    this.alarm.hidden = false;
  }

  showErrors(errors) {
    for (const node of this.body.querySelectorAll(".input-block")) {
      const text = errors?.[node.dataset.block] ?? "";
      const message = node.querySelector(":scope > .field-error");
      if (message.textContent !== text) message.textContent = text;
      message.hidden = !text;
      node.classList.toggle("invalid", Boolean(text));
      const field = node.querySelector(".field, .select, .choices");
      if (text) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  }

  focusError() {
    const field = this.body?.querySelector(".invalid :is(.field, .select, input)");
    if (!field || !this.dialog) return;
    field.focus();
    field.scrollIntoView({ block: "center" });
  }

  /** Close the view, or the whole stack; ask first if something was entered. */
  async leave({ isAll = false } = {}) {
    const { view, ctx } = this;
    if (this.isAsking) return;
    if (isAll ? this.touched.size : this.touched.has(view.id)) {
      this.isAsking = true;
      const isSure = await ask(leaving(ctx.t), ctx);
      this.isAsking = false;
      if (!isSure) return;
    }
    try {
      await this.api.close(view.id, isAll);
      await this.api.refresh();
    } catch (error) {
      this.complain(error);
    }
  }
}

function leaving(t) {
  const plain = (text) => ({ type: "plain_text", text });
  return {
    title: plain(t("Close without saving?")),
    text: plain(t("What you entered will be lost.")),
    confirm: plain(t("Close")),
    deny: plain(t("Keep editing")),
    style: "danger",
  };
}

/** Return what a view's rendering depends on, apart from its errors and entered values. */
function contentOf({ title, submit, close, can_submit: canSubmit, blocks }) {
  return JSON.stringify([title, submit, close, canSubmit, blocks]);
}

/** Return a selector for the focused control. */
function identityOf(node) {
  const { action, block, option } = node?.dataset ?? {};
  if (!action) return null;
  const of = (name, value) => (value === undefined ? "" : `[data-${name}="${CSS.escape(value)}"]`);
  return of("action", action) + of("block", block) + of("option", option);
}

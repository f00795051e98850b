// Toasts, dialogs and confirmation dialogs over the page.

import { div, h, rememberFocus } from "./dom.js";
import { icon } from "./icons.js";

const TOAST_MS = 8_000;

/** Show a toast for some seconds. `kind` is "error" (announced at once) or "info". */
export function toast(text, { kind = "info", closeLabel = "Close" } = {}) {
  const close = h("button", { type: "button", class: "toast-close", "aria-label": closeLabel }, "×");
  const role = kind === "error" ? "alert" : "status";
  const node = h("div", { class: `toast toast-${kind}`, role }, h("span", {}, text), close);
  const remove = () => node.remove();
  close.addEventListener("click", remove);
  const stack = document.getElementById("toasts");
  stack.append(node);
  // Showing it again puts it above a dialog that was opened since.
  if (stack.matches(":popover-open")) stack.hidePopover();
  stack.showPopover();
  setTimeout(remove, TOAST_MS);
}

/**
 * Open a dialog with a title and a close button. Escape and a click outside close it; the focus is restored.
 * Returns the `dialog` element.
 */
export function openDialog({ title, closeLabel, className = "" }, ...children) {
  const cross = h("button", { type: "button", class: "icon-button dialog-close", "aria-label": closeLabel }, icon("close"));
  const dialog = h("dialog", { class: `dialog ${className}`, "aria-labelledby": "dialog-title" },
    div("dialog-head", h("h2", { id: "dialog-title" }, title), cross),
    children);
  cross.addEventListener("click", () => dialog.close());
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !isInside(dialog, event)) dialog.close();
  });
  const refocus = rememberFocus();
  dialog.addEventListener("close", () => {
    dialog.remove();
    refocus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Whether a press is within an element's box, since a press on its backdrop has the element as target too. */
export function isInside(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}

/** Show a Block Kit `confirm` dialog (`words` renders its texts). Resolves to whether it was confirmed. */
export function ask(confirm, { words, t }) {
  const deny = h("button", { type: "button", class: "block-button" }, words(confirm.deny) ?? t("Cancel"));
  const style = confirm.style === "danger" ? "danger" : "primary";
  const confirmed = words(confirm.confirm) ?? t("Confirm");
  const accept = h("button", { type: "button", class: `block-button ${style}` }, confirmed);
  const title = h("h2", { id: "question-title" }, words(confirm.title) ?? "");
  const dialog = h("dialog", { class: "question", "aria-labelledby": "question-title" },
    title,
    div("question-text", words(confirm.text)),
    div("question-buttons", deny, accept));
  document.body.append(dialog);
  return new Promise((resolve) => {
    const answer = (isAccepted) => {
      dialog.close();
      dialog.remove();
      resolve(isAccepted);
    };
    accept.addEventListener("click", () => answer(true));
    deny.addEventListener("click", () => answer(false));
    dialog.addEventListener("close", () => answer(false));
    dialog.showModal();
  });
}

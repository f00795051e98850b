// A popup list under a button: the member switcher, overflow menus and selects. One is open at a time.

import { div, h, rememberFocus, span } from "./dom.js";

let closeOpen = null;
let waiting = [];

/** Close the open popup, if any. */
export function closeMenu() {
  closeOpen?.();
}

/** Run a function that redraws a popup's anchor: now, or after the open popup has closed. */
export function afterMenu(run) {
  if (closeOpen) waiting.push(run);
  else run();
}

/**
 * Show a popup under `anchor`, on top of its dialog, until something else is pressed. Returns a function that closes it;
 * its argument says whether the focus returns to the anchor.
 */
export function holdOpen(anchor, popup) {
  closeMenu();
  const giveBack = rememberFocus(anchor);
  (anchor.closest("dialog") ?? document.body).append(popup);
  placePopup(popup, anchor);
  anchor.setAttribute("aria-expanded", "true");
  const onOutside = (event) => {
    if (!popup.contains(event.target) && !anchor.contains(event.target)) close(false);
  };
  // A phone's keyboard resizes the window: the popup moves but stays open.
  const onResize = () => placePopup(popup, anchor);
  function close(refocus) {
    popup.remove();
    document.removeEventListener("pointerdown", onOutside, true);
    window.removeEventListener("resize", onResize);
    anchor.setAttribute("aria-expanded", "false");
    closeOpen = null;
    if (refocus) giveBack();
    const due = waiting;
    waiting = [];
    // After the item's own handler, so that it is drawn as chosen.
    setTimeout(() => due.forEach((run) => run()));
  }
  closeOpen = () => close(true);
  document.addEventListener("pointerdown", onOutside, true);
  window.addEventListener("resize", onResize);
  return close;
}

/**
 * Open a popup list for `anchor`. Each item is `{label, description?, content?, checked?, group?, pick}`.
 * `kind` is "menu" or "listbox". Arrows, Home, End and a first letter move; Enter and Space pick; Escape and Tab close.
 */
export function openMenu(anchor, items, { kind = "menu", label, wide = false }) {
  if (anchor.getAttribute("aria-expanded") === "true") return closeMenu();
  const buttons = items.map((item) => row(item, kind));
  const className = wide ? "popup popup-wide" : "popup";
  const popup = h("div", { class: className, role: kind, "aria-label": label }, grouped(items, buttons));
  const close = holdOpen(anchor, popup);

  popup.addEventListener("keydown", (event) => {
    const next = target(event, buttons);
    if (next) {
      event.preventDefault();
      next.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close(true);
    }
  });
  for (const [index, button] of buttons.entries()) {
    button.addEventListener("click", () => {
      close(true);
      items[index].pick();
    });
  }
  (buttons[items.findIndex((item) => item.checked)] ?? buttons[0])?.focus();
  return undefined;
}

function row(item, kind) {
  const words = span("popup-words",
    span("popup-label", item.label),
    item.description && span("popup-description", item.description));
  const attributes = { type: "button", class: "popup-item", tabindex: "-1", ...roleOf(item, kind) };
  return h("button", attributes, item.content, words);
}

function roleOf(item, kind) {
  const isChecked = String(Boolean(item.checked));
  if (kind === "listbox") return { role: "option", "aria-selected": isChecked };
  return "checked" in item ? { role: "menuitemradio", "aria-checked": isChecked } : { role: "menuitem" };
}

function grouped(items, buttons) {
  return items.flatMap((item, index) => {
    const isNewGroup = item.group && item.group !== items[index - 1]?.group;
    return isNewGroup ? [div("popup-group", item.group), buttons[index]] : [buttons[index]];
  });
}

function target(event, buttons) {
  const at = buttons.indexOf(document.activeElement);
  const size = buttons.length;
  if (event.key === "ArrowDown") return buttons[(at + 1) % size];
  if (event.key === "ArrowUp") return buttons[(at - 1 + size) % size];
  if (event.key === "Home") return buttons[0];
  if (event.key === "End") return buttons[size - 1];
  if (event.key.length !== 1 || event.key === " ") return null;
  const order = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
  return order.find((button) => button.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase())) ?? null;
}

/** Place a popup below its anchor, or above it if there is no room. */
export function placePopup(popup, anchor) {
  const box = anchor.getBoundingClientRect();
  const margin = 8;
  const left = Math.max(margin, Math.min(box.left, window.innerWidth - popup.offsetWidth - margin));
  const below = window.innerHeight - box.bottom - margin;
  const opensUp = popup.offsetHeight > below && box.top > below;
  popup.style.maxHeight = `${Math.max(120, (opensUp ? box.top : below) - margin)}px`;
  popup.style.left = `${left}px`;
  popup.style.top = opensUp ? `${Math.max(margin, box.top - popup.offsetHeight - 4)}px` : `${box.bottom + 4}px`;
}

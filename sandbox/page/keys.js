// Keyboard shortcuts: between regions, between channels, and from anywhere to the composer.

const REGIONS = ["#sidebar", "#feed, #home", "#composer", "#panel"];
const FOCUSABLE = ["[aria-current=page]", "textarea", "button, a[href], [tabindex='0']"];

/**
 * F6 and Shift+F6 cycle through the regions of the page. Alt+Up and Alt+Down go to the previous or next channel
 * (`onStep(-1)` or `onStep(1)`). A character typed while no field has the focus goes to the composer.
 */
export function listenToKeys({ onStep }) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "F6") {
      event.preventDefault();
      cycleRegions(event.shiftKey ? -1 : 1);
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      onStep(event.key === "ArrowUp" ? -1 : 1);
    } else if (isTyping(event)) {
      document.querySelector("#composer textarea")?.focus();
    }
  });
}

function cycleRegions(step) {
  const regions = REGIONS.map((selector) => [...document.querySelectorAll(selector)].find(isShown)).filter(Boolean);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + step + regions.length) % regions.length];
  const found = FOCUSABLE.map((selector) => next.querySelector(selector)).find((node) => node && isShown(node));
  (next.matches("[tabindex]") ? next : found)?.focus();
}

function isShown(node) {
  return !node.hidden && node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden";
}

function isTyping({ key, ctrlKey, metaKey, altKey }) {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return false;
  const { activeElement: active } = document;
  return active === document.body || active?.id === "feed";
}

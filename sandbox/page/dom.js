// All elements of this page are made here. Strings become text nodes, so that a message's text is never parsed as markup.

/**
 * An element with attributes, data attributes (`data`) and children.
 * Attributes whose value is null, undefined or false are omitted; true makes a boolean attribute.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "data") {
      for (const [key, item] of Object.entries(value)) element.dataset[key] = item ?? "";
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

/** A div with a class. */
export const div = (className, ...children) => h("div", { class: className }, ...children);

/** A span with a class. */
export const span = (className, ...children) => h("span", { class: className }, ...children);

/** Append nodes and strings, flattening lists and skipping null and false. */
export function append(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** Replace everything inside an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

const waiting = new WeakMap();

/** Draw what is in an element. While it is pressed, wait for the release: what is replaced between the two gets no click. */
export function drawUnlessPressed(element, draw) {
  const isWaiting = waiting.delete(element);
  if (!element.matches(":active")) {
    draw();
    return;
  }
  waiting.set(element, draw);
  if (isWaiting) return;
  const onEnd = () => {
    for (const type of ["pointerup", "pointercancel"]) document.removeEventListener(type, onEnd, true);
    setTimeout(() => { // behind the click
      const last = waiting.get(element);
      waiting.delete(element);
      last?.();
    });
  };
  for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, onEnd, true);
}

const LINKABLE = new Set(["http:", "https:", "mailto:", "tel:"]);

/** A link that opens in a new tab; a URL of another scheme (javascript:, data:) is shown as text. */
export function link(address, ...children) {
  const shown = children.flat().length ? children : [address];
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // Not a URL: shown as text below.
  }
  if (!url || !LINKABLE.has(url.protocol)) return h("span", {}, shown);
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, shown);
}

/**
 * Remember the element that has the focus, and return a function that focuses it again, even if it was redrawn meanwhile.
 * That function returns whether it found the element.
 */
export function rememberFocus(node = document.activeElement) {
  const selector = selectorOf(node);
  return () => {
    const found = node?.isConnected ? node : selector && document.querySelector(selector);
    found?.focus();
    return Boolean(found);
  };
}

function selectorOf(node) {
  const { tool, action } = node?.dataset ?? {};
  if (tool) return `[data-tool="${tool}"]`;
  const article = action && node.closest("article");
  return article ? `article[data-id="${CSS.escape(article.dataset.id)}"] [data-action="${CSS.escape(action)}"]` : null;
}

// The switches for Slack's bad days: how the app bears a Slack that is slow, refuses, fails, or loses its answers.

import { div, fill, h } from "./dom.js";

const TROUBLES = [
  ["slow", "Slow", "Every call waits two seconds before it is answered."],
  ["429", "Too many calls", "One call in two is refused with 429 and “Retry-After: 2”."],
  ["500", "Failing", "One call in two fails with 500; nothing is stored."],
  ["lost_answer", "Lost answers", "One call in two is done and stored, but its answer never arrives."],
];

/** Fill the panel's body. `isOn(name)` tells the present; `change(names)` switches on these, and no others. */
export function showBadDays(body, ctx, { isOn, change }) {
  const { t } = ctx;
  const boxes = TROUBLES.map(([name]) => {
    const id = `trouble-${name}`;
    const box = h("input", {
      type: "checkbox", role: "switch", id, checked: isOn(name), "aria-describedby": `${id}-what`, data: { name },
    });
    box.addEventListener("change", () => change(boxes.filter((one) => one.checked).map((one) => one.dataset.name)));
    return box;
  });
  const rows = boxes.map((box, index) => {
    const [, label, what] = TROUBLES[index];
    return div("switch-row",
      div("choice-words",
        h("label", { for: box.id, class: "choice-label" }, t(label)),
        h("span", { class: "choice-description", id: `${box.id}-what` }, t(what))),
      box);
  });
  fill(body,
    h("p", { class: "dialog-note" },
      t("What Slack does now and then. Switch it on, work on, and watch the traffic: nothing may be lost or come twice.")),
    rows);
  return null;
}

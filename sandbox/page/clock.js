// The dialog that sets the workspace's clock forward, so that tomorrow's digest can be seen now.

import { div, h } from "./dom.js";
import { openDialog } from "./overlay.js";
import { instantIn } from "./time.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MORNING = "08:30";

/** Ask for a new time; `set(instant)` sets the clock and resolves to whether it was set. */
export function openClock(ctx, set) {
  const { t } = ctx;
  const now = () => ctx.now();
  const go = async (instant) => {
    if (await set(instant)) dialog.close();
  };
  const choice = (label, aim) => {
    const button = h("button", { type: "button", class: "block-button" }, label);
    button.addEventListener("click", () => go(aim()));
    return button;
  };
  const field = h("input", {
    type: "datetime-local",
    class: "field",
    id: "clock-field",
    min: localText(ctx, now()),
    max: localText(ctx, now() + 365 * DAY_MS),
    value: localText(ctx, now() + HOUR_MS),
    required: true,
  });
  const problem = h("p", { class: "field-error", role: "alert", hidden: true });
  const form = h("form", { class: "clock-form" },
    h("label", { for: "clock-field" }, t("Or set it to ({zone})", { zone: ctx.me.tz })),
    div("clock-row", field, h("button", { type: "submit", class: "block-button primary" }, t("Set"))),
    problem);
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const instant = instantIn(field.value, ctx.me.tz);
    problem.hidden = instant !== null && instant > now();
    problem.textContent = t("Choose a future time. The clock can only move forward.");
    if (problem.hidden) go(instant);
    else field.focus();
  });
  const dialog = openDialog({ title: t("Set the clock forward"), closeLabel: t("Close") },
    h("p", { class: "dialog-lead" }, t("It is now {time}.", { time: clockWords(ctx) })),
    h("p", { class: "dialog-note" },
      t("Reminders and digests catch up at once. To turn the clock back, restart the demo.")),
    div("clock-choices",
      choice(t("1 hour ahead"), () => now() + HOUR_MS),
      choice(t("4 hours ahead"), () => now() + 4 * HOUR_MS),
      choice(t("Next morning, {time}", { time: MORNING }), () => nextMorning(ctx)),
      choice(t("1 week ahead"), () => now() + 7 * DAY_MS)),
    form);
  return dialog;
}

/** Return the next 08:30 of the member's clock, when the first digests are due. */
function nextMorning(ctx) {
  for (const days of [0, 1]) {
    const day = ctx.time.dayKey(new Date(ctx.now() + days * DAY_MS));
    const instant = instantIn(`${day}T${MORNING}`, ctx.me.tz);
    if (instant > ctx.now()) return instant;
  }
  return ctx.now() + DAY_MS;
}

function localText(ctx, instant) {
  return `${ctx.time.dayKey(new Date(instant))}T${ctx.time.clock(new Date(instant))}`;
}

/** Return the workspace's time as the acting member reads it. */
export function clockWords(ctx) {
  return ctx.time.moment(new Date(ctx.now()));
}

// The workbench under the channels: what Slack does not have, for whoever tries out the desk.

import { fill, h, span } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import * as settings from "./settings.js";

const THEME_WORDS = { auto: "Follow the system", light: "Light", dark: "Dark" };
const LANGUAGE_WORDS = { auto: "Follow the member", "zh-CN": "中文", "en-US": "English" };

/**
 * Draw the workbench. `on` has what its rows do: `clock`, `traffic`, `badDays`, and `restyle` after a new language.
 * `panel` is the name of the open panel.
 */
export function drawTools(node, { ctx, state, panel, on }) {
  const { t } = ctx;
  const clock = state.clock ?? {};
  const rows = [
    clock.movable && row("clock", t("Clock"), { value: clockWords(ctx), pick: on.clock, popup: "dialog" }),
    row("traffic", t("Traffic"), { pick: on.traffic, isOpen: panel === "traffic" }),
    row("storm", t("Bad days"), { value: badDays(state), pick: on.badDays, isOpen: panel === "bad-days" }),
    row("theme", t("Appearance"), { value: t(THEME_WORDS[settings.theme()]), popup: "menu", pick: chooseTheme }),
    row("globe", t("Language"), { value: t(LANGUAGE_WORDS[settings.language()]), popup: "menu", pick: chooseLanguage }),
  ];

  function chooseTheme(button) {
    choose(button, t("Appearance"), settings.THEMES, THEME_WORDS, settings.theme(), (value) => {
      settings.setTheme(value);
      on.restyle();
    });
  }

  function chooseLanguage(button) {
    choose(button, t("Language"), settings.LANGUAGES, LANGUAGE_WORDS, settings.language(), (value) => {
      settings.setLanguage(value);
      on.restyle();
    });
  }

  function choose(button, label, values, words, current, pick) {
    openMenu(button, values.map((value) => ({
      label: t(words[value]), checked: value === current, pick: () => pick(value),
    })), { label });
  }

  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.tool : null;
  fill(node, h("section", { class: "channel-list tools", "aria-label": t("Workbench") },
    h("h2", {}, t("Workbench")),
    h("ul", {}, rows.filter(Boolean).map((one) => h("li", {}, one)))));
  if (focused) node.querySelector(`[data-tool="${focused}"]`)?.focus();
}

/** How many of Slack's bad days are on. */
function badDays({ bad_days: on = [] }) {
  return on.length > 0 && h("span", { class: "badge" }, String(on.length));
}

function row(sign, label, { value, pick, popup, isOpen }) {
  const node = h("button", {
    type: "button",
    class: "channel tool",
    "aria-haspopup": popup ?? null,
    "aria-expanded": popup === "menu" ? "false" : null,
    "aria-pressed": isOpen === undefined ? null : String(isOpen),
    data: { tool: sign },
  }, span("channel-sign", icon(sign)), span("channel-name", label), value && span("tool-value", value));
  node.addEventListener("click", () => pick(node));
  return node;
}

/** The workspace's time as the acting member reads it. */
export function clockWords(ctx) {
  return ctx.time.moment(new Date(ctx.now()));
}

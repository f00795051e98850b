// The tools under the channels, which Slack does not have: the clock, the traffic, fault scenarios, accounts and channels,
// colours and language.

import * as api from "./api.js";
import { showAccounts } from "./accounts.js";
import { clockWords, openClock } from "./clock.js";
import { div, fill, h, span } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import * as settings from "./settings.js";
import { showTraffic } from "./traffic.js";

const THEME_WORDS = { auto: "Match system", light: "Light", dark: "Dark" };
const LANGUAGE_WORDS = { auto: "Match member", "zh-CN": "中文", "en-US": "English" };

const SCENARIOS = [
  ["slow", "Slow", "Every API call takes two more seconds."],
  ["429", "Rate limited", "Every second call is refused with 429 and “Retry-After: 2”."],
  ["500", "Server errors", "Every second call fails with 500 and stores nothing."],
  ["lost_answer", "Lost responses", "Every second call succeeds, but its response never arrives."],
];

export class Tools {
  /**
   * `panel` shows the panels; `complain` reports an error, `restyle` redraws the page in a new language, `refresh` reloads
   * the state, `leaveSidebar` closes the sidebar on a narrow screen.
   */
  constructor({ panel, complain, restyle, refresh, leaveSidebar }) {
    Object.assign(this, { panel, complain, restyle, refresh, leaveSidebar });
  }

  draw(node, ctx, state) {
    Object.assign(this, { ctx, state });
    drawTools(node, {
      ctx,
      state,
      panel: this.panel.name,
      on: {
        clock: () => openClock(ctx, (instant) => this.setClock(instant)),
        traffic: () => this.toggle("traffic", ctx.t("Traffic"), (body) => showTraffic(body, ctx, api.getTraffic)),
        accounts: () => this.toggle("accounts", ctx.t("Accounts and channels"), (body) => this.fillAccounts(body)),
        scenarios: () => this.toggle("scenarios", ctx.t("Slack faults"), (body) => this.fillScenarios(body)),
        restyle: this.restyle,
      },
    });
  }

  toggle(name, title, build) {
    this.panel.toggle({ name, title, closeLabel: this.ctx.t("Close"), build });
    this.leaveSidebar();
  }

  fillScenarios(body) {
    return showScenarios(body, this.ctx, {
      isOn: (name) => this.state.fault_scenarios.includes(name),
      change: (names) => api.setFaultScenarios(names).catch(this.complain),
    });
  }

  fillAccounts(body) {
    return showAccounts(body, this.ctx, this.state, {
      account: (user, change, on) => api.changeAccount(user, change, on).catch(this.complain),
      share: (channel, on) => api.shareChannel(channel, on).catch(this.complain),
    });
  }

  async setClock(instant) {
    try {
      await api.setClock(instant);
      await this.refresh();
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }
}

/**
 * Draw the list of tools. `on` has their actions: `clock`, `traffic`, `scenarios`, `accounts`, and `restyle` after a change of language.
 * `panel` is the name of the open panel.
 */
function drawTools(node, { ctx, state, panel, on }) {
  const { t } = ctx;
  const clock = state.clock ?? {};
  const rows = [
    clock.movable && row("clock", t("Clock"), { value: clockWords(ctx), pick: on.clock, popup: "dialog" }),
    row("traffic", t("Traffic"), { pick: on.traffic, isOpen: panel === "traffic" }),
    row("storm", t("Faults"), { value: scenarioCount(state), pick: on.scenarios, isOpen: panel === "scenarios" }),
    row("people", t("Accounts and channels"), { pick: on.accounts, isOpen: panel === "accounts" }),
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
  fill(node, h("section", { class: "channel-list tools", "aria-label": t("Sandbox tools") },
    h("h2", {}, t("Sandbox tools")),
    h("ul", {}, rows.filter(Boolean).map((one) => h("li", {}, one)))));
  if (focused) node.querySelector(`[data-tool="${focused}"]`)?.focus();
}

/** The number of fault scenarios that are on. */
function scenarioCount({ fault_scenarios: on = [] }) {
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

/** Fill the panel's body. `isOn(name)` says whether a scenario is on; `change(names)` switches on exactly these. */
function showScenarios(body, ctx, { isOn, change }) {
  const { t } = ctx;
  const boxes = SCENARIOS.map(([name]) => {
    const id = `scenario-${name}`;
    const box = h("input", {
      type: "checkbox", role: "switch", id, checked: isOn(name), "aria-describedby": `${id}-what`, data: { name },
    });
    box.addEventListener("change", () => change(boxes.filter((one) => one.checked).map((one) => one.dataset.name)));
    return box;
  });
  const rows = boxes.map((box, index) => {
    const [, label, what] = SCENARIOS[index];
    return div("switch-row",
      div("choice-words",
        h("label", { for: box.id, class: "choice-label" }, t(label)),
        h("span", { class: "choice-description", id: `${box.id}-what` }, t(what))),
      box);
  });
  fill(body,
    h("p", { class: "dialog-note" },
      t("Slack has these faults now and then. Turn them on, keep working and watch the traffic: no message may be lost or posted twice.")),
    rows);
  return null;
}

// What the workbench's rows open: the clock, the traffic, the bad days.

import * as api from "./api.js";
import { showBadDays } from "./bad_days.js";
import { openClock } from "./clock.js";
import { drawTools } from "./tools.js";
import { showTraffic } from "./traffic.js";

export class Workbench {
  /**
   * `panel` is where panels open; `complain` tells of an error, `restyle` shows a new language, `refresh` asks for the
   * state anew, `leaveSidebar` closes the sidebar of a narrow screen.
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
        badDays: () => this.toggle("bad-days", ctx.t("Slack’s bad days"), (body) => this.fillBadDays(body)),
        restyle: this.restyle,
      },
    });
  }

  toggle(name, title, build) {
    this.panel.toggle({ name, title, closeLabel: this.ctx.t("Close"), build });
    this.leaveSidebar();
  }

  fillBadDays(body) {
    return showBadDays(body, this.ctx, {
      isOn: (name) => this.state.bad_days.includes(name),
      change: (names) => api.setBadDays(names).catch(this.complain),
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

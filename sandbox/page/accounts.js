// The panel of what an admin of Slack changes: accounts that are deactivated or a guest's, and channels shared outside.

import { div, fill, h } from "./dom.js";
import { displayName } from "./mentions.js";

/** Fill the panel's body. `account(user, change, on)` and `share(channel, on)` make a change. */
export function showAccounts(body, ctx, state, { account, share }) {
  const { t, me } = ctx;
  const people = state.users.filter((user) => !user.is_bot && user.id !== me.id);
  const channels = state.channels.filter((channel) => channel.kind !== "dm");
  fill(body,
    h("p", { class: "dialog-note" },
      t("What an admin of Slack can change. The desk follows: it tells its own admins and sends reminders elsewhere.")),
    people.map((user) => h("fieldset", { class: "account", "aria-label": displayName(user) },
      h("legend", {}, displayName(user)),
      toggle(`deactivated-${user.id}`, t("Account deactivated"), user.deleted, (on) => account(user.id, "deactivated", on)),
      toggle(`guest-${user.id}`, t("Guest"), user.is_guest, (on) => account(user.id, "guest", on)))),
    channels.map((channel) => h("fieldset", { class: "account", "aria-label": `#${channel.name}` },
      h("legend", {}, `#${channel.name}`),
      toggle(`shared-${channel.id}`, t("Shared with another company"), channel.is_ext_shared,
        (on) => share(channel.id, on)))));
  return null;
}

function toggle(id, label, isOn, change) {
  const box = h("input", { type: "checkbox", role: "switch", id, checked: Boolean(isOn) });
  box.addEventListener("change", () => change(box.checked));
  return div("switch-row", div("choice-words", h("label", { for: id, class: "choice-label" }, label)), box);
}

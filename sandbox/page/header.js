// The channel header above the feed: title, topic, number of members, tabs.

import { drawUnlessPressed, fill, h, span } from "./dom.js";
import { channelTitle } from "./sidebar.js";

/**
 * Draw the header; `onMenu` opens the sidebar on a narrow screen. The app's conversation also has the app's tabs:
 * `tab` is the open one, `onTab` opens another.
 */
export function drawHeader(node, options) {
  drawUnlessPressed(node, () => draw(node, options));
}

function draw(node, { ctx, state, channel, tab, onMenu, onTab }) {
  const { t } = ctx;
  const menu = h("button", { type: "button", class: "menu-button", "aria-label": t("Open the channel list") }, "☰");
  menu.addEventListener("click", onMenu);
  const members = channel.members?.length ?? 0;
  const isTabFocused = node.contains(document.activeElement) && document.activeElement.role === "tab";
  fill(node,
    menu,
    h("h1", {}, shownTitle(channel, state)),
    hasHome(channel, state) && tabs(ctx, tab, onTab),
    channel.is_archived && span("header-fact", t("archived")),
    channel.is_ext_shared && span("header-fact", t("shared with another company")),
    h("span", { class: "topic", title: channel.topic || null }, channel.topic ?? ""),
    channel.kind !== "dm" && members > 0 && span("member-count", t("{n} members", { n: members })));
  if (isTabFocused) node.querySelector("[role=tab][aria-selected=true]")?.focus();
}

/** Whether a channel is the direct message with the app and the app has a Home. */
export function hasHome(channel, state) {
  return channel.kind === "dm" && Boolean(state.app?.home_tab);
}

function tabs({ t }, open, onTab) {
  const names = { home: t("Home"), messages: t("Messages") };
  const buttons = Object.entries(names).map(([name, words]) => {
    const button = h("button", {
      type: "button",
      role: "tab",
      class: "tab",
      "aria-selected": String(name === open),
      "aria-controls": name === "home" ? "home" : "feed",
      tabindex: name === open ? "0" : "-1",
    }, words);
    button.addEventListener("click", () => onTab(name));
    return button;
  });
  const list = h("div", { class: "tabs", role: "tablist" }, buttons);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  });
  return list;
}

/** Return a channel's title with its `#`, for the composer and the window. */
export function shownTitle(channel, state) {
  return channel.kind === "dm" ? channelTitle(channel, state) : `#${channel.name}`;
}

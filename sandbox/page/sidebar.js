// The sidebar: the acting member, and the channels with their unread counts.

import { drawUnlessPressed, fill, h, span } from "./dom.js";
import { openMenu } from "./menu.js";
import { displayName } from "./mentions.js";
import { avatar } from "./messages.js";

const KIND_NAMES = { public: "public channel", private: "private channel", dm: "direct message" };

/** Draw the acting member; the button opens the list of members. `getUsers` returns the current ones. */
export function drawSwitcher(node, { ctx, team, getUsers, onMember }) {
  const { t, me } = ctx;
  const button = h("button", {
    type: "button",
    class: "switcher",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-label": t("Acting as {name}", { name: displayName(me) }),
    title: t("Act as"),
  },
  avatar(displayName(me)),
  span("switcher-words", span("switcher-name", displayName(me)), span("switcher-title", me.title || me.name)),
  h("span", { class: "chevron", "aria-hidden": "true" }, "▾"));
  button.addEventListener("click", () => {
    const items = getUsers().filter((user) => !user.is_bot && !user.deleted).map((user) => ({
      label: displayName(user),
      description: [user.title, user.tz].filter(Boolean).join(" · "),
      content: avatar(displayName(user)),
      checked: user.id === me.id,
      pick: () => onMember(user.id),
    }));
    openMenu(button, items, { label: t("Act as"), wide: true });
  });
  fill(node, button, h("div", { class: "team" }, team.name));
}

/** Draw the channels with their unread counts; `onChannel` gets the id of the chosen one. */
export function drawChannels(node, options) {
  drawUnlessPressed(node, () => drawLists(node, options));
}

function drawLists(node, options) {
  const { ctx: { t }, state } = options;
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.channel : null;
  const inKind = (...kinds) => state.channels.filter((channel) => kinds.includes(channel.kind));
  fill(node,
    list(t("Channels"), inKind("public", "private"), options),
    list(t("Direct messages"), inKind("dm"), options));
  if (focused) node.querySelector(`[data-channel="${CSS.escape(focused)}"]`)?.focus();
}

function list(title, channels, options) {
  if (!channels.length) return null;
  return h("section", { class: "channel-list", "aria-label": title },
    h("h2", {}, title),
    h("ul", {}, channels.map((channel) => h("li", {}, entry(channel, options)))));
}

function entry(channel, { ctx, state, current, onChannel }) {
  const { t } = ctx;
  const name = channelTitle(channel, state);
  const isUnread = channel.unread > 0;
  const badge = badgeCount(channel);
  const facts = [
    t(KIND_NAMES[channel.kind]),
    channel.is_archived && t("archived"),
    !isMember(channel, ctx.me) && t("not a member"),
    channel.is_ext_shared && t("shared with another company"),
    isUnread && `${channel.unread} ${t("unread")}`,
    badge > 0 && channel.kind !== "dm" && `${badge} ${t("mentions")}`,
  ].filter(Boolean);
  const isOutside = !isMember(channel, ctx.me);
  const marks = [isUnread && "unread", channel.is_archived && "archived", isOutside && "not-member"];
  const node = h("a", {
    class: ["channel", ...marks].filter(Boolean).join(" "),
    href: `#${ctx.me.id}/${channel.id}`,
    "aria-current": channel.id === current ? "page" : null,
    "aria-label": `${name} (${facts.join(", ")})`,
    data: { channel: channel.id },
  },
  channel.kind === "dm" ? avatar(name, true) : sign(channel),
  span("channel-name", name),
  channel.is_ext_shared && h("span", { title: t("shared with another company"), "aria-hidden": "true" }, "⇄"),
  badge > 0 && h("span", { class: "badge", "aria-hidden": "true" }, String(badge)));
  node.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onChannel(channel.id);
  });
  return node;
}

function sign(channel) {
  const isPublic = channel.kind === "public";
  const className = isPublic ? "channel-sign" : "channel-sign lock";
  return h("span", { class: className, "aria-hidden": "true" }, isPublic && "#");
}

/** Return a channel's title; the direct message with the app has the app's name. */
export function channelTitle(channel, state) {
  return channel.kind === "dm" ? (state.app?.name ?? channel.name) : channel.name;
}

/** Return the badge's count: mentions, and in a direct message all unread messages. */
export function badgeCount(channel) {
  return channel.kind === "dm" ? Math.max(channel.unread, channel.mentions) : channel.mentions;
}

/** Whether a member is in a channel; others are visible only if they are public. */
export function isMember(channel, member) {
  return channel.kind !== "public" || !channel.members || channel.members.includes(member.id);
}

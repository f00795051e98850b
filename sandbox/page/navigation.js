// The address: it holds member, channel and tab, so that reload and Back work; a permalink is a query.

import { displayName } from "./mentions.js";
import { isMember } from "./sidebar.js";

/** Read member, channel, tab and message from the address. */
export function currentLocation() {
  const [user = "", channel = "", tab = ""] = location.hash.slice(1).split("/");
  const linked = new URLSearchParams(location.search);
  return { user, channel: linked.get("channel") ?? channel, tab: tab === "home" ? tab : "messages", message: linked.get("message") };
}

/** Return the address of a member's channel. */
export function address(user, channel, tab) {
  return `#${user}/${channel ?? ""}${tab === "home" ? "/home" : ""}`;
}

/** Return the channel to open first: one with mentions, else one with unread messages, else the first they can write in. */
export function firstChannel({ channels, me }) {
  const open = channels.filter((channel) => !channel.is_archived && isMember(channel, me));
  const found = open.find((channel) => channel.mentions) ?? open.find((channel) => channel.unread) ?? open[0] ?? channels[0];
  return found?.id ?? "";
}

/** Return the text that says why the member cannot write in a channel; null when they can. */
export function whyReadOnly(channel, { t, me }) {
  if (channel.is_archived) return t("This channel is archived. No one can post here.");
  return isMember(channel, me) ? null : t("{name} is not in this channel.", { name: displayName(me) });
}

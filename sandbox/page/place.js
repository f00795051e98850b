// Where one is. The address keeps member, channel and tab, so that reload and Back work; a permalink comes as a query.

import { displayName } from "./mentions.js";
import { isMember } from "./sidebar.js";

/** The member, channel, tab and message that the address names. */
export function place() {
  const [user = "", channel = "", tab = ""] = location.hash.slice(1).split("/");
  const linked = new URLSearchParams(location.search);
  return { user, channel: linked.get("channel") ?? channel, tab: tab === "home" ? tab : "messages", message: linked.get("message") };
}

/** The address of a member's channel. */
export function address(user, channel, tab) {
  return `#${user}/${channel ?? ""}${tab === "home" ? "/home" : ""}`;
}

/** The channel to begin with: one that calls the member, one with something new, else the first they can write in. */
export function firstChannel({ channels, me }) {
  const open = channels.filter((channel) => !channel.is_archived && isMember(channel, me));
  const found = open.find((channel) => channel.mentions) ?? open.find((channel) => channel.unread) ?? open[0] ?? channels[0];
  return found?.id ?? "";
}

/** Why the member cannot write into a channel, in words; null when they can. */
export function whyClosed(channel, { t, me }) {
  if (channel.is_archived) return t("This channel is archived: nobody can write here.");
  return isMember(channel, me) ? null : t("{name} is not in this channel.", { name: displayName(me) });
}

// Mentions of users, channels and user groups in a message.

import { h, span } from "./dom.js";

/** `@name` of a user, highlighted more strongly if it is the reader. An unknown id is shown as it is. */
export function userMention(id, ctx, label = "") {
  const user = ctx.users.get(id);
  const name = user ? displayName(user) : label || id;
  return span(id === ctx.me.id ? "mention mention-me" : "mention", `@${name}`);
}

/** `@channel`, `@here` or `@everyone`, which notify the reader. */
export function broadcastMention(range) {
  return span("mention mention-me", `@${range}`);
}

/** A user group by its label, or its id. */
export function groupMention(id, label = "") {
  return span("mention", label.startsWith("@") ? label : `@${label || id}`);
}

/** `#name` as a link into the channel, or its id if the reader may not see it. */
export function channelMention(id, ctx, label = "") {
  const channel = ctx.channels.get(id);
  const text = `#${channel?.name ?? (label || id)}`;
  return channel ? h("a", { class: "mention", href: `#${ctx.me.id}/${id}` }, text) : span("mention", text);
}

/** Return a user's displayed name. */
export function displayName(user) {
  return user.real_name || user.name;
}

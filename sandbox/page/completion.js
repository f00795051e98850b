// Completions for the composer: commands, users, channels.

import { displayName } from "./mentions.js";

const LIMIT = 12;
const TOKEN = /(?<![\p{L}\p{N}_@#])([@#])([\p{L}\p{N}_.-]*)$/u;

/**
 * The suggestions for the word before the caret, or null where nothing is to be completed:
 * `{start, end, typed, title, items: [{insert, label, description, hint}]}`. `end` is the caret.
 */
export function suggest(text, caret, { state, t }) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return offer(0, caret, before, t("Commands"), commands(before, state));
  const match = TOKEN.exec(before);
  if (!match) return null;
  const [typed, sign, word] = match;
  const start = caret - typed.length;
  if (sign === "@") return offer(start, caret, typed, t("People"), people(word, state));
  return offer(start, caret, typed, t("Channels"), channels(word, state));
}

/** The command that a line begins with, once its name is complete; null for any other line. */
export function commandOf(text, state) {
  const [, name] = /^(\/\S+)\s/.exec(text) ?? [];
  return state.commands.find((command) => command.command === name) ?? null;
}

function offer(start, end, typed, title, items) {
  return items.length ? { start, end, typed, title, items: items.slice(0, LIMIT) } : null;
}

function commands(typed, state) {
  return state.commands
    .filter((command) => command.command.startsWith(typed.toLowerCase()))
    .sort((one, other) => one.command.length - other.command.length || one.command.localeCompare(other.command))
    .map(({ command, description, usage_hint: hint }) => ({ insert: command, label: command, description, hint }));
}

function people(word, state) {
  const sought = word.toLowerCase();
  return state.users
    .filter((user) => !user.deleted)
    .filter((user) => user.name.toLowerCase().includes(sought) || displayName(user).toLowerCase().includes(sought))
    .sort((one, other) => rank(one.name, sought) - rank(other.name, sought))
    .map((user) => {
      const insert = `@${user.name}`;
      return { insert, label: displayName(user), description: [insert, user.title].filter(Boolean).join(" · ") };
    });
}

function channels(word, state) {
  const sought = word.toLowerCase();
  return state.channels
    .filter((channel) => channel.kind !== "dm" && channel.name.toLowerCase().includes(sought))
    .sort((one, other) => rank(one.name, sought) - rank(other.name, sought))
    .map((channel) => ({ insert: `#${channel.name}`, label: `#${channel.name}`, description: channel.topic }));
}

function rank(name, sought) {
  const lower = name.toLowerCase();
  if (lower === sought) return 0;
  return lower.startsWith(sought) ? 1 : 2;
}

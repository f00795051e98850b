// What everything that draws needs to know about the acting member: their words, their clock, whom they see.

import { unknownElement, words } from "./blocks.js";
import { errorText, translator } from "./i18n.js";
import { languageFor } from "./settings.js";
import { timeFormats } from "./time.js";

/** The context of a workspace's state; `press` and `options` are the ways to the app from a message. */
export function readerContext(state, { press, options }) {
  const language = languageFor(state.me);
  const t = translator(language);
  const app = state.app?.name ?? "";
  const now = () => Date.now() + state.ahead;
  const ctx = {
    me: state.me,
    language,
    now,
    t,
    users: new Map(state.users.map((user) => [user.id, user])),
    channels: new Map(state.channels.map((channel) => [channel.id, channel])),
    time: timeFormats({ locale: language, zone: state.me.tz, t, now }),
    words: (text) => words(text, ctx),
    unknownElement: (type) => unknownElement(type, t),
    messageShortcuts: (state.shortcuts ?? []).filter((one) => one.type === "message"),
    appName: app,
    press,
    options,
    problem: (error) => errorText(t, app, error.code ?? error.message),
  };
  return ctx;
}

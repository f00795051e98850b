// The context of everything that draws: the acting member, their language and clock, and the users and channels they see.

import { unknownElement, words } from "./blocks.js";
import { errorText, translator } from "./i18n.js";
import { languageFor } from "./settings.js";
import { timeFormats } from "./time.js";

/** Return the context of a workspace's state; `press`, `options` and `openPane` send requests from a message to the app. */
export function readerContext(state, { press, options, openPane }) {
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
    openPane,
    problem: (error) => errorText(t, app, error.code ?? error.message),
  };
  return ctx;
}

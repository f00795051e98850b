// The page's way to the sandbox: JSON calls and the stream of what happens.

/** A call that the sandbox refused or that did not reach it; `code` is its error code. */
export class ApiError extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

async function call(path, options, { isRefusalRead = false } = {}) {
  let answer;
  try {
    const response = await fetch(path, options);
    answer = await response.json();
  } catch {
    throw new ApiError("unreachable");
  }
  if (answer.ok === false && !isRefusalRead) throw new ApiError(answer.error || "internal_error");
  return answer;
}

function posted(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function post(path, body) {
  return call(path, posted(body));
}

/** The workspace as a member sees it; without a member, as the first one does. `ahead` is its clock before ours, in ms. */
export async function getState(user) {
  const state = await call(user ? `/ui/state?user=${encodeURIComponent(user)}` : "/ui/state");
  return { ...state, ahead: state.clock ? state.clock.now * 1000 - Date.now() : 0 };
}

/** A channel's messages, the reader's ephemeral ones among them, oldest first. */
export async function getMessages(user, channel) {
  const query = new URLSearchParams({ user, channel });
  return (await call(`/ui/messages?${query}`)).messages;
}

export const sendCommand = (user, channel, text) => post("/ui/command", { user, channel, text });
export const sendMessage = (user, channel, text, thread) =>
  post("/ui/message", { user, channel, text, thread_ts: thread ?? null });
export const sendAction = (user, channel, action) => post("/ui/action", { user, channel, ...action });

/** The acting member's stack of modals, the one they see last, and their App Home or null. */
export const getViews = (user) => call(`/ui/views?${new URLSearchParams({ user })}`);
export const sendViewAction = (user, action) => post("/ui/view/action", { user, ...action });
export const closeView = (user, view, isAll) => post("/ui/view/close", { user, view_id: view, whole_stack: isAll });
export const getOptions = (user, asked) => post("/ui/options", { user, ...asked });

/** Submit a view with what was entered last. Resolves also when it was refused, to what is wrong with it. */
export const submitView = (user, view, values) =>
  call("/ui/view/submit", posted({ user, view_id: view, values }), { isRefusalRead: true });

/** The member opens the app's Home, or its messages; the app hears of it and may publish the Home anew. */
export const openHome = (user, tab) => post("/ui/home", { user, tab });
export const startShortcut = (user, shortcut, message) =>
  post("/ui/shortcut", { user, callback_id: shortcut, message_id: message ?? null });


/** Switch on these of Slack's bad days and no others. */
export const setBadDays = (on) => post("/ui/bad-days", { on });

export const setClock = (instant) => post("/ui/clock", { set: new Date(instant).toISOString() });
export const markRead = (user, channel) => post("/ui/read", { user, channel });

/** The last exchanges over the wire, oldest first, and what Slack would have refused. */
export const getTraffic = () => call("/ui/traffic?last=150");

/**
 * Follow what happens for a member. `onEvent` gets each event; `onState` gets "open" (also after every reconnection,
 * when events may have been missed) or "lost". Returns a function that stops following.
 */
export function follow(user, onEvent, onState) {
  const source = new EventSource(`/ui/events?user=${encodeURIComponent(user)}`);
  source.addEventListener("open", () => onState("open"));
  source.addEventListener("error", () => onState("lost"));
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  return () => source.close();
}

// The client of the sandbox's API: JSON requests and the event stream.

/** A request that the sandbox refused or that did not reach it; `code` is the error code. */
export class ApiError extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

async function request(path, options, { isRefusalRead = false } = {}) {
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

function postOptions(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function post(path, body) {
  return request(path, postOptions(body));
}

/** Get the workspace as this member, or the first one, sees it. `ahead` is how far its clock is ahead of ours, in ms. */
export async function getState(user) {
  const state = await request(user ? `/ui/state?user=${encodeURIComponent(user)}` : "/ui/state");
  return { ...state, ahead: state.clock ? state.clock.now * 1000 - Date.now() : 0 };
}

/** Get a channel's messages, including the reader's ephemeral ones, oldest first. */
export async function getMessages(user, channel) {
  const query = new URLSearchParams({ user, channel });
  return (await request(`/ui/messages?${query}`)).messages;
}

export const sendCommand = (user, channel, text) => post("/ui/command", { user, channel, text });
export const sendMessage = (user, channel, text, thread, files) =>
  post("/ui/message", { user, channel, text, thread_ts: thread ?? null, files: files ?? [] });

/** Upload a file as this member. Returns its id and name. */
export async function uploadFile(user, file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return (await post("/ui/file", { user, name: file.name, content: btoa(text) })).file;
}

export const sendAction = (user, channel, action) => post("/ui/action", { user, channel, ...action });

/** Get the acting member's view stack, the visible modal last, and their App Home or null. */
export const getViews = (user) => request(`/ui/views?${new URLSearchParams({ user })}`);
export const sendViewAction = (user, action) => post("/ui/view/action", { user, ...action });
export const closeView = (user, view, isAll) => post("/ui/view/close", { user, view_id: view, whole_stack: isAll });
export const getOptions = (user, query) => post("/ui/options", { user, ...query });

/** Submit a view with the values not sent yet. If it is refused, this still resolves, to the answer with the errors. */
export const submitView = (user, view, values) =>
  request("/ui/view/submit", postOptions({ user, view_id: view, values }), { isRefusalRead: true });

/** Open the app's Home, or its messages; the app is notified and may publish the Home. */
export const openHome = (user, tab) => post("/ui/home", { user, tab });
export const startShortcut = (user, shortcut, message) =>
  post("/ui/shortcut", { user, callback_id: shortcut, message_id: message ?? null });

/** Switch on exactly these fault scenarios. */
export const setFaultScenarios = (on) => post("/ui/fault-scenarios", { on });

/** Deactivate an account (`change`: "deactivated") or make it a guest's ("guest"), or take that back. */
export const changeAccount = (user, change, on) => post("/ui/account", { user, change, on });
export const shareChannel = (channel, on) => post("/ui/share", { channel, on });

/** Open the side pane of a Work Object below a message's link; get it, press a button in it, close it. */
export const openPane = (user, message, url) => post("/ui/pane", { user, message_id: message, url });
export const getPane = async (user) => (await request(`/ui/pane?${new URLSearchParams({ user })}`)).pane;
export const sendPaneAction = (user, action) => post("/ui/pane/action", { user, ...action });
export const closePane = (user) => post("/ui/pane/close", { user });

export const setClock = (instant) => post("/ui/clock", { set: new Date(instant).toISOString() });
export const markRead = (user, channel) => post("/ui/read", { user, channel });

/** Get the last requests with their responses, oldest first, and the payloads that Slack would have refused. */
export const getTraffic = () => request("/ui/traffic?last=150");

/**
 * Listen to a member's event stream. `onEvent` gets each event; `onState` gets "open" (also after every reconnection,
 * when events may have been missed) or "lost". Returns a function that stops listening.
 */
export function follow(user, onEvent, onState) {
  const source = new EventSource(`/ui/events?user=${encodeURIComponent(user)}`);
  source.addEventListener("open", () => onState("open"));
  source.addEventListener("error", () => onState("lost"));
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  return () => source.close();
}

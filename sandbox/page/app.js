// The page: the acting member, the open channel, and the handling of events from the server.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { drawHeader, hasHome, shownTitle } from "./header.js";
import { Home } from "./home.js";
import { errorText, translator } from "./i18n.js";
import { closeMenu } from "./menu.js";
import { listenToKeys } from "./keys.js";
import { Modal } from "./modal.js";
import { drawPane } from "./pane.js";
import { Feed } from "./messages.js";
import { toast } from "./overlay.js";
import { Panel } from "./panel.js";
import { showTheme } from "./settings.js";
import { address, currentLocation, firstChannel, whyReadOnly } from "./navigation.js";
import { readerContext } from "./context.js";
import { drawChannels, drawSwitcher } from "./sidebar.js";
import { Thread } from "./thread.js";
import { Tools } from "./tools.js";

const $ = (id) => document.getElementById(id);
const OPEN_WAIT_MS = 1_500;
const CLOCK_MS = 10_000;
const isWide = window.matchMedia("(min-width: 720px)");

const page = { state: null, ctx: null, current: null, navigation: 0, loading: null, isStale: false, tab: "messages", isHomeOpening: false, viewRound: 0, home: null, stop: () => {} };
const feed = new Feed($("feed"), $("jump"), { onThread: openThread, onShortcut: startShortcut });
const panel = new Panel($("panel"), () => page.ctx && drawTools());
const modal = new Modal({
  complain,
  api: {
    act: (action) => api.sendViewAction(page.ctx.me.id, action),
    submit: (view, values) => api.submitView(page.ctx.me.id, view, values),
    close: (view, isAll) => api.closeView(page.ctx.me.id, view, isAll),
    refresh: () => refreshViews(),
  },
});
const home = new Home($("home"), { complain, act: (action) => api.sendViewAction(page.ctx.me.id, action) });
const tools = new Tools({ panel, complain, restyle, refresh: refreshState, leaveSidebar: () => showSidebar(false) });
const thread = new Thread({ send: sendReply });
const composer = new Composer($("composer"), { send, onShortcut: startShortcut });

function complain(error) {
  const { ctx, state } = page;
  const t = ctx?.t ?? translator(navigator.language);
  const text = errorText(t, state?.app?.name ?? "", error.code ?? error.message);
  toast(text, { kind: "error", closeLabel: t("Close") });
}

async function send(line) {
  const isCommand = line.startsWith("/");
  const deliver = isCommand ? api.sendCommand : api.sendMessage;
  feed.toBottom();
  try {
    await deliver(page.ctx.me.id, page.current, line.trimStart());
  } catch (error) {
    complain(error);
    throw error;
  }
}

/** Send the files that were dropped or pasted into the composer, with the words in it. */
async function sendFiles(event, data) {
  const files = [...(data?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  const { me } = page.ctx;
  try {
    const uploaded = await Promise.all(files.map((file) => api.uploadFile(me.id, file)));
    await api.sendMessage(me.id, page.current, composer.text.value.trim(), null, uploaded.map((file) => file.id));
    composer.text.value = "";
    composer.text.dispatchEvent(new Event("input"));
  } catch (error) {
    complain(error);
  }
}

composer.text.addEventListener("dragover", (event) => event.preventDefault());
composer.text.addEventListener("drop", (event) => sendFiles(event, event.dataTransfer));
composer.text.addEventListener("paste", (event) => sendFiles(event, event.clipboardData));

async function sendReply(line, ts) {
  try {
    if (line.startsWith("/")) throw new api.ApiError("command_in_thread");
    await api.sendMessage(page.ctx.me.id, page.current, line.trimStart(), ts);
  } catch (error) {
    complain(error);
    throw error;
  }
}

async function press(action) {
  try {
    await api.sendAction(page.ctx.me.id, feed.channel.id, action);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

async function startShortcut(shortcut, message) {
  await api.startShortcut(page.ctx.me.id, shortcut, message).catch(complain);
}

/** Open the side pane of a Work Object in the panel. */
async function openPane(message, url) {
  const user = page.ctx.me.id;
  panel.open({
    name: "pane",
    title: page.ctx.t("Side pane"),
    closeLabel: page.ctx.t("Close"),
    build: (body) => {
      page.paneBody = body;
      drawPane(body, { title: "", error: "", blocks: [] }, { ctx: page.ctx, press: pressInPane });
      return () => api.closePane(user).catch(complain);
    },
  });
  await api.openPane(user, message, url).catch(complain);
}

async function pressInPane(action) {
  try {
    await api.sendPaneAction(page.ctx.me.id, action);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

/** Reload the member's side pane and show it. */
async function refreshPane() {
  const pane = await api.getPane(page.ctx.me.id);
  if (panel.name === "pane") drawPane(page.paneBody, pane, { ctx: page.ctx, press: pressInPane });
}

const loadOptions = (query) => api.getOptions(page.ctx.me.id, query);

/** Reload the member's views and show them. */
async function refreshViews() {
  const user = page.ctx.me.id;
  const round = ++page.viewRound;
  const views = await api.getViews(user);
  if (round !== page.viewRound || page.ctx.me.id !== user) return;
  page.home = views.home;
  if (page.tab === "home" && !page.isHomeOpening) home.show(views.home, page.ctx);
  modal.show(views.stack, page.ctx);
}

function go(user, channel, { isReplacing = false, tab = "messages" } = {}) {
  const hash = address(user, channel, tab);
  if (isReplacing) history.replaceState(null, "", hash);
  else if (location.hash !== hash) history.pushState(null, "", hash);
  navigate();
}

async function navigate() {
  const navigation = ++page.navigation;
  closeMenu();
  showSidebar(false);
  const wanted = currentLocation();
  try {
    if (!page.ctx || page.ctx.me.id !== wanted.user) await becomeMember(wanted.user, navigation);
    if (navigation !== page.navigation) return;
    const known = page.ctx.channels.has(wanted.channel);
    const channel = known ? wanted.channel : firstChannel(page.state);
    page.tab = known && wanted.tab === "home" && hasHome(page.ctx.channels.get(channel), page.state) ? "home" : "messages";
    history.replaceState(null, "", location.pathname + address(page.ctx.me.id, channel, page.tab));
    await openChannel(channel, navigation);
    if (wanted.message && navigation === page.navigation) feed.reveal(wanted.message);
  } catch (error) {
    complain(error);
  }
}

async function becomeMember(user, navigation) {
  const state = await stateOf(user);
  if (navigation !== page.navigation) return;
  page.current = null;
  if (thread.ts || panel.name === "pane") panel.close();
  takeState(state);
  drawMember();
  await listen(page.ctx.me.id);
  await refreshViews();
}

function drawMember() {
  document.documentElement.lang = page.ctx.language;
  $("sidebar").setAttribute("aria-label", page.ctx.t("Channels"));
  drawSwitcher($("switcher"), {
    ctx: page.ctx,
    team: page.state.team,
    getUsers: () => page.state.users,
    onMember: (id) => go(id, page.current),
  });
}

/** Redraw everything after a change of the page's language. */
function restyle() {
  takeState(page.state);
  drawMember();
  drawChannel();
  feed.redraw(page.ctx);
  panel.close();
  if (page.tab === "home") home.show(page.home, page.ctx);
}

/** Get a member's state, or the first member's if the address names no member or an unknown one. */
async function stateOf(user) {
  try {
    return await api.getState(user);
  } catch (error) {
    if (!user || error.code === "unreachable") throw error;
    return api.getState("");
  }
}

/** Listen to a member's events. Resolves once the stream is open, so that no event is missed before the first load. */
function listen(user) {
  return new Promise((resolve) => {
    let wasLost = false;
    const onState = (state) => {
      $("offline").hidden = state === "open";
      $("offline").textContent = page.ctx.t("Connection to the sandbox lost. Reconnecting …");
      if (state === "open" && wasLost) catchUp();
      wasLost = state === "lost";
      resolve();
    };
    page.stop();
    page.stop = api.follow(user, onEvent, onState);
    setTimeout(resolve, OPEN_WAIT_MS);
  });
}

async function openChannel(id, navigation) {
  const channel = page.ctx.channels.get(id);
  if (!channel) return;
  if (page.current !== id && thread.ts) panel.close();
  page.current = id;
  const { unread } = channel;
  feed.clear(page.ctx, channel);
  drawChannel();
  if (page.tab === "home") {
    await openHome(navigation);
    return;
  }
  if (channel.kind === "dm" && page.state.app?.messages_tab) api.openHome(page.ctx.me.id, "messages").catch(complain);
  if (isWide.matches) composer.focus();
  const messages = await loadMessages(id);
  if (navigation !== page.navigation) return;
  feed.show(messages, { ctx: page.ctx, channel, unread });
  const label = page.ctx.t("Messages in {channel}", { channel: shownTitle(channel, page.state) });
  $("feed").setAttribute("aria-label", label);
  readCurrent();
}

/** Open the app's Home: notify the app, then show what it has published. */
async function openHome(navigation) {
  home.clear(page.ctx);
  page.isHomeOpening = true;
  try {
    await api.openHome(page.ctx.me.id, "home");
  } finally {
    page.isHomeOpening = false;
  }
  if (navigation === page.navigation) await refreshViews();
}

/** Load a channel's messages; load them again if an event arrived meanwhile. */
async function loadMessages(id) {
  let messages = [];
  page.loading = id;
  try {
    do {
      page.isStale = false;
      messages = await api.getMessages(page.ctx.me.id, id);
    } while (page.isStale && page.loading === id);
  } finally {
    if (page.loading === id) page.loading = null;
  }
  return messages;
}

function onEvent(event) {
  if (event.type === "notice") {
    toast(event.text ?? "", { closeLabel: page.ctx.t("Close") });
    return;
  }
  if (event.type === "views") {
    refreshViews().catch(complain);
    return;
  }
  if (event.type === "pane") {
    refreshPane().catch(complain);
    return;
  }
  if (event.channel === page.current && event.type !== "channels") onCurrent(event);
  if (event.channel !== page.current || event.type === "channels") refreshState();
}

function onCurrent(event) {
  if (page.tab === "home") {
    if (event.type === "message") refreshState();
    return;
  }
  if (page.loading === page.current) {
    page.isStale = true;
    return;
  }
  if (event.type === "message_deleted") feed.remove(event.message?.id ?? event.id);
  else feed.put(event.message);
  thread.draw(page.ctx, feed.messages);
  if (event.type !== "message") return;
  if (isSeen()) readCurrent();
  else refreshState();
}

async function catchUp() {
  await Promise.all([refreshState(), refreshViews()]);
  const navigation = page.navigation;
  if (page.tab === "home") return;
  const messages = await loadMessages(page.current);
  if (navigation === page.navigation) feed.show(messages, { ctx: page.ctx, channel: page.ctx.channels.get(page.current) });
}

let refreshing = null;
let isRefreshWanted = false;

/** Reload the state. Calls during a reload are combined into one more reload. */
function refreshState() {
  isRefreshWanted = true;
  refreshing ??= (async () => {
    try {
      while (isRefreshWanted) {
        isRefreshWanted = false;
        const user = page.ctx.me.id;
        const state = await api.getState(user);
        if (page.ctx.me.id === user) takeState(state);
      }
      drawChannel();
    } catch (error) {
      complain(error);
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

function takeState(state) {
  page.state = state;
  page.ctx = readerContext(state, { press, options: loadOptions, openPane });
  feed.ctx = page.ctx;
}

const isSeen = () => document.visibilityState === "visible";

async function readCurrent() {
  const { ctx, current } = page;
  if (!isSeen() || !current || page.tab === "home") return;
  ctx.channels.get(current).unread = 0;
  ctx.channels.get(current).mentions = 0;
  drawChannel();
  await api.markRead(ctx.me.id, current).catch(complain);
}

function drawChannel() {
  const { ctx, state, current } = page;
  const channel = ctx.channels.get(current);
  if (!channel) {
    if (current) go(ctx.me.id, firstChannel(page.state), { isReplacing: true });
    return;
  }
  if (isSeen() && page.tab !== "home") Object.assign(channel, { unread: 0, mentions: 0 });
  const title = shownTitle(channel, state);
  drawChannels($("channels"), { ctx, state, current, onChannel: (id) => go(ctx.me.id, id) });
  drawTools();
  drawHeader($("channel-header"), { ctx, state, channel, tab: page.tab, onMenu: () => showSidebar(true), onTab });
  const isHome = page.tab === "home";
  $("home").hidden = !isHome;
  $("feed").hidden = isHome;
  $("composer").hidden = isHome;
  $("home").setAttribute("aria-label", ctx.t("Home"));
  composer.enter({ ctx, state, channel, title, closed: whyReadOnly(channel, ctx) });
  const unread = state.channels.reduce((sum, one) => sum + one.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}${title} · ${state.team.name}`;
}

/** Go to the previous or next channel in the list. */
function stepChannel(step) {
  const ids = [...document.querySelectorAll("#channels [data-channel]")].map((node) => node.dataset.channel);
  const next = ids[(ids.indexOf(page.current) + step + ids.length) % ids.length];
  if (next) go(page.ctx.me.id, next);
}

const onTab = (tab) => go(page.ctx.me.id, page.current, { tab });

function drawTools() {
  tools.draw($("tools"), page.ctx, page.state);
}

function openThread(ts) {
  const { ctx, state, current } = page;
  const channel = ctx.channels.get(current);
  const place = { state, channel, title: shownTitle(channel, state), closed: whyReadOnly(channel, ctx) };
  panel.open({
    name: `thread ${ts}`,
    title: ctx.t("Thread"),
    closeLabel: ctx.t("Close"),
    build: (body) => thread.show(body, ts, { ctx, messages: feed.messages, place }),
  });
}

function showSidebar(isOpen) {
  document.body.classList.toggle("sidebar-open", isOpen);
  $("veil").hidden = !isOpen;
}

$("veil").addEventListener("click", () => showSidebar(false));
window.addEventListener("hashchange", () => {
  const { user, channel, tab } = currentLocation();
  if (user !== page.ctx?.me.id || channel !== page.current || tab !== page.tab) navigate();
});
document.addEventListener("visibilitychange", readCurrent);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") showSidebar(false);
});
showTheme();
listenToKeys({ onStep: stepChannel });
setInterval(() => page.ctx && drawTools(), CLOCK_MS);
navigate();

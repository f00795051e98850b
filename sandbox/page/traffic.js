// The raw traffic: Slack's requests to the app with their response times, and the app's API calls.

import { div, fill, h, span } from "./dom.js";

const POLL_MS = 1_000;
const SLOW_S = 1;
const TOO_LATE_S = 3;
const CALLS = new Set(["api", "response_url"]);
const FILTERS = { all: "All", requests: "Requests", calls: "API calls", errors: "Errors" };

/** Fill the panel's body; `load` resolves to `{exchanges, violations}`. Returns a function that stops polling. */
export function showTraffic(body, ctx, load) {
  const view = { exchanges: [], opened: new Set(), drawn: new Map(), kind: "all", words: "" };
  const list = h("ol", { class: "exchanges", "aria-label": ctx.t("Traffic") });
  const alarms = div("violations");
  fill(body, filterBar(ctx, view, () => draw()), alarms, list);

  function draw() {
    const shown = view.exchanges.filter((one) => isWanted(one, view)).reverse();
    const nodes = shown.map((one) => drawn(one, view, ctx));
    if (nodes.length) fill(list, nodes);
    else fill(list, h("li", { class: "feed-empty" }, ctx.t("No traffic yet.")));
  }

  let isOver = false;
  let seen = "";
  async function poll() {
    const answer = await load().catch(() => null);
    if (isOver) return;
    const state = answer && JSON.stringify([answer.exchanges.map((one) => [one.at, one.seconds]), answer.violations]);
    if (state && state !== seen) {
      seen = state;
      view.exchanges = answer.exchanges;
      fill(alarms, answer.violations.slice(-5).map((one) => h("div", { class: "block-error", role: "note" }, one)));
      draw();
    }
    timer = setTimeout(poll, POLL_MS);
  }
  let timer = null;
  poll();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

function filterBar(ctx, view, draw) {
  const { t } = ctx;
  const choices = Object.entries(FILTERS).map(([kind, words]) => {
    const button = h("button", { type: "button", class: "chip", "aria-pressed": String(kind === view.kind) }, t(words));
    button.addEventListener("click", () => {
      view.kind = kind;
      for (const other of choices) other.setAttribute("aria-pressed", String(other === button));
      draw();
    });
    return button;
  });
  const label = t("Filter by name or content");
  const search = h("input", { type: "search", class: "field", placeholder: label, "aria-label": label });
  search.addEventListener("input", () => {
    view.words = search.value.trim().toLowerCase();
    draw();
  });
  return div("traffic-bar", div("chips", choices), search);
}

const isCall = (one) => CALLS.has(one.kind);

/** Whether an exchange failed: no response, a late one, an HTTP error, or one of Slack's own errors. */
export function isError(one) {
  return (one.status === null && one.seconds !== null) || (one.status ?? 200) >= 400 || one.answer?.ok === false
    || (!isCall(one) && (one.seconds ?? 0) > TOO_LATE_S);
}

function isWanted(one, { kind, words }) {
  if (kind === "requests" && isCall(one)) return false;
  if (kind === "calls" && !isCall(one)) return false;
  if (kind === "errors" && !isError(one)) return false;
  return !words || `${one.name} ${JSON.stringify(one.body)} ${JSON.stringify(one.answer)}`.toLowerCase().includes(words);
}

/** Return the row of an exchange; it is redrawn once the response arrives. */
function drawn(one, view, ctx) {
  const key = `${one.at} ${one.kind} ${one.name}`;
  const known = view.drawn.get(key);
  if (known?.seconds === one.seconds && known?.ctx === ctx) return known.node;
  const node = row(one, key, view, ctx);
  view.drawn.set(key, { seconds: one.seconds, ctx, node });
  return node;
}

function row(one, key, view, ctx) {
  const { t } = ctx;
  const detail = div("exchange-detail");
  const isOut = !isCall(one);
  const direction = isOut ? t("Slack → app") : t("app → Slack");
  const summary = h("summary", {},
    h("time", { title: ctx.time.exact(new Date(one.at * 1000)) }, ctx.time.second(new Date(one.at * 1000))),
    h("span", { class: `direction ${isOut ? "out" : "in"}`, title: direction, role: "img", "aria-label": direction },
      isOut ? "→" : "←"),
    span("exchange-name", one.name || one.kind),
    span("exchange-kind", one.kind),
    result(one, ctx));
  const node = h("details", { class: isError(one) ? "exchange trouble" : "exchange", open: view.opened.has(key) },
    summary, detail);
  node.addEventListener("toggle", () => {
    if (node.open) view.opened.add(key);
    else view.opened.delete(key);
    if (node.open && !detail.childElementCount) fillDetail(detail, one, ctx);
  });
  if (node.open) fillDetail(detail, one, ctx);
  return h("li", {}, node);
}

function result(one, { t }) {
  const ms = one.seconds === null ? null : `${Math.round(one.seconds * 1000)} ms`;
  const words = one.status === null ? unanswered(one, t) : outcome(one);
  const speed = !isCall(one) && one.seconds > SLOW_S ? "exchange-time slow" : "exchange-time";
  return span("exchange-result", span("exchange-status", String(words)), ms && span(speed, ms));
}

/** Say why there is no status: none yet, none in time, or a response that was lost. */
function unanswered({ seconds, answer, kind }, t) {
  if (seconds === null) return t("waiting");
  return CALLS.has(kind) ? t("response lost") : String(answer ?? "");
}

function outcome({ status, answer }) {
  if (answer?.ok === false) return answer.error;
  if (answer?.response_action) return `${status} ${answer.response_action}`;
  return String(status);
}

function fillDetail(node, one, ctx) {
  const sent = isCall(one) ? ctx.t("Sent by the app") : ctx.t("Sent by Slack");
  fill(node, part(sent, one.body, ctx), part(ctx.t("Response"), one.answer, ctx));
}

function part(title, value, { t }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const copy = h("button", { type: "button", class: "link-button" }, t("Copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = t("Copied");
  });
  const isEmpty = value === null || value === "" || text === "{}";
  return [
    div("exchange-part", h("h3", {}, title), !isEmpty && copy),
    isEmpty ? h("p", { class: "dialog-note" }, t("nothing")) : h("pre", { class: "fence", tabindex: "0" }, text),
  ];
}

// Slack's mrkdwn as DOM nodes. Entities are decoded once, at the leaves, so `&amp;lt;` is shown as `&lt;`.

import { h, link, span } from "./dom.js";
import { emoji } from "./emoji.js";
import { broadcastMention, channelMention, userMention, groupMention } from "./mentions.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Decode Slack's three entities, once. */
export function unescape(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** The nodes of a mrkdwn text: fenced code, quotes, and lines with inline marks. `ctx` is the reader's context. */
export function mrkdwn(text, ctx) {
  // Fenced code is at the odd positions of the split; an unclosed fence stays in the text.
  const parts = text.split(/```([\s\S]+?)```/);
  return parts.flatMap((part, index) => {
    if (index % 2) return [h("pre", { class: "fence" }, unescape(part.replace(/^\n|\n$/g, "")))];
    const isAfter = index > 0;
    const isBefore = index < parts.length - 1;
    const start = isAfter && part.startsWith("\n") ? 1 : 0;
    const end = isBefore && part.length > start && part.endsWith("\n") ? part.length - 1 : part.length;
    const rows = part.slice(start, end);
    return rows ? lines(rows, ctx) : [];
  });
}

/** Plain text, with line breaks; shortcodes are replaced only if the text object sets `emoji`. */
export function plainText(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

const QUOTE = /^(?:&gt;|>)(?!(?:&gt;|>)) ?/;
const QUOTE_REST = /^(?:(?:&gt;|>){3}) ?/;

function lines(text, ctx) {
  const nodes = [];
  const rows = text.split("\n");
  let quoted = null;
  let needsBreak = false;
  for (const [index, row] of rows.entries()) {
    if (QUOTE_REST.test(row)) {
      const rest = [row.replace(QUOTE_REST, ""), ...rows.slice(index + 1)];
      nodes.push(h("blockquote", {}, rest.map((line, at) => [at > 0 && h("br"), inline(line, ctx)])));
      return nodes;
    }
    if (QUOTE.test(row)) {
      if (quoted) quoted.append(h("br"));
      else nodes.push((quoted = h("blockquote")));
      quoted.append(...inline(row.replace(QUOTE, ""), ctx));
      needsBreak = false;
      continue;
    }
    if (needsBreak) nodes.push(h("br"));
    nodes.push(...inline(row, ctx));
    needsBreak = true;
    quoted = null;
  }
  return nodes;
}

const MARKS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;

/** The nodes of a line. As in Slack, formatting starts only outside a word and ends only at the end of a word. */
function inline(text, ctx) {
  const nodes = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) nodes.push(unescape(plain));
    plain = "";
  };
  while (at < text.length) {
    const found = code(text, at) ?? reference(text, at, ctx) ?? shortcode(text, at) ?? marked(text, at, ctx);
    if (!found) {
      plain += text[at];
      at += 1;
      continue;
    }
    flush();
    nodes.push(found.node);
    at = found.end;
  }
  flush();
  return nodes;
}

function code(text, at) {
  if (text[at] !== "`") return null;
  const end = text.indexOf("`", at + 1);
  if (end <= at + 1) return null;
  return { node: h("code", {}, unescape(text.slice(at + 1, end))), end: end + 1 };
}

function shortcode(text, at) {
  if (text[at] !== ":") return null;
  const match = /^:([a-z0-9_+-]+):/.exec(text.slice(at, at + 60));
  const character = match && emoji(match[1]);
  return character ? { node: span("emoji", character), end: at + match[0].length } : null;
}

function marked(text, at, ctx) {
  const tag = MARKS[text[at]];
  if (!tag) return null;
  const mark = text[at];
  const [before, after] = [text[at - 1] ?? " ", text[at + 1] ?? " "];
  if (WORD.test(before) || before === mark || after === mark || /\s/.test(after)) return null;
  for (let end = text.indexOf(mark, at + 2); end !== -1; end = text.indexOf(mark, end + 1)) {
    const next = text[end + 1] ?? " ";
    if (/\s/.test(text[end - 1]) || WORD.test(next) || next === mark) continue;
    return { node: h(tag, {}, inline(text.slice(at + 1, end), ctx)), end: end + 1 };
  }
  return null;
}

/** The content of `<…>`: a mention, a date or a link. */
function reference(text, at, ctx) {
  if (text[at] !== "<") return null;
  const end = text.indexOf(">", at);
  if (end <= at + 1) return null;
  const inner = text.slice(at + 1, end);
  const bar = inner.indexOf("|");
  const target = bar === -1 ? inner : inner.slice(0, bar);
  const label = bar === -1 ? "" : unescape(inner.slice(bar + 1));
  const node = referenceNode(target, label, ctx);
  return node ? { node, end: end + 1 } : null;
}

function referenceNode(target, label, ctx) {
  if (/^@[UW][A-Z0-9]+$/.test(target)) return userMention(target.slice(1), ctx, label);
  if (/^#[CGD][A-Z0-9]+$/.test(target)) return channelMention(target.slice(1), ctx, label);
  if (/^!(channel|here|everyone)$/.test(target)) return broadcastMention(target.slice(1));
  if (target.startsWith("!subteam^")) return groupMention(target.slice("!subteam^".length), label);
  if (target.startsWith("!date^")) return date(target, label, ctx);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  const address = unescape(target);
  return link(address, label || address.replace(/^(mailto|tel):/, ""));
}

function date(target, fallback, ctx) {
  const [, timestamp, template = "", address] = target.split("^");
  const shown = ctx.time.template(timestamp, unescape(template)) ?? fallback;
  const stamp = h("time", { class: "date", title: fallback }, shown);
  return address ? link(unescape(address), stamp) : stamp;
}

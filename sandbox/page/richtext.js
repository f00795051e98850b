// rich_text blocks. Their text is never parsed, so a borrower's name is shown exactly as typed.

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { plainText } from "./mrkdwn.js";
import { broadcastMention, channelMention, groupMention, userMention } from "./mentions.js";

/** The element of a rich_text block. */
export function richText(block, ctx) {
  return h("div", { class: "rich-text" }, (block.elements ?? []).map((element) => part(element, ctx)));
}

function part(element, ctx) {
  const inline = () => (element.elements ?? []).map((item) => leaf(item, ctx));
  switch (element.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, inline());
    case "rich_text_quote":
      return h("blockquote", {}, inline());
    case "rich_text_preformatted":
      return h("pre", { class: "fence" }, inline());
    case "rich_text_list":
      return list(element, ctx);
    default:
      return ctx.unknownElement(element.type);
  }
}

function list(element, ctx) {
  const ordered = element.style === "ordered";
  const start = ordered && element.offset ? element.offset + 1 : null;
  const leaves = (item) => (item.elements ?? []).map((inner) => leaf(inner, ctx));
  const items = (element.elements ?? []).map((item) => h("li", {}, leaves(item)));
  return h(ordered ? "ol" : "ul", { class: `indent-${Math.min(element.indent ?? 0, 4)}`, start }, items);
}

const STYLES = { bold: "strong", italic: "em", strike: "s", underline: "u", code: "code" };

function leaf(element, ctx) {
  let node = bare(element, ctx);
  for (const [style, tag] of Object.entries(STYLES)) if (element.style?.[style]) node = h(tag, {}, node);
  return node;
}

function bare(element, ctx) {
  switch (element.type) {
    case "text":
      return h("span", {}, plainText(element.text ?? ""));
    case "link":
      return link(element.url ?? "", element.text || element.url || "");
    case "user":
      return userMention(element.user_id, ctx);
    case "usergroup":
      return groupMention(element.usergroup_id);
    case "channel":
      return channelMention(element.channel_id, ctx);
    case "broadcast":
      return broadcastMention(element.range);
    case "emoji":
      return h("span", { class: "emoji", title: `:${element.name}:` }, emoji(element.name) ?? `:${element.name}:`);
    case "date":
      return date(element, ctx);
    case "color":
      return h("code", {}, element.value ?? "");
    default:
      return ctx.unknownElement(element.type);
  }
}

function date(element, ctx) {
  const shown = ctx.time.template(element.timestamp, element.format ?? "", element.timezone) ?? element.fallback ?? "";
  const stamp = h("time", { class: "date", title: element.fallback ?? null }, shown);
  return element.url ? link(element.url, stamp) : stamp;
}

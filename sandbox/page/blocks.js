// Render Block Kit. Unknown blocks and elements are shown as errors, never omitted.

import { chart } from "./charts.js";
import { div, h, link, span } from "./dom.js";
import { control } from "./controls.js";
import { messageHost } from "./hosts.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn, plainText } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { dataTable, table } from "./tables.js";

const BLOCKS = {
  section,
  header: (block, _, ctx) => h("h3", { class: "block-header" }, words(block.text, ctx)),
  divider: () => h("hr", { class: "block-divider" }),
  context,
  actions,
  rich_text: (block, _, ctx) => richText(block, ctx),
  image: (block, _, ctx) => image(block, ctx),
  table: (block, _, ctx) => table(block, ctx),
  data_table: (block, _, ctx) => dataTable(block, ctx),
  input,
  data_visualization: (block, _, ctx) => chart(block, ctx),
};

/** A message's body: its blocks, or its text where it has none, then its attachments. */
export function messageBody(message, ctx) {
  const host = messageHost(message, ctx);
  const body = message.blocks?.length
    ? div("blocks", renderBlocks(message.blocks, host, ctx))
    : div("block-text", mrkdwn(message.text ?? "", ctx));
  const files = (message.files ?? []).map((file) => div("block-text message-file", `📎 ${file.name}`));
  return [body, files, (message.attachments ?? []).map((one) => attachment(one, host, ctx, message))];
}

/** The elements of a list of blocks; `host` handles the actions in them. */
export function renderBlocks(blocks, host, ctx) {
  return blocks.map((block) => renderBlock(block, host, ctx));
}

/** An attachment, such as an unfurled link: blocks, or else a title and text, beside a bar in its colour. */
function attachment({ blocks, title, title_link: address, text, fallback, color, entity }, host, ctx, message) {
  const heading = title && div("attachment-title", address ? link(address, plainText(title)) : plainText(title));
  const node = blocks?.length
    ? div("attachment", renderBlocks(blocks, host, ctx))
    : div("attachment", heading, div("block-text", mrkdwn(text ?? (title ? "" : fallback ?? ""), ctx)));
  if (entity) node.append(paneButton(entity, message, ctx));
  if (/^#?[0-9a-f]{6}$/i.test(color ?? "")) node.style.borderColor = `#${color.replace("#", "")}`;
  return node;
}

/** The button that opens the side pane of a Work Object; in Slack the whole preview does. */
function paneButton(entity, message, ctx) {
  const node = h("button", { type: "button", class: "block-button", data: { action: "pane" } }, ctx.t("Open the side pane"));
  node.addEventListener("click", () => ctx.openPane(message.id, entity.url));
  return node;
}

function renderBlock(block, host, ctx) {
  const render = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : null;
  const node = render?.(block, host, ctx);
  if (node) return node;
  const text = ctx.t("This page can’t show a block of type “{type}”.", { type: block.type });
  return h("div", { class: "block-error", role: "note" }, text);
}

/** The nodes of a text object: mrkdwn is parsed, plain_text is not. Null for none. */
export function words(text, ctx) {
  if (!text) return null;
  if (text.type === "mrkdwn") return mrkdwn(text.text, ctx);
  return plainText(text.emoji ? withEmoji(text.text) : text.text);
}

/** The error shown in place of an element of an unknown type. */
export function unknownElement(type, t) {
  const text = t("This page can’t show an element of type “{type}”.", { type });
  return h("span", { class: "block-error", role: "note" }, text);
}

function section(block, host, ctx) {
  const { text, fields, accessory } = block;
  const body = div("block-section-body",
    text && div("block-text", words(text, ctx)),
    fields && div("block-fields", fields.map((field) => div("block-text", words(field, ctx)))));
  return div("block-section", body, accessory && div("block-accessory", element(accessory, block, host, ctx)));
}

function context(block, host, ctx) {
  const isText = (item) => item.type === "mrkdwn" || item.type === "plain_text";
  return div("block-context", (block.elements ?? []).map((item) =>
    (isText(item) ? span("block-text", words(item, ctx)) : element(item, block, host, ctx))));
}

function actions(block, host, ctx) {
  return div("block-actions", (block.elements ?? []).map((item) => element(item, block, host, ctx)));
}

let inputs = 0;

/** A label with its field, hint and error. */
function input(block, host, ctx) {
  const id = `input-${++inputs}`;
  const { t } = ctx;
  const isGroup = ["checkboxes", "radio_buttons"].includes(block.element.type);
  const label = [plainText(block.label.text), block.optional && [" ", span("optional", t("(optional)"))]];
  const field = control(block.element, block, host, ctx, id);
  const hint = block.hint && h("div", { class: "field-hint", id: `${id}-hint` }, words(block.hint, ctx));
  const error = host.errors[block.block_id] ?? "";
  const wrong = h("p", { class: "field-error", id: `${id}-error`, role: "alert", hidden: !error }, error);
  const node = h("div", { class: "input-block", data: { block: block.block_id } },
    isGroup ? h("div", { class: "input-label", id: `${id}-label` }, label)
      : h("label", { class: "input-label", for: id, id: `${id}-label` }, label),
    field ?? unknownElement(block.element.type, t), wrong, hint);
  const target = isGroup ? field : node.querySelector(`[id="${id}"]`);
  target?.setAttribute("aria-describedby", [`${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" "));
  if (isGroup) field.setAttribute("aria-labelledby", `${id}-label`);
  return node;
}

function element(item, block, host, ctx) {
  if (item.type === "image") return image(item, ctx);
  const node = control(item, block, host, ctx);
  if (!node) return unknownElement(item.type, ctx.t);
  if (["checkboxes", "radio_buttons"].includes(item.type)) node.setAttribute("aria-label", block.text?.text ?? ctx.t("Choose"));
  return node;
}

/** An image is shown as a link, since the page loads nothing from other sites. */
function image(item, ctx) {
  const address = item.image_url ?? item.slack_file?.url ?? "";
  const title = item.title?.text ?? item.alt_text ?? address;
  return span("block-image", link(address, ctx.t("Image: {what}", { what: title })));
}

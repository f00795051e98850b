// Inputs other than menus: text, checkboxes, radio buttons, dates and times.

import { uploadFile } from "./api.js";
import { div, h, span } from "./dom.js";
import { instantIn } from "./time.js";

const DEBOUNCE_MS = 400;
const COUNT_FROM = 0.8;
const LONGEST_TEXT = 3000;

export const FIELDS = {
  plain_text_input: textInput,
  number_input: (...args) => oneLine(...args, { inputmode: "decimal" }),
  email_text_input: (...args) => oneLine(...args, { type: "email", autocomplete: "off" }),
  url_text_input: (...args) => oneLine(...args, { type: "url", autocomplete: "off" }),
  datepicker: (...args) => picker(...args, { type: "date" }),
  timepicker: (...args) => picker(...args, { type: "time" }),
  datetimepicker: dateTime,
  checkboxes: ticks,
  radio_buttons: radios,
  file_input: filesInput,
};

/** Send a text when its field loses the focus, or while it is typed if the app asked for that. */
function listen(node, element, block, host) {
  let timer = null;
  let sent = node.value;
  const send = () => {
    clearTimeout(timer);
    if (node.value === sent) return;
    sent = node.value;
    host.send(block, element, node.value || null);
  };
  const isEager = element.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered");
  node.addEventListener("input", () => {
    host.note(block, element, node.value || null);
    clearTimeout(timer);
    if (isEager && block.dispatch_action) timer = setTimeout(send, DEBOUNCE_MS);
  });
  node.addEventListener("change", send);
}

function attributes(element, block, id, more = {}) {
  return {
    id,
    class: "field",
    placeholder: element.placeholder?.text ?? null,
    "aria-required": block.type === "input" && !block.optional ? "true" : null,
    autofocus: element.focus_on_load || null,
    data: { action: element.action_id, block: block.block_id },
    ...more,
  };
}

function textInput(element, block, host, ctx, id) {
  if (!element.multiline) return oneLine(element, block, host, ctx, id, { type: "text", autocomplete: "off" });
  const node = h("textarea", attributes(element, block, id, { rows: "3" }));
  node.value = host.held(block, element) ?? "";
  const grow = () => {
    node.style.height = "auto";
    node.style.height = `${Math.min(Math.max(node.scrollHeight + 2, 76), 260)}px`;
  };
  const most = element.max_length ?? LONGEST_TEXT;
  const count = span("field-count");
  const tell = () => {
    const length = [...node.value].length;
    count.hidden = length < most * COUNT_FROM;
    count.classList.toggle("over", length > most);
    count.textContent = `${length} / ${most}`;
  };
  node.addEventListener("input", () => {
    grow();
    tell();
  });
  requestAnimationFrame(grow);
  tell();
  listen(node, element, block, host);
  return div("field-long", node, count);
}

function oneLine(element, block, host, _ctx, id, more) {
  const node = h("input", attributes(element, block, id, more));
  node.value = host.held(block, element) ?? "";
  listen(node, element, block, host);
  return node;
}

/** Files from the device. They are uploaded as soon as they are chosen; the form's state has what Slack calls them. */
function filesInput(element, block, host, ctx, id) {
  const node = h("input", attributes(element, block, id, { type: "file", multiple: (element.max_files ?? 10) > 1 || null }));
  const names = span("field-aside", (host.held(block, element) ?? []).map((file) => file.name).join(", "));
  node.addEventListener("change", async () => {
    const files = await Promise.all([...node.files].map((file) => uploadFile(ctx.me.id, file)));
    names.textContent = files.map((file) => file.name).join(", ");
    host.note(block, element, files);
  });
  return div("field-long", node, names);
}

function picker(element, block, host, _ctx, id, more) {
  const node = oneLine(element, block, host, _ctx, id, more);
  if (block.type !== "input") node.setAttribute("aria-label", element.placeholder?.text ?? element.action_id);
  return node;
}

/** A date and time in the reader's zone; its value is in Unix seconds. */
function dateTime(element, block, host, ctx, id) {
  const node = h("input", attributes(element, block, id, { type: "datetime-local" }));
  const held = host.held(block, element);
  if (held) {
    const instant = new Date(held * 1000);
    node.value = `${ctx.time.dayKey(instant)}T${ctx.time.clock(instant)}`;
  }
  const value = () => {
    const instant = node.value ? instantIn(node.value, ctx.me.tz) : null;
    return instant === null ? null : Math.round(instant / 1000);
  };
  node.addEventListener("input", () => host.note(block, element, value()));
  node.addEventListener("change", () => host.send(block, element, value()));
  return div("field-zone", node, span("field-aside", ctx.me.tz));
}

function ticks(element, block, host, ctx, id) {
  const chosen = new Set((host.held(block, element) ?? []).map((option) => option.value));
  return choices("checkbox", element, block, ctx, id, {
    isChosen: (option) => chosen.has(option.value),
    pick(option, isOn) {
      if (isOn) chosen.add(option.value);
      else chosen.delete(option.value);
      host.send(block, element, element.options.filter((one) => chosen.has(one.value)));
    },
  });
}

function radios(element, block, host, ctx, id) {
  const held = host.held(block, element)?.value;
  return choices("radio", element, block, ctx, id, {
    isChosen: (option) => option.value === held,
    pick: (option) => host.send(block, element, option),
  });
}

function choices(type, element, block, ctx, id, { isChosen, pick }) {
  const rows = element.options.map((option, index) => {
    const input = h("input", {
      type,
      name: id,
      id: `${id}-${index}`,
      checked: isChosen(option),
      data: { action: element.action_id, block: block.block_id, option: option.value },
    });
    input.addEventListener("change", () => pick(option, input.checked));
    return h("label", { class: "choice", for: `${id}-${index}` }, input,
      span("choice-words", span("choice-label", ctx.words(option.text)),
        option.description && span("choice-description", ctx.words(option.description))));
  });
  return h("div", { class: "choices", id, role: type === "radio" ? "radiogroup" : "group" }, rows);
}

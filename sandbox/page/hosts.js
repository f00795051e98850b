// The host of blocks, a message or a view, which handles the actions and entered values in them.

import { ask } from "./overlay.js";

/** The field of a state that holds the chosen value, by element type; `value` for all others. */
const CHOSEN = {
  static_select: "selected_option", external_select: "selected_option", radio_buttons: "selected_option",
  overflow: "selected_option", users_select: "selected_user", conversations_select: "selected_conversation",
  channels_select: "selected_channel", datepicker: "selected_date", timepicker: "selected_time",
  datetimepicker: "selected_date_time", checkboxes: "selected_options", multi_static_select: "selected_options",
  multi_external_select: "selected_options", multi_users_select: "selected_users",
  multi_conversations_select: "selected_conversations", multi_channels_select: "selected_channels",
  file_input: "files",
};
const PRESSED = new Set(["button", "overflow"]);

const chosenName = (type) => CHOSEN[type] ?? "value";
const initial = (element) => element[chosenName(element.type).replace(/^(selected|value)/, (word) =>
  (word === "value" ? "initial_value" : "initial"))];
const keyOf = (block, element) => `${block.block_id} ${element.action_id}`;

/** Show the element's confirmation dialog, then `deliver()`. Meanwhile the control ignores further presses. */
async function pressed(node, element, ctx, deliver) {
  if (node?.getAttribute("aria-busy") === "true") return false;
  if (element.confirm && !(await ask(element.confirm, ctx))) return false;
  node?.setAttribute("aria-busy", "true");
  const isTaken = await deliver();
  node?.removeAttribute("aria-busy");
  return isTaken;
}

function body(where, block, element, value) {
  const what = { ...where, block_id: block.block_id, action_id: element.action_id };
  return value === undefined ? what : { ...what, [chosenName(element.type)]: value };
}

/**
 * The host of a message's blocks. `held` returns an element's value: the reader's choice, else the initial value.
 * `send` resolves to whether a press was accepted.
 */
export function messageHost(message, ctx) {
  const chosen = new Map();
  const where = { message_id: message.id };
  return {
    errors: {},
    held: (block, element) => (chosen.has(keyOf(block, element)) ? chosen.get(keyOf(block, element)) : initial(element)),
    note() {},
    options: (block, element, typed) => ctx.options({ ...body(where, block, element), value: typed }),
    send: (block, element, value, node) => pressed(node, element, ctx, async () => {
      const isTaken = await ctx.press(body(where, block, element, value));
      if (isTaken && !PRESSED.has(element.type)) chosen.set(keyOf(block, element), value);
      return isTaken;
    }),
  };
}

/**
 * The host of a view's blocks. `draft` is a Map of the entered values that are not sent yet, which an updated view keeps;
 * `onTouch` is called on every change; `act` sends a value and resolves to whether it was accepted.
 */
export function viewHost(view, ctx, { draft, onTouch, act }) {
  const where = { view_id: view.id };
  const note = (block, element, value) => {
    draft.set(keyOf(block, element), { type: element.type, block: block.block_id, action: element.action_id, value });
    onTouch();
  };
  return {
    errors: view.errors ?? {},
    held(block, element) {
      const written = draft.get(keyOf(block, element));
      if (written?.type === element.type) return written.value;
      const state = view.state?.[block.block_id]?.[element.action_id];
      return state ? state[chosenName(element.type)] : initial(element);
    },
    note,
    options: (block, element, typed) => ctx.options({ ...body(where, block, element), value: typed }),
    send: (block, element, value, node) => pressed(node, element, ctx, async () => {
      if (!PRESSED.has(element.type)) note(block, element, value);
      const isTaken = await act(body(where, block, element, value));
      const written = draft.get(keyOf(block, element));
      if (written && written.value === value) draft.delete(keyOf(block, element));
      return isTaken;
    }),
  };
}

/** Convert a draft to the state of a view, by block and action. */
export function statesOf(draft) {
  const states = {};
  for (const { type, block, action, value } of draft.values()) {
    (states[block] ??= {})[action] = { type, [chosenName(type)]: value };
  }
  return states;
}

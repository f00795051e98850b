// Select menus, single and multiple: options, users, channels, and external selects that the app fills.

import { fill, h, span } from "./dom.js";
import { displayName } from "./mentions.js";
import { openPicker } from "./picker.js";

const SEARCH_FROM = 9;
const LEAST_TYPED = 3;

const option = (value) => ({ value: value.value, label: value.text.text, description: value.description?.text, raw: value });

function grouped(source) {
  const groups = source.option_groups ?? [{ options: source.options ?? [] }];
  return groups.map((group) => ({ label: group.label?.text, options: group.options.map(option) }));
}

const person = (user) => ({ value: user.id, label: displayName(user), description: user.title, alias: user.name, raw: user.id });
const people = (ctx) => [...ctx.users.values()].filter((user) => !user.deleted && !user.is_bot).map(person);
const channels = (ctx) => [...ctx.channels.values()]
  .filter((channel) => channel.kind !== "dm" && !channel.is_archived)
  .map((channel) => ({ value: channel.id, label: `#${channel.name}`, raw: channel.id }));

const local = (list) => (_element, _block, _host, ctx) => ({ load: () => [{ options: list(ctx) }], isLong: true });

function fromOptions(element) {
  const groups = grouped(element);
  const size = groups.reduce((sum, group) => sum + group.options.length, 0);
  return { load: () => groups, isLong: size >= SEARCH_FROM };
}

function fromApp(element, block, host, ctx) {
  const least = element.min_query_length ?? LEAST_TYPED;
  const load = async (typed) => {
    if ([...typed].length < least) return { hint: ctx.t("Type at least {n} characters.", { n: least }) };
    try {
      return grouped(await host.options(block, element, typed));
    } catch (error) {
      return { hint: ctx.problem(error) };
    }
  };
  return { load, isLong: true, isRemote: true };
}

const SOURCES = {
  static_select: fromOptions,
  external_select: fromApp,
  users_select: local(people),
  channels_select: local(channels),
  conversations_select: local((ctx) => [...channels(ctx), ...people(ctx)]),
};

/** The menus that this page supports, by type. */
export const PICKERS = Object.fromEntries(Object.keys(SOURCES).flatMap((type) => [
  [type, (...args) => menu(type, false, ...args)],
  [`multi_${type}`, (...args) => menu(type, true, ...args)],
]));

function menu(type, isMultiple, element, block, host, ctx, id) {
  const source = SOURCES[type](element, block, host, ctx);
  const { t } = ctx;
  const words = h("span", { class: "picker-words" });
  const node = h("button", {
    type: "button",
    id,
    class: "block-button select",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    data: { action: element.action_id, block: block.block_id },
  }, words);
  const label = () => block.label?.text ?? element.placeholder?.text ?? t("Choose");
  let chosen = read(host.held(block, element), isMultiple, ctx);

  function show() {
    const texts = chosen.map((one) => one.label);
    node.classList.toggle("placeholder", !texts.length);
    fill(words, texts.length ? texts.join("、") : element.placeholder?.text ?? t("Choose"));
    const said = texts.join(", ") || element.placeholder?.text || t("Choose");
    node.setAttribute("aria-label", block.label ? `${block.label.text}: ${said}` : said);
  }

  async function take(next) {
    const before = chosen;
    chosen = next;
    show();
    const value = isMultiple ? next.map((one) => one.raw) : next[0]?.raw ?? null;
    const isTaken = await host.send(block, element, value, node);
    if (!isTaken) {
      chosen = before;
      show();
    }
  }

  node.addEventListener("click", () => {
    if (node.getAttribute("aria-busy") === "true") return;
    openPicker(node, {
      ctx,
      label: label(),
      load: source.load,
      isRemote: source.isRemote,
      hasSearch: source.isLong,
      isMultiple,
      most: element.max_selected_items ?? Infinity,
      chosen,
      canClear: block.type === "input" && block.optional && chosen.length > 0,
      take,
    });
  });
  show();
  return node;
}

/** Return the initial choice as the menu shows it. */
function read(held, isMultiple, ctx) {
  const list = (isMultiple ? held ?? [] : [held]).filter(Boolean);
  return list.map((one) => {
    if (typeof one !== "string") return option(one);
    const user = ctx.users.get(one);
    const channel = ctx.channels.get(one);
    return { value: one, label: user ? displayName(user) : channel ? `#${channel.name}` : one, raw: one };
  });
}

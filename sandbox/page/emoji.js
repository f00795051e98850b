// The shortcodes used in a loan desk's messages. Others are shown as written.
const EMOJI = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_right: "➡️", arrows_counterclockwise: "🔄",
  bar_chart: "📊", bell: "🔔", blue_car: "🚙", busts_in_silhouette: "👥", calendar: "📅", car: "🚗",
  clipboard: "📋", clock3: "🕒", eyes: "👀", fire: "🔥", flag: "🚩", green_circle: "🟢", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", inbox_tray: "📥", information_source: "ℹ️", key: "🔑",
  large_green_circle: "🟢", large_yellow_circle: "🟡", leftwards_arrow_with_hook: "↩️", lock: "🔒",
  mag: "🔍", memo: "📝", moneybag: "💰", no_entry: "⛔", palm_tree: "🌴", paperclip: "📎", phone: "☎️",
  page_facing_up: "📄", pencil2: "✏️", point_right: "👉", pray: "🙏", question: "❓", red_circle: "🔴",
  repeat: "🔁", rotating_light: "🚨", slightly_smiling_face: "🙂", smile: "😄", sunrise: "🌅", tada: "🎉",
  telephone_receiver: "📞", telephone: "☎️", thumbsup: "👍", warning: "⚠️", wave: "👋",
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", yellow_circle: "🟡", zzz: "💤",
};

/** Return the character of a shortcode, or null for an unknown one. */
export function emoji(name) {
  return Object.hasOwn(EMOJI, name) ? EMOJI[name] : null;
}

/** Replace the known shortcodes in a text. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) ?? whole);
}

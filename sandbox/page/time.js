// Times in the acting member's zone and language, not the browser's.

const DAY_MS = 86_400_000;

/** Return formatters for one reader. `locale` is Slack's (`zh-CN`), `zone` an IANA name, `now` returns the time in ms. */
export function timeFormats({ locale, zone, t, now: present }) {
  const language = (locale || "en-US").replace("_", "-");
  const timeZone = usableZone(zone);
  const format = (options, inZone = timeZone) => new Intl.DateTimeFormat(language, { timeZone: inZone, ...options });

  const numeric = { year: "numeric", month: "2-digit", day: "2-digit" };
  // Canadian English writes dates as YYYY-MM-DD.
  const dayKey = (instant, inZone = timeZone) =>
    new Intl.DateTimeFormat("en-CA", { timeZone: inZone, ...numeric }).format(instant);

  function relativeDay(instant, inZone = timeZone) {
    const key = dayKey(instant, inZone);
    const now = present();
    if (key === dayKey(new Date(now), inZone)) return t("Today");
    if (key === dayKey(new Date(now - DAY_MS), inZone)) return t("Yesterday");
    if (key === dayKey(new Date(now + DAY_MS), inZone)) return t("Tomorrow");
    return null;
  }

  const long = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
  const full = { year: "numeric", month: "long", day: "numeric" };
  const minutes = { hour: "numeric", minute: "2-digit" };
  const nearDay = { month: "short", day: "numeric", weekday: "short" };
  const short = { year: "numeric", month: "short", day: "numeric" };

  function dayDivider(instant, inZone = timeZone) {
    const near = relativeDay(instant, inZone);
    if (near) return near;
    const thisYear = dayKey(new Date(present()), inZone).slice(0, 4) === dayKey(instant, inZone).slice(0, 4);
    return format(thisYear ? { weekday: "long", month: "long", day: "numeric" } : long, inZone).format(instant);
  }

  const tokens = {
    date_num: (instant, inZone) => dayKey(instant, inZone),
    date_slash: (instant, inZone) => format(numeric, inZone).format(instant),
    date_long: (instant, inZone) => format(long, inZone).format(instant),
    date_long_full: (instant, inZone) => format(full, inZone).format(instant),
    date_long_pretty: (instant, inZone) => relativeDay(instant, inZone) ?? format(long, inZone).format(instant),
    date: (instant, inZone) => format(full, inZone).format(instant),
    date_pretty: (instant, inZone) => relativeDay(instant, inZone) ?? format(full, inZone).format(instant),
    date_short: (instant, inZone) => format(short, inZone).format(instant),
    date_short_pretty: (instant, inZone) => relativeDay(instant, inZone) ?? format(short, inZone).format(instant),
    day_divider_pretty: dayDivider,
    time: (instant, inZone) => format(minutes, inZone).format(instant),
    time_secs: (instant, inZone) => format({ ...minutes, second: "2-digit" }, inZone).format(instant),
    ago: (instant) => ago(instant, language, present()),
  };

  /** Fill in a date template of Slack; null when the timestamp or a token is invalid. */
  function template(timestamp, text, inZone) {
    const seconds = Number(timestamp);
    if (timestamp === "" || !Number.isFinite(seconds)) return null;
    const instant = new Date(seconds * 1000);
    if (Number.isNaN(instant.getTime())) return null;
    const names = [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    if (!names.length || names.some((name) => !Object.hasOwn(tokens, name))) return null;
    const at = inZone ? usableZone(inZone) : timeZone;
    return text.replace(/\{(\w+)\}/g, (_, name) => tokens[name](instant, at));
  }

  return {
    dayKey,
    dayDivider,
    template,
    clock: (instant) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(instant),
    second: (instant) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(instant),
    moment: (instant) => format({ ...nearDay, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(instant),
    exact: (instant) => format({ dateStyle: "full", timeStyle: "long" }).format(instant),
  };
}

/** Return the time of a message: its `time` (ISO text or Unix seconds), else its `ts`. */
export function instantOf(message) {
  const { time, ts } = message;
  if (typeof time === "string" && Number.isNaN(Number(time))) return new Date(time);
  return new Date(Number(time ?? ts) * 1000);
}

/** Convert the local time `YYYY-MM-DDTHH:MM` of a zone to an instant in ms; null for any other text. */
export function instantIn(text, zone) {
  const shown = Date.parse(`${text}Z`);
  if (Number.isNaN(shown)) return null;
  // Twice, because the first guess may be on the other side of a DST change.
  const first = shown - offsetAt(shown, zone);
  return shown - offsetAt(first, zone);
}

/** Return a zone's offset from UTC at an instant, in ms. */
function offsetAt(instant, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: usableZone(zone), year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(instant);
  const at = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const shown = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
  return shown - Math.floor(instant / 1000) * 1000;
}

function usableZone(zone) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

function ago(instant, language, now) {
  const seconds = Math.round((instant.getTime() - now) / 1000);
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units.at(-1);
  return words.format(Math.trunc(seconds / size), unit);
}

// How this browser shows the page: its colours and its language. Kept here, unknown to the workspace.

const PREFIX = "loandesk.";

export const THEMES = ["auto", "light", "dark"];
export const LANGUAGES = ["auto", "zh-CN", "en-US"];

function read(name, known) {
  try {
    const value = localStorage.getItem(PREFIX + name);
    return known.includes(value) ? value : "auto";
  } catch {
    return "auto"; // a browser that keeps nothing
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It holds until the page is left.
  }
}

const chosen = { theme: read("theme", THEMES), language: read("language", LANGUAGES) };

export const theme = () => chosen.theme;
export const language = () => chosen.language;

/** The language of the page's own words for a member: the one chosen here, else the member's. */
export const languageFor = (member) => (chosen.language === "auto" ? member.locale || "en-US" : chosen.language);

export function setTheme(value) {
  chosen.theme = value;
  keep("theme", value);
  showTheme();
}

export function setLanguage(value) {
  chosen.language = value;
  keep("language", value);
}

/** Put the chosen colours on the page; "auto" leaves them to the system. */
export function showTheme() {
  if (chosen.theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen.theme;
}

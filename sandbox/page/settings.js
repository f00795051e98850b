// The page's colours and language in this browser. They are stored here only; the workspace does not know them.

const PREFIX = "loandesk.";

export const THEMES = ["auto", "light", "dark"];
export const LANGUAGES = ["auto", "zh-CN", "en-US"];

function read(name, known) {
  try {
    const value = localStorage.getItem(PREFIX + name);
    return known.includes(value) ? value : "auto";
  } catch {
    return "auto"; // the browser allows no storage
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // The setting lasts until the page is closed.
  }
}

const chosen = { theme: read("theme", THEMES), language: read("language", LANGUAGES) };

export const theme = () => chosen.theme;
export const language = () => chosen.language;

/** Return the language of the page's own texts: the one chosen here, else the member's. */
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

/** Apply the chosen colours; "auto" leaves them to the system. */
export function showTheme() {
  if (chosen.theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen.theme;
}

// The page's icons, drawn as strokes so that they look the same with every font.

const NS = "http://www.w3.org/2000/svg";

const PATHS = {
  back: "M9.8 3.2 5 8l4.8 4.8",
  bolt: "M9.5 1.8 3.8 9.2h4.1L6.5 14.2l5.7-7.4H8.1z",
  chat: "M2.5 3.2h11v7.6H7.2L4.4 13.4v-2.6H2.5z",
  clock: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 4.6V8l2.4 1.6",
  close: "M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8",
  globe: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M1.8 8h12.4M8 1.8c4 4 4 8.4 0 12.4M8 1.8c-4 4-4 8.4 0 12.4",
  home: "M2.2 7.4 8 2.4l5.8 5M3.8 6.4v7h8.4v-7M6.6 13.4V9.6h2.8v3.8",
  dots: "M8 3.2v.1M8 8v.1M8 12.7v.1",
  people: "M6 2.6a2.6 2.6 0 1 0 0 5.2A2.6 2.6 0 0 0 6 2.6M1.6 13.4c0-2.6 1.9-4 4.4-4s4.4 1.4 4.4 4M11 3.2a2.2 2.2 0 0 1 0 4.2M12 9.8c1.5.5 2.4 1.7 2.4 3.6",
  storm: "M4.4 10.4a2.9 2.9 0 0 1 .2-5.8 3.7 3.7 0 0 1 7.1.9 2.5 2.5 0 0 1 .1 4.9M8.6 8 6.4 11h2.8l-2 3",
  theme: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 1.8v12.4M8 4.6l4.4-.9M8 8l6.1-.4M8 11.4l4.6.6",
  traffic: "M5 13.4V2.8M2.4 5.4 5 2.8l2.6 2.6M11 2.6v10.6M8.4 10.6l2.6 2.6 2.6-2.6",
};

/** An icon by its name. It is hidden from screen readers, since the text beside it says the same. */
export function icon(name) {
  const svg = document.createElementNS(NS, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

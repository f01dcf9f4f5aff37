// Elements, colours and canvases: what all views draw with.

/** An element: make("p", {class: "note", text: "..."}, children). Other names are attributes. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export const find = (selector) => document.querySelector(selector);
export const isDark = () => document.documentElement.dataset.theme === "dark";
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A number for people: two decimals, and a minus sign that is one. */
export function say(value, digits = 2) {
  if (!Number.isFinite(value)) return String(value);
  const most = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? Math.min(1, digits) : digits;
  const text = value.toFixed(most);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
}
/** The same for the square of a map: no 0 before the point. */
export const brief = (value) => say(value).replace(/^(\u2212?)0\./, "$1.");
/** 1.1 × 10⁻⁷ */
export function power(value) {
  if (!(value > 0)) return String(value);
  const [digits, exponent] = value.toExponential(1).split("e");
  const raised = [...exponent.replace("+", "")].map((sign) => (sign === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[sign]));
  return `${digits} \u00d7 10${raised.join("")}`;
}
export const percent = (share) => {
  if (share > 0 && share < 0.005) return "<1 %";
  return share < 1 && share > 0.995 ? ">99 %" : `${Math.round(100 * share)} %`;
};

// From negative to positive, after ColorBrewer's PuOr: told apart by every kind of colour vision.
const SIGNED = {
  light: ["#4a2a80", "#8a7cc4", "#d5d0ea", "#f6f5f1", "#fbd5a0", "#e6902a", "#9c4500"],
  dark: ["#cfc0ff", "#9480e0", "#4c4180", "#1d2027", "#704a18", "#d4852c", "#ffcb7d"],
};
const INK = { light: ["#ffffff", "#16181c"], dark: ["#14161b", "#f4f2ec"] };
const STEPS = 255;
const tables = new Map();

function table(name, anchors) {
  if (!tables.has(name)) {
    const parts = anchors.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    tables.set(name, Array.from({ length: STEPS }, (_, step) => {
      const place = step / (STEPS - 1) * (parts.length - 1);
      const from = Math.min(Math.floor(place), parts.length - 2);
      return parts[from].map((value, c) => Math.round(value + (place - from) * (parts[from + 1][c] - value)));
    }));
  }
  return tables.get(name);
}

const pick = (rows, share) => rows[Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1)))) || 0];

/** A function from a number to [red, green, blue]: purple below 0, orange above. */
export function signed(most) {
  const theme = isDark() ? "dark" : "light";
  const rows = table(`signed ${theme}`, SIGNED[theme]);
  const scale = most > 0 ? most : 1;
  return (value) => pick(rows, 0.5 + value / scale / 2);
}

/** From 0, paper, to 1, ink. */
export function inked() {
  const theme = isDark() ? "dark" : "light";
  const rows = table(`ink ${theme}`, INK[theme]);
  return (value) => pick(rows, value);
}

export const rgb = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** Black or white, whichever is read more easily on this colour. */
export function textOn(colour) {
  const [red, green, blue] = colour.map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000" : "#fff";
}

export const largest = (data) => {
  let most = 0;
  for (const value of data) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
};

/** H x W numbers that begin at `from` as a small canvas with one pixel for each. */
const scratch = () => scratch.canvas ??= document.createElement("canvas");
export function pixels(H, W, colourAt) {
  const canvas = scratch();
  canvas.width = W;
  canvas.height = H;
  const context = canvas.getContext("2d");
  const image = context.createImageData(W, H);
  for (let place = 0; place < H * W; place++) {
    const colour = colourAt(place);
    for (let c = 0; c < 3; c++) image.data[4 * place + c] = colour[c];
    image.data[4 * place + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** How a picture [C, H, W] from 0 to 1 looks, pixel by pixel. */
export function looks({ shape: [C, H, W], data }) {
  if (C === 1) {
    const ink = inked();
    return (place) => ink(data[place]);
  }
  return (place) => [0, 1, 2].map((c) => 255 * Math.max(0, Math.min(1, data[c * H * W + place])));
}

/** Give a canvas this size on the page, sharp on every screen; its context in page pixels. */
export function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [W, H] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== W || canvas.height !== H) [canvas.width, canvas.height] = [W, H];
  canvas.style.width = `${width}px`;
  canvas.style.aspectRatio = `${width} / ${height}`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  return context;
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
export const arrow = (event) => (event.altKey || event.ctrlKey || event.metaKey ? undefined : ARROWS[event.key]);
const SLIDE = 140; // milliseconds in which a frame moves to its new place

/** A map on a canvas: frames slide over it, clicks and arrow keys choose a place of it. */
export class Plane {
  /** label: for screen readers. side: of the longer side, in pixels. choose(row, column): of a
   * click; with it, `at` in what is shown is the place that arrow keys begin from. */
  constructor({ label, side = 220, choose }) {
    this.side = side;
    this.canvas = make("canvas", { class: "plane", role: choose ? "application" : "img", "aria-label": label });
    if (!choose) return;
    this.canvas.tabIndex = 0;
    const bounded = (row, column) =>
      choose(Math.max(0, Math.min(this.shown.H - 1, row)), Math.max(0, Math.min(this.shown.W - 1, column)));
    const pointed = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const { H, W, padding = 0 } = this.shown;
      bounded(Math.floor((event.clientY - box.top) / box.height * (H + 2 * padding)) - padding,
        Math.floor((event.clientX - box.left) / box.width * (W + 2 * padding)) - padding);
    };
    this.canvas.addEventListener("pointerdown", pointed);
    this.canvas.addEventListener("pointermove", (event) => event.buttons && pointed(event));
    this.canvas.addEventListener("keydown", (event) => {
      const step = arrow(event);
      if (!step || !this.shown) return;
      event.preventDefault();
      bounded(this.shown.at[0] + step[0], this.shown.at[1] + step[1]);
    });
  }

  /** H, W, colour(place); padding: pixels of a hatched border; frames: [{top, left, height,
   * width, kind}]; dots: places with a point in them; text(place): in each square. */
  show(shown) {
    const before = this.frames;
    const frames = shown.frames ?? [];
    this.shown = shown;
    cancelAnimationFrame(this.waiting);
    const isSame = before?.length === frames.length && frames.length && !isStill();
    if (!isSame) {
      this.frames = frames;
      return this.paint();
    }
    const start = performance.now();
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - start) / SLIDE));
      const eased = 1 - (1 - share) ** 3;
      this.frames = frames.map((frame, i) => ({ ...frame, ...Object.fromEntries(["top", "left", "height", "width"].map((name) =>
        [name, before[i][name] + eased * (frame[name] - before[i][name])])) }));
      this.paint();
      if (share < 1) this.waiting = requestAnimationFrame(step);
    };
    step(start);
  }

  paint() {
    const { H, W, colour, padding = 0, dots = [], text } = this.shown;
    const scale = this.side / (Math.max(H, W) + 2 * padding);
    const context = sized(this.canvas, (W + 2 * padding) * scale, (H + 2 * padding) * scale);
    if (padding) hatch(context, (W + 2 * padding) * scale, (H + 2 * padding) * scale);
    const [left, top] = [padding * scale, padding * scale];
    context.drawImage(pixels(H, W, colour), left, top, W * scale, H * scale);
    if (scale >= 14 && !text) lines(context, left, top, H, W, scale);
    if (text) {
      context.font = `${Math.min(13, scale * 0.36)}px ui-monospace, Menlo, Consolas, monospace`;
      [context.textAlign, context.textBaseline] = ["center", "middle"];
      for (let place = 0; place < H * W; place++) {
        context.fillStyle = textOn(colour(place));
        context.fillText(text(place), left + (place % W + 0.5) * scale, top + (Math.floor(place / W) + 0.5) * scale);
      }
    }
    for (const place of dots) {
      context.beginPath();
      context.arc(left + (place % W + 0.5) * scale, top + (Math.floor(place / W) + 0.5) * scale, Math.max(1.2, scale * 0.14), 0, 7);
      context.fillStyle = textOn(colour(place));
      context.fill();
    }
    for (const frame of this.frames) outline(context, left + frame.left * scale, top + frame.top * scale,
      frame.width * scale, frame.height * scale, frame.kind);
  }
}

/** A frame that is seen on dark and on bright. */
export function outline(context, x, y, width, height, kind = "main") {
  const thick = kind === "fine" ? 1 : 2.5;
  context.setLineDash(kind === "dashed" ? [5, 4] : []);
  context.lineWidth = thick + 2;
  context.strokeStyle = css("--paper");
  context.strokeRect(x, y, width, height);
  context.lineWidth = thick;
  context.strokeStyle = css("--mark");
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}

function hatch(context, width, height) {
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  context.strokeStyle = css("--line");
  context.lineWidth = 1;
  context.beginPath();
  for (let x = -height; x < width; x += 6) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}

function lines(context, left, top, H, W, scale) {
  context.strokeStyle = isDark() ? "rgb(255 255 255 / 0.07)" : "rgb(0 0 0 / 0.06)";
  context.lineWidth = 1;
  context.beginPath();
  for (let w = 1; w < W; w++) {
    context.moveTo(left + w * scale, top);
    context.lineTo(left + w * scale, top + H * scale);
  }
  for (let h = 1; h < H; h++) {
    context.moveTo(left, top + h * scale);
    context.lineTo(left + W * scale, top + h * scale);
  }
  context.stroke();
}

/** Numbers as a table of coloured squares. `null` is padding. cell(td, place) may add to one. */
export function numbers(caption, values, columns, most, cell) {
  const colour = signed(most);
  const digits = most >= 0.1 ? 2 : most >= 0.01 ? 3 : 4; // no coloured 0.00
  const rows = [];
  for (let from = 0; from < values.length; from += columns) {
    const cells = values.slice(from, from + columns).map((value, i) => {
      const td = make("td", { text: value === null ? "0" : say(value, digits) });
      if (value === null) td.className = "pad";
      else {
        const background = colour(value);
        td.style.background = rgb(background);
        td.style.color = textOn(background);
      }
      cell?.(td, from + i);
      return td;
    });
    rows.push(make("tr", {}, ...cells));
  }
  return make("table", { class: `numbers${columns > 5 ? " dense" : ""}` }, make("caption", { text: caption }), make("tbody", {}, ...rows));
}

/** Rows of a name, a bar from -most to most (or from 0), and a number. */
export function bars(rows, { most = 1, isSigned = false, choose } = {}) {
  return rows.map(({ name, value, text, isBest }, place) => {
    const bar = make("span", { class: "bar" });
    const share = Math.min(1, Math.abs(value) / (most || 1));
    if (isSigned) {
      bar.style.width = `${50 * share}%`;
      bar.style.left = value < 0 ? `${50 - 50 * share}%` : "50%";
      bar.style.background = `var(--${value < 0 ? "negative" : "positive"})`;
    } else bar.style.width = `${100 * share}%`;
    const row = make(choose ? "button" : "div", { class: `row${isBest ? " best" : ""}${isSigned ? " signed" : ""}` },
      make("span", { class: "name", text: name }), make("span", { class: "track" }, bar), make("span", { class: "value", text }));
    if (choose) {
      row.type = "button";
      row.addEventListener("click", () => choose(place));
    }
    return row;
  });
}

/** The legend of the colours of `signed`. */
export function legend(text = "each layer has a scale of its own") {
  const canvas = make("canvas", { class: "ramp", role: "img", "aria-label": "purple is negative, orange is positive" });
  const node = make("p", { class: "legend" }, make("span", { text: "negative \u2212" }), canvas, make("span", { text: "+ positive" }), make("span", { class: "quiet", text }));
  node.redraw = () => {
    const colour = signed(1);
    sized(canvas, 160, 12).drawImage(pixels(1, 81, (place) => colour(place / 40 - 1)), 0, 0, 160, 12);
  };
  return node;
}

/** A <select> with these options; choose(place). */
export function menu(label, options, choose) {
  const select = make("select", { onchange: () => choose(select.selectedIndex) }, ...options.map((text) => make("option", { text })));
  const node = make("label", { class: "field" }, make("span", { text: label }), select);
  return Object.assign(node, { select });
}

/** A range input with its value beside it; choose(value). */
export function slider(label, { min, max, step = 1, value, text = String }, choose) {
  const said = make("output", { text: text(value) });
  const input = make("input", { type: "range", min, max, step, value });
  input.addEventListener("input", () => {
    said.textContent = text(Number(input.value));
    choose(Number(input.value));
  });
  const node = make("label", { class: "field" }, make("span", { text: label }), input, said);
  node.set = (now) => {
    input.value = now;
    said.textContent = text(now);
  };
  return Object.assign(node, { input });
}

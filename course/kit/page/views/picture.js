// View 1: draw, pick or upload a picture; the numbers that the network gets; its scores.

import { Plane, bars, brief, css, find, largest, looks, make, outline, percent, pixels, say, signed, sized } from "../draw.js";
import { volume } from "../layers.js";

const PAD = 300; // pixels of the longer side
const COLOURS = { white: [1, 1, 1], black: [0, 0, 0], red: [0.85, 0.15, 0.1], yellow: [0.95, 0.8, 0.15], green: [0.1, 0.6, 0.3], blue: [0.1, 0.35, 0.85] };
const CHANNELS = ["red", "green", "blue"];
const MOST_BARS = 12;
const FINE = 8; // pixels of an uploaded picture, each way, for one of the network's
const QUIET = 500; // milliseconds after which a new reading is said aloud

export function pictureView(app) {
  const [C, H, W] = app.shape;
  const scale = PAD / Math.max(H, W);
  let colour = C === 3 ? COLOURS.white : [1];
  let width = app.pen;
  let isDown = false;
  let pen = null; // of the keyboard: {x, y, isDown}, in pixels of the picture

  const pad = make("canvas", {
    class: "pad", id: "pad", tabindex: 0, role: "application",
    "aria-label": "Drawing canvas. Arrow keys move the pen, space puts it down and lifts it, Delete clears.",
  });
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * W, (event.clientY - box.top) / box.height * H];
  };
  const past = []; // what Undo goes back to
  const changed = () => {
    undoing.disabled = !past.length;
    app.changed("picture");
  };
  const keep = () => past.push([app.base, app.sample, [...app.strokes]]);
  const begin = (point) => {
    keep();
    // A drawing of one's own begins on paper; colours are painted over what is there.
    if (C === 1 && app.sample !== null) [app.base, app.sample, app.strokes] = [null, null, []];
    app.strokes.push({ points: [point], colour, width });
    changed();
  };
  const clear = () => {
    keep();
    [app.base, app.sample, app.strokes, pen] = [null, null, [], null];
    changed();
  };
  const undo = () => {
    [app.base, app.sample, app.strokes] = past.pop();
    pen = null;
    changed();
  };
  const undoing = make("button", { type: "button", text: "Undo", id: "undo", disabled: true, onclick: undo });

  pad.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    pad.focus();
    try { pad.setPointerCapture(event.pointerId); } catch { /* not a real pointer */ }
    [isDown, pen] = [true, null];
    begin(place(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!isDown) return;
    app.strokes.at(-1).points.push(place(event));
    changed();
  });
  for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => { isDown = false; });
  pad.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!move && ![" ", "Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Delete" || event.key === "Backspace") return clear();
    pen ??= { x: W / 2, y: H / 5, isDown: false };
    if (!move) {
      pen.isDown = !pen.isDown;
      if (pen.isDown) begin([pen.x, pen.y]);
    } else {
      const step = Math.max(H, W) / 20;
      pen.x = Math.max(0.5, Math.min(W - 0.5, pen.x + step * move[0]));
      pen.y = Math.max(0.5, Math.min(H - 0.5, pen.y + step * move[1]));
      if (pen.isDown) app.strokes.at(-1).points.push([pen.x, pen.y]);
    }
    changed();
  });

  const choose = (number) => {
    keep();
    [app.sample, app.base, app.strokes, pen] = [number, app.samples[number], [], null];
    changed();
  };
  const strip = make("div", { class: "strip", role: "group", "aria-label": "pictures to begin with" },
    ...app.samples.map((_, number) => make("button", { type: "button", "aria-label": `picture ${number + 1}`, onclick: () => choose(number) }, make("canvas"))));
  const hint = make("p", { class: "quiet small", text: "Mouse, finger, or keys: arrows move the pen, space puts it down and lifts it." });
  const file = make("input", { type: "file", accept: "image/*", class: "hidden", id: "upload" });
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    try {
      const picture = await uploaded(file.files[0], app.shape);
      keep();
      [app.base, app.sample, app.strokes] = [picture, null, []];
      hint.textContent = `${file.files[0].name}, made ${H} x ${W} pixels.`;
      changed();
    } catch {
      hint.textContent = `${file.files[0].name} is no picture that this browser can read: choose a PNG or a JPEG.`;
    }
    file.value = "";
  });
  const tools = make("div", { class: "tools" },
    make("button", { type: "button", text: "Clear", id: "clear", onclick: clear }),
    undoing,
    make("button", { type: "button", text: "Upload \u2026", onclick: () => file.click() }), file);
  if (C === 3) {
    const chosen = (name) => {
      colour = COLOURS[name];
      for (const button of swatches.children) button.setAttribute("aria-pressed", button.title === name);
    };
    const swatches = make("div", { class: "swatches", role: "group", "aria-label": "colour of the pen" },
      ...Object.entries(COLOURS).map(([name, value]) => {
        const button = make("button", { type: "button", title: name, "aria-label": name, onclick: () => chosen(name) });
        button.style.background = `rgb(${value.map((part) => 255 * part).join(" ")})`;
        return button;
      }));
    chosen("white");
    tools.prepend(swatches);
  }
  find("#drawing").append(pad, tools, strip, hint);

  // The exact input: each number, and how it came about.
  const said = make("p", { class: "readout", "aria-live": "polite" });
  let at = [Math.floor(H / 2), Math.floor(W / 2)];
  const look = (row, column) => {
    at = [row, column];
    drawTensor();
  };
  const planes = Array.from({ length: C }, (_, c) => new Plane({
    label: `Input of the network${C > 1 ? `, ${CHANNELS[c]}` : ""}. Arrow keys move over its numbers.`, side: C > 1 ? 116 : PAD, choose: look,
  }));
  find("#tensor").append(make("div", { class: "planes" }, ...planes.map((plane, c) =>
    make("figure", {}, ...(C > 1 ? [make("figcaption", { text: CHANNELS[c] })] : []), plane.canvas))), said);

  function drawTensor() {
    const hasMean = largest(app.mean.data) > 0;
    const colourOf = hasMean ? signed(Math.max(largest(app.x.data), 1e-9)) : null;
    const asPicture = looks(C === 1 ? app.shownPicture : { shape: [1, H, W], data: app.shownPicture.data });
    const [row, column] = at;
    planes.forEach((plane, c) => {
      const value = (p) => app.x.data[c * H * W + p];
      plane.show({
        H, W, at, colour: hasMean ? (p) => colourOf(value(p)) : asPicture,
        text: Math.max(H, W) <= 10 ? (p) => brief(value(p)) : undefined,
        frames: [{ top: row, left: column, height: 1, width: 1 }],
      });
    });
    const parts = planes.map((_, c) => {
      const p = (c * H + row) * W + column;
      const name = C > 1 ? `${CHANNELS[c]} ` : "";
      return `${name}${say(app.shownPicture.data[p], 3)} \u2212 mean ${say(app.mean.data[p], 3)} = ${say(app.x.data[p], 3)}`;
    });
    const isMoved = C === 1 && app.strokes.length && !app.base;
    said.textContent = `Row ${row}, column ${column}: ${parts.join("; ")}.${isMoved ? " Your drawing was moved to the middle and made as large as those that it learned from." : ""}`;
  }

  function drawPad() {
    const context = sized(pad, W * scale, H * scale);
    if (app.base || C === 3) {
      const under = app.base ?? blank(app);
      context.drawImage(pixels(H, W, looks(under)), 0, 0, W * scale, H * scale);
    }
    [context.lineCap, context.lineJoin] = ["round", "round"];
    for (const stroke of app.strokes) {
      context.strokeStyle = C === 3 ? `rgb(${stroke.colour.map((part) => 255 * part).join(" ")})` : css("--ink");
      context.lineWidth = stroke.width * scale;
      context.beginPath();
      stroke.points.forEach(([x, y], i) => (i ? context.lineTo(x * scale, y * scale) : context.moveTo(x * scale, y * scale)));
      if (stroke.points.length === 1) context.lineTo(stroke.points[0][0] * scale + 0.01, stroke.points[0][1] * scale);
      context.stroke();
    }
    if (app.isBlank) {
      [context.textAlign, context.font, context.fillStyle] = ["center", "15px system-ui, sans-serif", C === 3 ? "#000" : css("--quiet")];
      context.fillText("draw here", W * scale / 2, H * scale / 2);
    }
    if (pen) outline(context, pen.x * scale - 6, pen.y * scale - 6, 12, 12, pen.isDown ? "main" : "dashed");
    [...strip.children].forEach((button, number) => {
      button.setAttribute("aria-pressed", number === app.sample);
      const canvas = button.firstChild;
      const side = 44 / Math.max(H, W);
      sized(canvas, W * side, H * side).drawImage(pixels(H, W, looks(app.samples[number])), 0, 0, W * side, H * side);
    });
  }

  app.add({
    section: find("#draw"),
    draw(news) {
      drawPad();
      drawTensor();
      find("#scores").classList.toggle("short", isShort(app));
      find("#scores").replaceChildren(...scoreBars(app, app.outs, app.shares));
      find("#blank").hidden = !app.isBlank;
    },
  });
  addStrip(app);
}

export const isShort = (app) => app.classes.every((name) => name.length < 3);

const blank = (app) => volume(app.shape, app.mean.data.map((value) => value || 0.5));

/** A bar for each class, the best ones where there are many. */
export function scoreBars(app, outs, shares, { most = MOST_BARS } = {}) {
  const order = [...shares.keys()];
  const best = shares.indexOf(Math.max(...shares));
  if (order.length > most) order.sort((a, b) => shares[b] - shares[a]).splice(most);
  const scores = outs.at(-1).data;
  const rows = bars(order.map((k) => ({ name: app.classes[k], value: shares[k], text: percent(shares[k]), isBest: k === best })));
  rows.forEach((row, place) => { row.title = `score ${say(scores[order[place]], 3)}`; });
  return rows;
}

/** The line at the top of the page: what is read now, wherever one has scrolled to. */
function addStrip(app) {
  const [, H, W] = app.shape;
  const side = 36 / Math.max(H, W);
  const canvas = make("canvas", { role: "img", "aria-label": "the picture" });
  const word = make("strong");
  const sure = make("span", { class: "sure" });
  const broken = make("span", { class: "broken", text: "with your changes" });
  const says = make("span", { class: "quiet", text: "It says " });
  find("#now").append(canvas, make("span", { class: "reads" }, says, word), sure, broken);
  let timer;
  app.add({
    section: find("#now"),
    draw() {
      sized(canvas, W * side, H * side).drawImage(pixels(H, W, looks(app.shownPicture)), 0, 0, W * side, H * side);
      // Something wins on an empty picture, too, by the biases alone: that is no reading.
      says.textContent = app.isBlank ? "Nothing is drawn yet" : "It says ";
      word.textContent = app.isBlank ? "" : app.classes[app.best];
      sure.textContent = app.isBlank ? "" : percent(app.shares[app.best]);
      broken.hidden = !app.isBroken;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const text = app.isBlank ? "Nothing is drawn." : `The network says ${app.classes[app.best]}, ${percent(app.shares[app.best])}.`;
        if (find("#said").textContent !== text) find("#said").textContent = text;
      }, QUIET);
    },
  });
}

/** A file as a picture [C, H, W]: its middle, made small. Dark on bright is turned round for one
 * channel, where ink is 1. */
async function uploaded(file, [C, H, W]) {
  const bitmap = await createImageBitmap(file);
  const [BH, BW] = [H * FINE, W * FINE];
  const scale = Math.max(BW / bitmap.width, BH / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const canvas = make("canvas", { width: BW, height: BH });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // below what is transparent
  context.fillRect(0, 0, BW, BH);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (BW - width) / 2, (BH - height) / 2, width, height);
  const { data } = context.getImageData(0, 0, BW, BH);
  const picture = volume([C, H, W]);
  for (let b = 0; b < BH * BW; b++) { // a pixel is the mean of its block
    const p = Math.floor(b / BW / FINE) * W + Math.floor(b % BW / FINE);
    const parts = [...data.subarray(4 * b, 4 * b + 3)].map((value) => value / 255 / FINE ** 2);
    if (C === 3) parts.forEach((value, c) => { picture.data[c * H * W + p] += value; });
    else picture.data[p] += 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2];
  }
  if (C === 1) {
    const border = picture.data.filter((_, p) => p < W || p >= (H - 1) * W || p % W === 0 || p % W === W - 1);
    if (border.reduce((sum, value) => sum + value, 0) > border.length / 2) picture.data.forEach((value, p) => { picture.data[p] = 1 - value; });
  }
  return picture;
}

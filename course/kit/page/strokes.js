// A drawing as the picture that the network reads: strokes.js beside strokes.py.
//
// A stroke is {points: [[x, y], ...], colour, width}, in pixels of the picture, y downwards.

import { volume } from "./layers.js";

const BLOCK = 4; // each pixel is the share of its 4 x 4 block with ink
const STEP = 0.5; // between the places where the pen is set down, in pixels of the bitmap
const SMALLEST = 0.02; // of a drawing that is more than a dot, as a share of the picture

/** Width of the pen, in pixels of a picture of this side: 1.15 for 8, 2.4 for 28. */
export const penFor = (side) => 0.65 + side / 16;

/** How much of each pixel (H, W) lies below the pen on its way along points in the bitmap. */
function coverage(lines, H, W, radius) {
  const [BH, BW] = [H * BLOCK, W * BLOCK];
  const ink = new Uint8Array(BH * BW);
  for (const line of lines) for (const [x, y] of resampled(line)) {
    const [top, bottom] = [Math.max(0, Math.floor(y - radius - 1)), Math.min(BH - 1, Math.ceil(y + radius))];
    const [left, right] = [Math.max(0, Math.floor(x - radius - 1)), Math.min(BW - 1, Math.ceil(x + radius))];
    for (let h = top; h <= bottom; h++) for (let w = left; w <= right; w++)
      if ((h + 0.5 - y) ** 2 + (w + 0.5 - x) ** 2 <= radius ** 2) ink[h * BW + w] = 1;
  }
  const out = new Float32Array(H * W);
  ink.forEach((value, place) => {
    const [h, w] = [Math.floor(place / BW), place % BW];
    out[Math.floor(h / BLOCK) * W + Math.floor(w / BLOCK)] += value / BLOCK ** 2;
  });
  return out;
}

/** The places along a line at which the pen is set down. */
function resampled(line) {
  const at = [0];
  for (let i = 1; i < line.length; i++)
    at.push(at[i - 1] + Math.hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]));
  const length = at.at(-1);
  const many = Math.floor(length / STEP) + 2;
  let i = 0;
  return Array.from({ length: many }, (_, place) => {
    const wanted = length * place / (many - 1);
    while (i < at.length - 2 && at[i + 1] < wanted) i++;
    const span = (at[i + 1] ?? 0) - at[i];
    const share = span > 0 ? Math.min(1, (wanted - at[i]) / span) : 0;
    const end = line[i + 1] ?? line[i];
    return [0, 1].map((axis) => line[i][axis] + share * (end[axis] - line[i][axis]));
  });
}

/** One channel, the drawing made as large as the network has learned: it fills 8 pixels, as
 * scikit-learn's digits do, and 20 of 28, as MNIST's. */
export function fitted(strokes, [, H, W]) {
  const lines = strokes.map(({ points }) => points).filter((points) => points.length);
  const out = volume([1, H, W]);
  if (!lines.length) return out;
  const all = lines.flat();
  const [low, high] = [Math.min, Math.max].map((pick) => [0, 1].map((axis) => all.reduce((v, p) => pick(v, p[axis]), all[0][axis])));
  const side = Math.max(H, W);
  const width = penFor(side) * BLOCK;
  const fill = side <= 12 ? 1 : 20 / 28;
  const [BW, BH] = [W * BLOCK, H * BLOCK];
  const least = SMALLEST * side;
  const scale = Math.min((BW * fill - width) / Math.max(high[0] - low[0], least), (BH * fill - width) / Math.max(high[1] - low[1], least));
  const moved = lines.map((points) => points.map(([x, y]) =>
    [(x - (low[0] + high[0]) / 2) * scale + BW / 2, (y - (low[1] + high[1]) / 2) * scale + BH / 2]));
  out.data.set(coverage(moved, H, W, width / 2));
  return out;
}

/** The strokes painted over a picture [C, H, W], one after the other. */
export function painted(base, strokes) {
  const [C, H, W] = base.shape;
  const out = volume(base.shape, base.data.slice());
  for (const { points, colour, width } of strokes) {
    const lines = [points.map((point) => point.map((value) => value * BLOCK))];
    coverage(lines, H, W, width * BLOCK / 2).forEach((share, place) => {
      if (share) for (let c = 0; c < C; c++) {
        const at = c * H * W + place;
        out.data[at] += share * (colour[c] - out.data[at]);
      }
    });
  }
  return out;
}

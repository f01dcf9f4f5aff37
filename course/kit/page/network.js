// A network in the page: from its weights as text to its scores, and back to the pixels.

import { LAYERS, axes, count, volume } from "./layers.js";

/** Numbers that layers.py has written as base64 of little-endian float32. */
export function decoded(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, place) => view.getFloat32(4 * place, true));
}

export const isConv = (node) => ["Conv", "Conv2D"].includes(node.type);
export const isDense = (node) => ["Dense", "FullyConnected"].includes(node.type);
export const isMaxPool = (node) => ["MaxPool2D", "PaddedMaxPool"].includes(node.type);
export const isAveragePool = (node) => ["AveragePool", "AvgPool2D"].includes(node.type);

const INPUT = -1; // what `from` of a node says where it takes the image

export class Network {
  /** nodes: as layers.py describes them. weights: the text with all their arrays, in order. */
  constructor(nodes, weights) {
    const numbers = typeof weights === "string" ? decoded(weights) : weights;
    let at = 0;
    this.nodes = nodes.map((node) => {
      const arrays = Object.entries(node.arrays).map(([name, shape]) =>
        [name, volume(shape, numbers.slice(at, (at += count(shape))))]);
      return { ...node, ...Object.fromEntries(arrays) };
    });
  }

  /** All its arrays, one after the other, as the constructor takes them. */
  get weights() {
    const parts = this.nodes.flatMap((node) => Object.keys(node.arrays).map((name) => node[name].data));
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  }

  inputs(place, x, outs) {
    return this.nodes[place].from.map((source) => (source === INPUT ? x : outs[source]));
  }

  /** The outputs of all nodes for x, an image [C, H, W]. */
  forward(x) {
    const outs = [];
    this.nodes.forEach((node, place) => outs.push(LAYERS[node.type].forward(node, this.inputs(place, x, outs))));
    return outs;
  }

  /** The gradients of sum(last output * dscores): for every node's output, and `input` for x. */
  backward(x, outs, dscores) {
    const found = this.nodes.map((node) => volume(node.shape));
    found.input = volume(x.shape);
    found.at(-1).data.set(dscores);
    for (let place = this.nodes.length - 1; place >= 0; place--) {
      const node = this.nodes[place];
      const parts = LAYERS[node.type].backward(node, found[place], this.inputs(place, x, outs), outs[place]);
      node.from.forEach((source, part) => {
        const sum = source === INPUT ? found.input : found[source];
        parts[part].data.forEach((value, at) => { sum.data[at] += value; });
      });
    }
    return found;
  }

  /** What unit (row, column) of a node can see of the image: {top, left, height, width}, or
   * null for all of it. It may reach out of the image, into padding. */
  field(place, row, column) {
    const seen = this.seen(place, [row, row], [column, column]);
    if (!seen) return null;
    const [[top, bottom], [left, right]] = seen;
    return { top, left, height: bottom - top + 1, width: right - left + 1 };
  }

  seen(place, rows, columns) {
    if (place === INPUT) return [rows, columns];
    const node = this.nodes[place];
    const reach = node.shape.length === 3 && LAYERS[node.type].reach?.(node);
    if (!reach) return null;
    const parts = node.from.map((source) => this.seen(source, reach[0](rows), reach[1](columns)));
    if (parts.includes(null)) return null;
    return [0, 1].map((axis) => [Math.min(...parts.map((part) => part[axis][0])), Math.max(...parts.map((part) => part[axis][1]))]);
  }
}

/** Probabilities: those of a Softmax at the end, or the softmax of the scores. */
export function shares(network, outs) {
  const last = outs.at(-1);
  return network.nodes.at(-1).type === "Softmax" ? last.data : LAYERS.Softmax.forward({}, [last]).data;
}

/** The window of one unit of a convolution or pooling: for each of its input's channels the
 * numbers that it sees, row by row. Padding is `null`. */
export function windowOf(node, x, channel, row, column) {
  const [C, H, W] = axes(x.shape);
  const { stride, padding = 0, dilation = 1, groups = 1 } = node;
  const [FH, FW] = node.w ? node.w.shape.slice(2) : [node.size, node.size];
  const depth = node.w ? node.w.shape[1] : 1;
  const first = node.w ? Math.floor(channel / (node.w.shape[0] / groups)) * depth : channel;
  const channels = Array.from({ length: depth }, (_, d) => {
    const numbers = [];
    for (let fh = 0; fh < FH; fh++) for (let fw = 0; fw < FW; fw++) {
      const [h, w] = [row * stride - padding + fh * dilation, column * stride - padding + fw * dilation];
      numbers.push(h >= 0 && h < H && w >= 0 && w < W ? x.data[((first + d) * H + h) * W + w] : null);
    }
    return numbers;
  });
  return { channels, first: Math.min(first, C - 1), FH, FW, top: row * stride - padding, left: column * stride - padding };
}

/** What each channel of the input adds to a unit of a convolution or dense layer, and the bias. */
export function contributions(node, x, channel, row, column) {
  const bias = node.b ? node.b.data[channel] : 0;
  if (isConv(node)) {
    const { channels, first, FH, FW } = windowOf(node, x, channel, row, column);
    const sums = channels.map((numbers, d) => numbers.reduce((sum, value, place) =>
      sum + (value ?? 0) * node.w.data[(channel * channels.length + d) * FH * FW + place], 0));
    return { sums, first, bias };
  }
  const [C, H, W] = axes(x.shape);
  const M = node.w.shape[1];
  const sums = Array.from({ length: C }, (_, c) => {
    let sum = 0;
    for (let d = c * H * W; d < (c + 1) * H * W; d++) sum += x.data[d] * node.w.data[d * M + channel];
    return sum;
  });
  return { sums, first: 0, bias };
}

/** X_col of lesson 04, {shape: [C*FH*FW, HO*WO], data}: every window of x as a column. With
 * groups, of the channels that the filter `channel` sees. */
export function im2col(node, x, channel = 0) {
  const [, HO, WO] = node.shape;
  const { channels, FH, FW } = windowOf(node, x, channel, 0, 0);
  const out = volume([channels.length * FH * FW, HO * WO]);
  for (let place = 0; place < HO * WO; place++) {
    const { channels: seen } = windowOf(node, x, channel, Math.floor(place / WO), place % WO);
    seen.flat().forEach((value, row) => { out.data[row * HO * WO + place] = value ?? 0; });
  }
  return out;
}

/** For every pixel, the largest |gradient| over the channels. */
export function saliency(gradient) {
  const [C, H, W] = gradient.shape;
  const out = volume([1, H, W]);
  for (let place = 0; place < H * W; place++) for (let c = 0; c < C; c++)
    out.data[place] = Math.max(out.data[place], Math.abs(gradient.data[c * H * W + place]));
  return out;
}

/** The score of a class with a square of the image filled, for every place of the square.
 * A generator: yields the share that is done, returns {shape: [1, HO, WO], data}. */
export function* occlusion(network, x, label, size, stride, fill) {
  const [C, H, W] = x.shape;
  const [HO, WO] = [H, W].map((length) => Math.floor((length - size) / stride) + 1);
  const out = volume([1, HO, WO]);
  for (let place = 0; place < HO * WO; place++) {
    const covered = volume(x.shape, x.data.slice());
    const [top, left] = [Math.floor(place / WO) * stride, (place % WO) * stride];
    for (let c = 0; c < C; c++) for (let h = top; h < top + size; h++) {
      const from = (c * H + h) * W + left;
      covered.data.fill(fill[c] ?? fill[0], from, from + size);
    }
    out.data[place] = network.forward(covered).at(-1).data[label];
    yield (place + 1) / (HO * WO);
  }
  return out;
}

/** The same layers with random weights: those of Conv2D and Dense before training. */
export function untrained(network, seed) {
  const random = normal(seed);
  const made = new Network(network.nodes, network.weights);
  for (const node of made.nodes) {
    if (node.w) {
      const inputs = isDense(node) ? node.w.shape[0] : count(node.w.shape.slice(1));
      node.w.data.forEach((_, place) => { node.w.data[place] = Math.sqrt(2 / inputs) * random(); });
    }
    for (const [name, value] of [["b", 0], ["gamma", 1], ["beta", 0], ["running_mean", 0], ["running_var", 1]])
      if (node[name]?.data) node[name].data.fill(value);
  }
  return made;
}

/** Normally distributed numbers, the same for the same seed. */
export function normal(seed) {
  let state = seed >>> 0;
  const uniform = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** `many` places of an array, evenly spread: what the self-test compares, here and in Python. */
export const spread = (length, many) =>
  Array.from({ length: Math.min(length, many) }, (_, i) => Math.floor(i * length / Math.min(length, many)));

/** The fixtures from numpy against what the page computes: rows {name, error}, the error being
 * the largest difference / max(1, largest number wanted). */
export function selfTest(network, { shape, x, layers, scores, dscores, dx }) {
  const image = volume(shape, decoded(x));
  const outs = network.forward(image);
  const error = (got, wanted) => {
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const apart = Array.from(wanted, (value, at) => Math.abs(got[at] - value) / scale);
    return apart.some(Number.isNaN) ? NaN : Math.max(...apart);
  };
  const some = (data, wanted) => spread(data.length, wanted.length).map((place) => data[place]);
  const rows = network.nodes.map((node, place) => {
    const wanted = decoded(layers[place]);
    return { name: node.name, error: error(some(outs[place].data, wanted), wanted) };
  });
  rows.push({ name: "scores", error: error(outs.at(-1).data, decoded(scores)) });
  if (dx) {
    const gradient = network.backward(image, outs, decoded(dscores)).input.data;
    const wanted = decoded(dx);
    rows.push({ name: "gradient of the pixels", error: error(some(gradient, wanted), wanted) });
  }
  return rows;
}

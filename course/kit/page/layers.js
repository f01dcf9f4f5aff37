// What each layer of layers.py computes, forward and backward, for one image.
//
// A volume is {shape: [C, H, W] or [M], data: Float32Array}, in numpy's order. A node has its
// options as in Python (stride, padding, ...) and its arrays (w, b, ...) as volumes. Sums are
// made in double precision and rounded once, when they are stored.

export const count = (shape) => shape.reduce((product, length) => product * length, 1);

export function volume(shape, data) {
  return { shape, data: data ?? new Float32Array(count(shape)) };
}

/** [C, H, W], a row of M numbers being M channels of one pixel. */
export const axes = (shape) => (shape.length === 3 ? shape : [count(shape), 1, 1]);

function padded(x, near, far, fill = 0) {
  const [C, H, W] = axes(x.shape);
  const [PH, PW] = [near + H + far, near + W + far];
  const out = volume([C, PH, PW]);
  if (fill) out.data.fill(fill);
  for (let c = 0; c < C; c++) for (let h = 0; h < H; h++) {
    const from = (c * H + h) * W;
    out.data.set(x.data.subarray(from, from + W), (c * PH + near + h) * PW + near);
  }
  return out;
}

/** The part [C, H, W] of x that begins `top` rows and `left` columns from its corner. */
function inner(x, [C, H, W], top, left) {
  const [, XH, XW] = x.shape;
  const out = volume([C, H, W]);
  for (let c = 0; c < C; c++) for (let h = 0; h < H; h++) {
    const from = (c * XH + top + h) * XW + left;
    out.data.set(x.data.subarray(from, from + W), (c * H + h) * W);
  }
  return out;
}

const isInside = (place, length) => place >= 0 && place < length;

/** Input range [first, last] along one axis that the outputs first..last of a window see. */
const windowed = (size, stride, padding, dilation = 1) => ([first, last]) =>
  [first * stride - padding, last * stride - padding + (size - 1) * dilation];

const Conv = {
  forward({ w, b, stride, padding, dilation = 1, groups = 1, shape }, [x]) {
    const [K, D, FH, FW] = w.shape;
    const [, HO, WO] = shape;
    const ready = padded(x, padding, padding);
    const [, PH, PW] = ready.shape;
    const out = volume([K, HO, WO]);
    const sums = new Float64Array(HO * WO);
    for (let k = 0; k < K; k++) {
      sums.fill(b ? b.data[k] : 0);
      const first = Math.floor(k / (K / groups)) * D;
      for (let d = 0; d < D; d++) for (let fh = 0; fh < FH; fh++) for (let fw = 0; fw < FW; fw++) {
        const weight = w.data[((k * D + d) * FH + fh) * FW + fw];
        for (let ho = 0, at = 0; ho < HO; ho++) {
          let from = ((first + d) * PH + ho * stride + fh * dilation) * PW + fw * dilation;
          for (let wo = 0; wo < WO; wo++, at++, from += stride) sums[at] += weight * ready.data[from];
        }
      }
      out.data.set(sums, k * HO * WO);
    }
    return out;
  },
  backward({ w, stride, padding, dilation = 1, groups = 1 }, dout, [x]) {
    const [K, D, FH, FW] = w.shape;
    const [, HO, WO] = dout.shape;
    const [C, H, W] = x.shape;
    const [PH, PW] = [H + 2 * padding, W + 2 * padding];
    const sums = { shape: [C, PH, PW], data: new Float64Array(C * PH * PW) };
    for (let k = 0; k < K; k++) {
      const first = Math.floor(k / (K / groups)) * D;
      for (let d = 0; d < D; d++) for (let fh = 0; fh < FH; fh++) for (let fw = 0; fw < FW; fw++) {
        const weight = w.data[((k * D + d) * FH + fh) * FW + fw];
        for (let ho = 0, at = k * HO * WO; ho < HO; ho++) {
          let to = ((first + d) * PH + ho * stride + fh * dilation) * PW + fw * dilation;
          for (let wo = 0; wo < WO; wo++, at++, to += stride) sums.data[to] += weight * dout.data[at];
        }
      }
    }
    return [inner(sums, x.shape, padding, padding)];
  },
  reach({ w, stride, padding, dilation = 1 }) {
    return [w.shape[2], w.shape[3]].map((size) => windowed(size, stride, padding, dilation));
  },
};

const Dense = {
  forward({ w, b }, [x]) {
    const [D, M] = w.shape;
    const sums = Float64Array.from({ length: M }, (_, m) => (b ? b.data[m] : 0));
    for (let d = 0; d < D; d++) {
      const value = x.data[d];
      if (value) for (let m = 0; m < M; m++) sums[m] += value * w.data[d * M + m];
    }
    return volume([M], Float32Array.from(sums));
  },
  backward({ w }, dout, [x]) {
    const [D, M] = w.shape;
    const dx = volume(x.shape);
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (let m = 0; m < M; m++) sum += dout.data[m] * w.data[d * M + m];
      dx.data[d] = sum;
    }
    return [dx];
  },
};

const ReLU = {
  forward: (node, [x]) => volume(x.shape, x.data.map((value) => Math.max(0, value))),
  backward: (node, dout, [x]) =>
    [volume(x.shape, dout.data.map((value, place) => (x.data[place] > 0 ? value : 0)))],
  reach: () => [windowed(1, 1, 0), windowed(1, 1, 0)],
};

/** Call visit(out place, in place) for every pixel of every window; padding is left out. */
function eachOfWindows({ size, stride, padding = 0 }, [C, H, W], [, HO, WO], visit) {
  for (let c = 0, at = 0; c < C; c++) for (let ho = 0; ho < HO; ho++) for (let wo = 0; wo < WO; wo++, at++)
    for (let fh = 0; fh < size; fh++) {
      const h = ho * stride - padding + fh;
      if (!isInside(h, H)) continue;
      for (let fw = 0; fw < size; fw++) {
        const across = wo * stride - padding + fw;
        if (isInside(across, W)) visit(at, (c * H + h) * W + across);
      }
    }
}

const poolReach = ({ size, stride, padding = 0 }) => [windowed(size, stride, padding), windowed(size, stride, padding)];

const MaxPool = {
  /** `switches` of the volume: where in x the first maximum of every window is. */
  forward(node, [x]) {
    const out = volume(node.shape);
    out.data.fill(-Infinity);
    out.switches = new Int32Array(out.data.length).fill(-1);
    eachOfWindows(node, x.shape, node.shape, (at, from) => {
      if (out.switches[at] >= 0 && !(x.data[from] > out.data[at])) return;
      out.data[at] = x.data[from];
      out.switches[at] = from;
    });
    return out;
  },
  backward(node, dout, [x], out) {
    const dx = volume(x.shape);
    dout.data.forEach((value, at) => { dx.data[out.switches[at]] += value; });
    return [dx];
  },
  reach: poolReach,
};

const AveragePool = {
  forward(node, [x]) {
    const sums = new Float64Array(count(node.shape));
    eachOfWindows(node, x.shape, node.shape, (at, from) => { sums[at] += x.data[from]; });
    return volume(node.shape, Float32Array.from(sums, (sum) => sum / node.size ** 2));
  },
  backward(node, dout, [x]) {
    const dx = volume(x.shape);
    eachOfWindows(node, x.shape, dout.shape, (at, from) => { dx.data[from] += dout.data[at] / node.size ** 2; });
    return [dx];
  },
  reach: poolReach,
};

const GlobalAveragePool = {
  forward(node, [x]) {
    const [C, H, W] = x.shape;
    const out = volume([C, 1, 1]);
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let place = c * H * W; place < (c + 1) * H * W; place++) sum += x.data[place];
      out.data[c] = sum / (H * W);
    }
    return out;
  },
  backward(node, dout, [x]) {
    const [, H, W] = x.shape;
    return [volume(x.shape, x.data.map((_, place) => dout.data[Math.floor(place / (H * W))] / (H * W)))];
  },
};

const Flatten = {
  forward: (node, [x]) => volume([x.data.length], x.data.slice()),
  backward: (node, dout, [x]) => [volume(x.shape, dout.data.slice())],
};

/** When the network is used nothing is dropped. */
const Dropout = {
  forward: (node, [x]) => volume(x.shape, x.data.slice()),
  backward: (node, dout) => [volume(dout.shape, dout.data.slice())],
  reach: ReLU.reach,
};

/** In use: mean and variance are those that the training has collected. */
const BatchNorm = {
  forward({ gamma, beta, running_mean, running_var, eps }, [x]) {
    const [, H, W] = axes(x.shape);
    return volume(x.shape, x.data.map((value, place) => {
      const c = Math.floor(place / (H * W));
      const scale = gamma.data[c] / Math.sqrt(running_var.data[c] + eps);
      return (value - running_mean.data[c]) * scale + beta.data[c];
    }));
  },
  backward({ gamma, running_var, eps }, dout, [x]) {
    const [, H, W] = axes(x.shape);
    return [volume(x.shape, dout.data.map((value, place) => {
      const c = Math.floor(place / (H * W));
      return value * gamma.data[c] / Math.sqrt(running_var.data[c] + eps);
    }))];
  },
  reach: ReLU.reach,
};

/** For every number, the sum over the `size` channels around its own, at the same place. */
function alongDepth(data, [C, H, W], size) {
  const half = Math.floor(size / 2);
  return Float64Array.from(data, (_, place) => {
    const [c, rest] = [Math.floor(place / (H * W)), place % (H * W)];
    let sum = 0;
    for (let near = Math.max(0, c - half); near <= Math.min(C - 1, c + half); near++) sum += data[near * H * W + rest];
    return sum;
  });
}

const LocalResponseNorm = {
  forward(node, [x]) {
    const base = LocalResponseNorm.base(node, x);
    return volume(x.shape, x.data.map((value, place) => value * base[place] ** -node.beta));
  },
  backward(node, dout, [x]) {
    const base = LocalResponseNorm.base(node, x);
    const shrunk = Float64Array.from(dout.data, (value, place) => value * base[place] ** -node.beta);
    const others = alongDepth(shrunk.map((value, place) => value * x.data[place] / base[place]), axes(x.shape), node.size);
    return [volume(x.shape, x.data.map((value, place) =>
      shrunk[place] - 2 * node.alpha * node.beta * value * others[place]))];
  },
  base({ size, alpha, k }, x) {
    const squares = Float64Array.from(x.data, (value) => value * value);
    return alongDepth(squares, axes(x.shape), size).map((sum) => k + alpha * sum);
  },
  reach: ReLU.reach,
};

const Softmax = {
  forward(node, [x]) {
    const [C, H, W] = axes(x.shape);
    const out = volume(x.shape);
    for (let place = 0; place < H * W; place++) {
      let [most, sum] = [-Infinity, 0];
      for (let c = 0; c < C; c++) most = Math.max(most, x.data[c * H * W + place]);
      for (let c = 0; c < C; c++) sum += Math.exp(x.data[c * H * W + place] - most);
      for (let c = 0; c < C; c++) out.data[c * H * W + place] = Math.exp(x.data[c * H * W + place] - most) / sum;
    }
    return out;
  },
  backward(node, dout, [x], out) {
    const [C, H, W] = axes(x.shape);
    const dx = volume(x.shape);
    for (let place = 0; place < H * W; place++) {
      let pull = 0;
      for (let c = 0; c < C; c++) pull += dout.data[c * H * W + place] * out.data[c * H * W + place];
      for (let at = place; at < C * H * W; at += H * W) dx.data[at] = out.data[at] * (dout.data[at] - pull);
    }
    return [dx];
  },
  reach: ReLU.reach,
};

const Pad = {
  forward: ({ near, far }, [x]) => padded(x, near, far),
  backward: ({ near }, dout, [x]) => [inner(dout, x.shape, near, near)],
  reach: ({ near }) => [windowed(1, 1, near), windowed(1, 1, near)],
};

const Crop = {
  forward: ({ shape }, [x]) => inner(x, shape, 0, 0),
  backward(node, dout, [x]) {
    const [C, H, W] = dout.shape;
    const dx = volume(x.shape);
    for (let c = 0; c < C; c++) for (let h = 0; h < H; h++) {
      const from = (c * H + h) * W;
      dx.data.set(dout.data.subarray(from, from + W), (c * x.shape[1] + h) * x.shape[2]);
    }
    return [dx];
  },
  reach: ReLU.reach,
};

/** The sum of what its parts give. */
const Residual = {
  forward: (node, parts) => volume(parts[0].shape, parts[0].data.map((value, place) => value + parts[1].data[place])),
  backward: (node, dout) => [volume(dout.shape, dout.data.slice()), volume(dout.shape, dout.data.slice())],
  reach: ReLU.reach,
};

/** What its parts give, one after the other in depth. */
const Branches = {
  forward(node, parts) {
    const out = volume(node.shape);
    let at = 0;
    for (const { data } of parts) {
      out.data.set(data, at);
      at += data.length;
    }
    return out;
  },
  backward(node, dout, parts) {
    let at = 0;
    return parts.map(({ shape, data }) => volume(shape, dout.data.slice(at, (at += data.length))));
  },
  reach: ReLU.reach,
};

/** By the name of the class in Python. forward(node, inputs) -> volume;
 * backward(node, dout, inputs, out) -> the gradient of each input; reach(node) -> for rows and
 * for columns, which range of the input a range of outputs sees (without it: all of it). */
export const LAYERS = {
  AveragePool, AvgPool2D: AveragePool, BatchNorm, Branches, Conv, Conv2D: Conv, Crop, Dense,
  Dropout, Flatten, FullyConnected: Dense, GlobalAveragePool, LocalResponseNorm,
  MaxPool2D: MaxPool, Pad, PaddedMaxPool: MaxPool, ReLU, Residual, Softmax,
};

// What the page is about: the network, the picture in front of it, the unit that is looked at.

import { count, volume } from "./layers.js";
import { Network, contributions, decoded, isConv, isDense, shares, untrained } from "./network.js";
import { fitted, painted, penFor } from "./strokes.js";

export class App {
  /** data: as export_page writes it. */
  constructor(data) {
    this.data = data;
    this.shape = data.shape;
    this.classes = [...data.classes];
    this.network = new Network(data.nodes, data.weights);
    this.intact = new Network(data.nodes, data.weights);
    this.mean = volume(data.shape, decoded(data.mean));
    this.samples = data.samples.map((text) => volume(data.shape, decoded(text)));
    this.steps = [
      { name: "untrained", network: untrained(this.intact, 1) },
      ...data.checkpoints.map(({ name, weights }) => ({ name, network: new Network(data.nodes, weights) })),
    ];
    this.strokes = [];
    this.base = this.samples[0] ?? null; // the picture below the strokes
    this.sample = 0;
    this.label = null; // the class whose score is asked about; null: the one that is read
    const convolutions = this.network.nodes.flatMap((node, place) => (isConv(node) ? [place] : []));
    this.selected = { node: convolutions[1] ?? convolutions[0] ?? 0, channel: 0, row: 0, column: 0 };
    this.input = 0; // channel of the selected node's input that is shown
    this.views = [];
    this.compute();
    this.selectLoudest();
  }

  /** The picture from 0 to 1 as it is now. */
  get picture() {
    const C = this.shape[0];
    if (!this.base && C === 1) return fitted(this.strokes, this.shape);
    const blank = volume(this.shape);
    if (C === 3) blank.data.set(this.mean.data.map((value) => value || 0.5));
    return painted(this.base ?? blank, this.strokes);
  }

  get isBlank() {
    return !this.base && !this.strokes.length;
  }

  get pen() {
    return penFor(Math.max(...this.shape.slice(1)));
  }

  get best() {
    return this.shares.indexOf(Math.max(...this.shares));
  }

  get asked() {
    return this.label ?? this.best;
  }

  /** What the network sees of a picture from 0 to 1. */
  seen(picture) {
    return volume(this.shape, picture.data.map((value, place) => value - this.mean.data[place]));
  }

  compute() {
    this.shownPicture = this.picture;
    this.x = this.seen(this.shownPicture);
    const start = performance.now();
    this.outs = this.network.forward(this.x);
    this.took = performance.now() - start;
    this.shares = shares(this.network, this.outs);
    this.found = null;
  }

  /** The gradients of the score that is asked about, for all layers and the pixels. */
  get gradients() {
    if (this.found?.label !== this.asked) {
      const dscores = new Float32Array(this.classes.length);
      dscores[this.asked] = 1;
      this.found = this.network.backward(this.x, this.outs, dscores);
      this.found.label = this.asked;
    }
    return this.found;
  }

  /** What goes into a node: the output of an earlier one, or the image. */
  inputOf(place) {
    return this.network.inputs(place, this.x, this.outs)[0];
  }

  /** Choose a unit; what is not named stays, or is brought into range. */
  select(change) {
    const isOther = change.node !== undefined && change.node !== this.selected.node;
    const wanted = { ...this.selected, ...change };
    const [K, H, W] = [...this.network.nodes[wanted.node].shape, 1, 1];
    this.selected = {
      node: wanted.node,
      channel: Math.min(wanted.channel, K - 1),
      row: Math.min(wanted.row, H - 1),
      column: Math.min(wanted.column, W - 1),
    };
    if (isOther) this.chooseInput();
    this.changed("selection");
  }

  /** Begin where the first map is brightest: there is something to see. */
  selectLoudest() {
    const { data, shape } = this.outs[this.selected.node];
    if (shape.length !== 3) return;
    const place = data.indexOf(data.reduce((most, value) => Math.max(most, value), -Infinity));
    const [, H, W] = shape;
    this.selected = {
      ...this.selected,
      channel: Math.floor(place / (H * W)),
      row: Math.floor(place / W) % H,
      column: place % W,
    };
    this.chooseInput();
  }

  /** Show the channel of the input that adds or takes most. */
  chooseInput() {
    const { node: place, channel, row, column } = this.selected;
    const node = this.network.nodes[place];
    this.input = 0;
    if (!isConv(node) && !isDense(node)) return;
    const { sums } = contributions(node, this.inputOf(place), channel, row, column);
    sums.forEach((sum, c) => { if (Math.abs(sum) > Math.abs(sums[this.input])) this.input = c; });
  }

  get isBroken() {
    const [now, before] = [this.network.weights, this.intact.weights];
    return now.some((value, place) => value !== before[place]) || this.classes.some((name, place) => name !== this.data.classes[place]);
  }

  /** The places of a node's numbers: [channel, row, column]. */
  static at([, H, W], place) {
    return [Math.floor(place / (H * W)), Math.floor(place / W) % H, place % W];
  }

  parameters() {
    return this.network.nodes.reduce((sum, node) =>
      sum + Object.entries(node.arrays).reduce((part, [name, shape]) => part + (name.startsWith("running_") ? 0 : count(shape)), 0), 0);
  }

  /** A view: {section, draw(what)}. It is drawn while it is near the screen. */
  add(view) {
    this.views.push(Object.assign(view, { isNear: true, isStale: false, news: new Set() }));
  }

  /** what: "picture", "network", "selection", "label" or "theme". Views draw at the next frame. */
  changed(what) {
    (this.news ??= new Set()).add(what);
    this.waiting ??= requestAnimationFrame(() => {
      const { news } = this;
      this.waiting = this.news = undefined;
      if (news.has("picture") || news.has("network")) this.compute();
      for (const view of this.views) {
        if (view.isNear) view.draw(news);
        else {
          view.isStale = true;
          for (const each of news) view.news.add(each);
        }
      }
    });
  }
}

// The marking page. What is not saved yet is kept in `drafts` until it is.

const token = document.querySelector("meta[name=token]").content;
const $ = (id) => document.getElementById(id);
const WORDS = { open: "not marked", again: "look again", marked: "marked", empty: "no answer" };

let overview = [];
let question = null; // with its answers, in the order in which they are walked through
let answer = null;
let names = null; // shown while not null
let compared = -1; // which similar answer stands beside this one
let busy = 0; // how much is under way with the server; keys wait until it is done
const pressed = [];
const drafts = new Map();

async function ask(path, values) {
  const reply = await fetch(`/api/${path}?${new URLSearchParams(values)}`);
  const told = await reply.json();
  if (!reply.ok) throw new Error(told.error);
  return told;
}

const place = () => ({ lesson: question.lesson, name: question.name });
const position = () => question.answers.findIndex((each) => each.key === answer?.key);
const waits = (each) => each.state === "open" || each.state === "again";
const points = (value) => String(Math.round(value * 1e6) / 1e6);
const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const dirty = () => [...drafts.values()].filter((each) => each.changed).length;

function say(text) {
  $("live").textContent = "";
  requestAnimationFrame(() => ($("live").textContent = text));
}

function complain(error) {
  $("mark-said").textContent = error.message;
}

async function during(work) {
  busy += 1;
  try {
    await work();
  } catch (error) {
    pressed.length = 0;
    complain(error);
  } finally {
    busy -= 1;
    if ($("conflict").open) pressed.length = 0;
    while (!busy && pressed.length) press(pressed.shift());
  }
}

// --- showing

function make(tag, values = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...inside);
  return element;
}

function showOverview() {
  let lesson = "";
  const lines = [];
  for (const each of overview) {
    if (each.lesson !== lesson) {
      lesson = each.lesson;
      lines.push(make("li", { className: "lesson", textContent: lesson.replace("_", " ") }));
    }
    const done = each.marked === each.all;
    const again = each.again ? `, ${each.again} to look at again` : "";
    const count = make("span", { className: "count" }, done ? "✓ " : "", `${each.marked} / ${each.all}${again}`);
    const button = make("button", { type: "button" }, make("span", {}, each.title), count);
    button.classList.toggle("done", done);
    if (question && each.lesson === question.lesson && each.name === question.name)
      button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => during(() => openQuestion(each)));
    lines.push(make("li", {}, button));
  }
  $("questions").replaceChildren(...lines);
}

function showQuestion() {
  $("place").textContent = question.lesson.replace("_", " ");
  $("title").textContent = question.title;
  document.title = `${question.title} · Marking`;
  $("points").textContent = `of ${points(question.points)}`;
  $("prompt").innerHTML = question.prompt;
  $("asked").hidden = !question.prompt;
  $("model").innerHTML = question.model;
  $("expected").hidden = !question.model;
  const lines = question.scheme.map((each, number) => {
    const box = make("input", { type: "checkbox", name: "tick" });
    box.addEventListener("change", addUp);
    const text = make("span", { className: "text" });
    text.innerHTML = each.html;
    const worth = make("span", { className: "worth" }, points(each.points));
    const key = number < 9 ? make("kbd", {}, String(number + 1)) : "";
    return make("li", {}, make("label", {}, box, key, text, worth));
  });
  $("scheme").replaceChildren(...lines);
}

function showComments() {
  const lines = question.comments.map((text, number) => {
    const button = make("button", { type: "button", title: text }, make("kbd", {}, String(number + 1)), make("span", {}, text));
    button.addEventListener("click", () => reuse(number));
    return make("li", {}, button);
  });
  $("comments").replaceChildren(...lines);
  $("reuse").hidden = !lines.length;
}

function showProgress() {
  const all = question.answers.length;
  const left = question.answers.filter(waits).length;
  const again = question.answers.filter((each) => each.state === "again").length;
  const listed = overview.find((each) => each.lesson === question.lesson && each.name === question.name);
  if (listed) Object.assign(listed, { marked: all - left, again, all });
  $("bar").style.width = `${all ? (100 * (all - left)) / all : 100}%`;
  const at = position() + 1;
  $("position").textContent = `${at || "–"} of ${all} · ${left ? `${left} to mark` : "all marked"}`;
  showOverview();
}

const ticks = () => [...document.querySelectorAll("[name=tick]")];

function showAnswer() {
  const draft = drafts.get(answer.key);
  $("text").innerHTML = answer.answer;
  $("above").innerHTML = answer.above;
  $("figure").hidden = !answer.above;
  $("figure-label").textContent = answer.handed_in ? "Above the question, as it was handed in" : "Above the question";
  $("asked").open = $("expected").open = false;
  const given = draft?.given ?? { ...answer.version, ticks: answer.ticks };
  ticks().forEach((box, number) => (box.checked = given.ticks.includes(number)));
  $("mark").value = given.mark === null ? "" : String(given.mark);
  $("extra").value = given.extra === null ? "" : String(given.extra);
  $("comment").value = given.comment ?? "";
  $("mark-said").textContent = "";
  if (!draft) drafts.set(answer.key, { seen: answer.version, given, changed: false });
  showAlike();
  showLabel();
  showProgress();
  document.querySelector("main").scrollTo(0, 0);
  window.scrollTo(0, 0);
}

function who(key) {
  return names?.[key] ?? `Answer ${question.answers.findIndex((each) => each.key === key) + 1}`;
}

function showLabel() {
  const label = make("span", { className: `state ${answer.state}` }, WORDS[answer.state]);
  const changed = drafts.get(answer.key)?.changed ? " · not saved yet" : "";
  $("answer-label").replaceChildren(who(answer.key), label, changed);
}

function showAlike() {
  const free = answer.equal.filter((each) => each.state === "open").length;
  const marked = answer.equal.length - free;
  $("alike").hidden = !answer.equal.length && !answer.near.length;
  $("equal-line").hidden = !answer.equal.length;
  $("equal").checked = false;
  $("equal").disabled = !free;
  const also = marked ? `; ${plural(marked, "is", "are")} marked already` : "";
  $("equal-text").textContent = free
    ? `Give the same to ${plural(free, "other who", "others who")} wrote the same${also}`
    : `${plural(marked, "other", "others")} wrote the same and ${marked === 1 ? "is" : "are"} marked already`;
  if (free) $("equal-text").prepend(make("kbd", {}, "e"), " ");
  $("near-line").hidden = !answer.near.length;
  compare(-1);
}

function compare(number) {
  compared = number < answer.near.length ? number : -1;
  const other = answer.near[compared];
  $("other").hidden = !other;
  $("sides").classList.toggle("two", Boolean(other));
  const text = other ? (compared + 1 < answer.near.length ? "Another one" : "Hide it") : `Compare with ${plural(answer.near.length, "similar answer", "similar answers")}`;
  $("compare").replaceChildren(make("kbd", {}, "s"), ` ${text}`);
  if (!other) return;
  const mark = waits(other) ? WORDS[other.state] : `${points(other.mark)} of ${points(question.points)}`;
  $("other-label").textContent = `${who(other.key)} · ${Math.round(100 * other.ratio)} % the same words · ${mark}`;
  $("other-text").innerHTML = other.html;
  say(`A similar answer is beside it: ${mark}`);
}

// --- going about

async function openQuestion(which, key) {
  const found = await ask("question", { lesson: which.lesson, name: which.name });
  const known = names && (await ask("names", { lesson: which.lesson, name: which.name }));
  question = found;
  names = known;
  answer = null;
  showQuestion();
  showComments();
  const open = question.answers.filter(waits);
  // Two people who begin together are not to begin with the same answer.
  const first = open[Math.floor(Math.random() * open.length)] ?? question.answers[0];
  const wanted = question.answers.find((each) => each.key === key) ?? first;
  if (wanted) await openAnswer(wanted.key);
  else showProgress();
}

async function openAnswer(key) {
  const found = await ask("answer", { ...place(), key });
  if (!drafts.get(key)?.changed) drafts.delete(key);
  answer = found;
  const listed = question.answers[position()];
  if (listed) listed.state = answer.state;
  history.replaceState(null, "", `#${question.lesson}/${question.name}/${key}`);
  showAnswer();
  $("answer").focus({ preventScroll: true });
}

function step(by) {
  const wanted = question?.answers[position() + by];
  if (wanted) during(() => openAnswer(wanted.key));
}

function stepQuestion(by) {
  const at = overview.findIndex((each) => each.lesson === question.lesson && each.name === question.name);
  if (overview[at + by]) during(() => openQuestion(overview[at + by]));
}

async function goOn() {
  const at = position();
  const round = [...question.answers.slice(at + 1), ...question.answers.slice(0, at)];
  const next = round.find(waits);
  if (next) return openAnswer(next.key);
  await openAnswer(answer.key);
  overview = await ask("overview", {});
  showOverview();
  const other = overview.find((each) => each.marked < each.all);
  if (!other) say("Everything is marked.");
  else if (other.lesson !== question.lesson || other.name !== question.name) {
    say(`This question is done. Next question: ${other.title}`);
    return openQuestion(other);
  }
}

// --- marking

function number(field) {
  const text = $(field).value.trim().replace(",", ".");
  if (!text) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`“${text}” is no number`);
  return value;
}

function read() {
  const chosen = ticks().flatMap((box, at) => (box.checked ? [at] : []));
  return { mark: number("mark"), extra: number("extra"), comment: $("comment").value || null, ticks: chosen };
}

function remember() {
  if (!answer) return;
  $("mark-said").textContent = "";
  const draft = drafts.get(answer.key);
  draft.changed = true;
  try {
    draft.given = read();
  } catch (error) {
    complain(error);
  }
  showLabel();
}

function addUp() {
  const sum = ticks().reduce((total, box, at) => total + (box.checked ? question.scheme[at].points : 0), 0);
  const mark = points(Math.min(sum, question.points));
  $("mark").value = mark;
  remember();
  say(`${mark} of ${points(question.points)}`);
}

function tickAll(checked) {
  ticks().forEach((box) => (box.checked = checked));
  addUp();
}

function reuse(at) {
  const field = $("comment");
  const text = question?.comments[at];
  if (!text) return;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
  remember();
  say("Comment added");
}

async function save(seen = null) {
  if (!answer) return;
  const draft = drafts.get(answer.key);
  const given = read();
  if (given.mark === null && !draft.changed) throw new Error("Give a mark first: tick a line, or type one.");
  const body = { ...place(), key: answer.key, ...given, version: seen ?? draft.seen, equal: $("equal").checked };
  const reply = await fetch("/api/mark", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Mark-Token": token },
    body: JSON.stringify(body),
  });
  const told = await reply.json();
  if (!reply.ok && reply.status !== 409) throw new Error(told.error);
  if (!told.saved) return showConflict(given, told.theirs);
  drafts.delete(answer.key);
  question.answers = told.answers;
  question.comments = told.comments;
  showComments();
  const left = question.answers.filter(waits).length;
  const many = told.given > 1 ? ` for ${told.given} answers` : "";
  await goOn();
  if (left) say(`Saved ${given.mark === null ? "" : points(given.mark)}${many}. ${left} to mark.`);
}

// --- two people at one answer

let rival = null;

function listed(given) {
  const line = (name, value) => [make("dt", {}, name), make("dd", {}, value ?? "none")];
  const shown = (value) => (value === null ? null : points(value));
  return [...line("Mark", shown(given.mark)), ...line("Extra credit", shown(given.extra)), ...line("Comment", given.comment)];
}

function showConflict(given, theirs) {
  rival = theirs;
  const draft = drafts.get(answer.key);
  const changed = theirs.version.answer !== draft.seen.answer;
  $("conflict-title").textContent = changed ? "The answer is another one now" : "Somebody else marked this answer meanwhile";
  $("conflict-why").textContent = changed
    ? "It was graded again since you opened it. Nothing of yours was saved; look at it again first."
    : "Nothing of theirs was overwritten. Choose what is to stay.";
  $("replace").hidden = changed;
  $("theirs").replaceChildren(...listed(theirs.version));
  $("ours").replaceChildren(...listed(given));
  $("conflict").showModal();
}

async function settle(mine) {
  $("conflict").close();
  const seen = rival.version;
  rival = null;
  if (mine) return save(seen);
  drafts.delete(answer.key);
  await openAnswer(answer.key);
  say("What is saved was kept.");
}

// --- keys

const acts = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  "[": () => stepQuestion(-1),
  "]": () => stepQuestion(1),
  Enter: () => during(() => save()),
  c: () => $("comment").focus(),
  p: () => $("mark").select(),
  x: () => $("extra").select(),
  f: () => tickAll(true),
  0: () => tickAll(false),
  s: () => answer?.near.length && compare(compared + 1),
  e: () => $("equal").disabled || $("equal-line").hidden || $("equal").click(),
  q: () => ($("asked").open = !$("asked").open),
  g: () => ($("figure").open = !$("figure").open),
  m: () => ($("expected").open = !$("expected").open),
  n: () => during(toggleNames),
  "?": () => $("help").showModal(),
};

async function toggleNames() {
  names = names ? null : await ask("names", place());
  $("show-names").setAttribute("aria-pressed", String(Boolean(names)));
  if (answer) showLabel();
  if (compared >= 0) compare(compared);
  say(names ? `Names are shown: ${who(answer?.key)}` : "Names are hidden");
}

function press(key) {
  const box = /^[1-9]$/.test(key) && ticks()[key - 1];
  if (box) box.click();
  else acts[key]?.();
}

document.addEventListener("keydown", (event) => {
  if ($("conflict").open) {
    const choice = { k: "keep", o: "replace" }[event.key];
    if (choice && !$(choice).hidden) $(choice).click();
    return;
  }
  if ($("help").open) return;
  if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
    event.preventDefault();
    return reuse(Number(event.code.slice(5)) - 1);
  }
  const field = event.target.closest("textarea, input:not([type=checkbox])");
  if (field) {
    if (event.key === "Escape") $("answer").focus({ preventScroll: true });
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || field.id !== "comment")) {
      event.preventDefault();
      if (!busy) acts.Enter();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !question) return;
  if (event.key === "Enter" && event.target.closest("button, summary, a")) return;
  if (!/^[1-9]$/.test(event.key) && !Object.hasOwn(acts, event.key)) return;
  event.preventDefault();
  if (busy) pressed.push(event.key);
  else press(event.key);
});

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!busy) acts.Enter();
});
for (const field of ["mark", "extra", "comment"]) $(field).addEventListener("input", remember);
$("mark").addEventListener("input", () => ticks().forEach((box) => (box.checked = false)));
for (const [id, act] of [
  ["back", () => step(-1)],
  ["on", () => step(1)],
  ["compare", acts.s],
  ["show-names", acts.n],
  ["show-help", acts["?"]],
  ["close-help", () => $("help").close()],
  ["keep", () => during(() => settle(false))],
  ["replace", () => during(() => settle(true))],
])
  $(id).addEventListener("click", act);
$("conflict").addEventListener("cancel", (event) => event.preventDefault());
window.addEventListener("beforeunload", (event) => dirty() && event.preventDefault());

async function start() {
  overview = await ask("overview", {});
  showOverview();
  const [lesson, name, key] = decodeURIComponent(location.hash.slice(1)).split("/");
  const wanted = overview.find((each) => each.lesson === lesson && each.name === name);
  await openQuestion(wanted ?? overview.find((each) => each.marked < each.all) ?? overview[0], wanted && key);
}

during(start);

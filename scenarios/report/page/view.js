// The part of simulated time that is in view, and how it maps to the screen. All pictures share it.

const gutter = 64; // for the names of the lanes, in pixels
const view = { t0: 0, t1: endAt, width: 800 };
const spanMin = 2_000; // nanoseconds: nothing is closer together than that to be worth more

const xOf = (t) => gutter + (t - view.t0) / (view.t1 - view.t0) * view.width;
const tOf = (x) => view.t0 + (x - gutter) / view.width * (view.t1 - view.t0);

const still = matchMedia("(prefers-reduced-motion: reduce)");
let moving = 0; // the frame asked for

function setView(t0, t1) {
  const span = Math.min(Math.max(t1 - t0, spanMin), endAt);
  t0 = Math.min(Math.max(t0, 0), endAt - span);
  view.t0 = t0;
  view.t1 = t0 + span;
  redraw();
}

// moveTo brings a part of time into view, in some frames unless the reader wants none of that.
function moveTo(t0, t1) {
  cancelAnimationFrame(moving);
  if (still.matches) return setView(t0, t1);
  const from = { ...view }, frames = 12;
  let frame = 0;
  const step = () => {
    const f = ++frame / frames, ease = 1 - (1 - f) ** 3;
    if (frame === frames) return setView(t0, t1);
    setView(from.t0 + (t0 - from.t0) * ease, from.t1 + (t1 - from.t1) * ease);
    moving = requestAnimationFrame(step);
  };
  step();
}

function zoom(factor, x = gutter + view.width / 2) {
  cancelAnimationFrame(moving);
  const t = tOf(x), span = Math.min(Math.max((view.t1 - view.t0) * factor, spanMin), endAt);
  const share = (x - gutter) / view.width;
  setView(t - span * share, t - span * share + span);
}

function pan(pixels) {
  cancelAnimationFrame(moving);
  const d = pixels / view.width * (view.t1 - view.t0);
  setView(view.t0 + d, view.t1 + d);
}

const showAll = () => moveTo(0, endAt);

// spanFor is a span around a moment that has some dozens of records in it, and is not most of the run.
function spanFor(t) {
  const around = 20, at = firstAt(t);
  const left = records.at[Math.max(0, at - around)] ?? 0, right = records.at[Math.min(records.n - 1, at + around)] ?? endAt;
  return Math.min(Math.max(right - left, spanMin * 10), endAt / 3);
}

function zoomTo(t, span = spanFor(t)) {
  moveTo(t - span / 2, t + span / 2);
}

// reveal moves the view if a moment is not well inside it.
function reveal(t) {
  const span = view.t1 - view.t0;
  if (t < view.t0 + span * 0.04 || t > view.t1 - span * 0.04) moveTo(t - span / 2, t + span / 2);
}

// Times as people write them: 12.35 ms. The unit is that of the larger number, the digits those that matter for a step,
// or down to the microsecond.
const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
function timeText(t, step = 0) {
  const [size, name] = units.find(([size]) => Math.abs(t) >= size) ?? units[3];
  if (t === 0) return "0";
  if (!step) return (t / size).toFixed(size === 1 ? 0 : size === 1e9 ? 6 : 3).replace(/(\.\d{3}\d*?)0+$/, "$1") + " " + name;
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return (t / size).toFixed(Math.min(digits, 9)) + " " + name;
}
const lengthText = (d) => {
  const [size, name] = units.find(([size]) => d >= size) ?? units[3];
  return +(d / size).toPrecision(3) + " " + name;
};

// ticks returns round moments in view, about so many pixels apart.
function ticks(apart) {
  const rough = (view.t1 - view.t0) / view.width * apart;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((f) => power * f >= rough);
  const out = [];
  for (let i = Math.ceil(view.t0 / step); i * step <= view.t1; i++) out.push(i * step);
  return { step, at: out };
}

const count = (n) => n.toLocaleString("en-US");
const plural = (n, one) => count(n) + " " + one + (n === 1 ? "" : "s");

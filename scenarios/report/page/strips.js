// The overview of the whole run above the diagram, and the figures over simulated time below it.

const overview = document.getElementById("overview"), overviewPen = overview.getContext("2d");
const figures = document.getElementById("figures"), figuresPen = figures.getContext("2d");
const overviewHeight = 44, figureHeight = 58;

const overX = (t) => gutter + t / endAt * view.width;
const overT = (x) => (x - gutter) / view.width * endAt;

// crowd counts the shown records over the whole run, a pixel and a half each; kept until the filter or the width changes.
let crowd = { counts: null, width: 0, filter: -1 };
function crowdCounts() {
  if (crowd.width === view.width && crowd.filter === filterVersion) return crowd;
  const n = Math.max(1, Math.floor(view.width / 2)), counts = new Uint32Array(n);
  let most = 1;
  for (let i = 0; i < records.n; i++) {
    if (!recordShown[i]) continue;
    const c = ++counts[Math.min(n - 1, Math.floor(records.at[i] / endAt * n))];
    if (c > most) most = c;
  }
  crowd = { counts, most, width: view.width, filter: filterVersion };
  return crowd;
}

function drawOverview() {
  const p = overviewPen, h = overviewHeight, base = h - 9;
  fitCanvas(overview, p, h);
  const { counts, most } = crowdCounts();
  p.fillStyle = color.faint;
  p.beginPath();
  counts.forEach((n, i) => {
    if (!n) return;
    const tall = Math.max(1, Math.sqrt(n / most) * (base - 4));
    p.rect(gutter + i / counts.length * view.width, base - tall, Math.max(view.width / counts.length - 0.5, 0.75), tall);
  });
  p.fill();
  for (const f of faults) {
    p.fillStyle = color.fault[f.group];
    p.fillRect(overX(f.from), base + 3, Math.max(overX(f.until) - overX(f.from), 1.5), 3);
  }
  for (const i of moments) {
    p.fillStyle = records.kind[i] === VIOLATION ? color.red : color.muted;
    p.fillRect(overX(records.at[i]) - 1, 0, 2, h);
  }
  const x0 = overX(view.t0), x1 = Math.max(overX(view.t1), x0 + 3);
  p.globalAlpha = 0.5;
  p.fillStyle = color.panel;
  p.fillRect(gutter, 0, x0 - gutter, h);
  p.fillRect(x1, 0, gutter + view.width - x1, h);
  p.globalAlpha = 1;
  p.strokeStyle = color.accent;
  p.lineWidth = 1.5;
  p.beginPath();
  p.roundRect(x0 + 0.75, 0.75, x1 - x0 - 1.5, h - 1.5, 3);
  p.stroke();
  p.fillStyle = color.muted;
  p.font = color.small;
  p.textAlign = "right";
  p.textBaseline = "middle";
  p.fillText("run", gutter - 14, h / 2);
}

function drawFigures() {
  figures.hidden = run.series.length === 0;
  if (figures.hidden) return;
  const p = figuresPen;
  fitCanvas(figures, p, run.series.length * figureHeight + 6);
  p.textBaseline = "middle";
  run.series.forEach((s, row) => drawFigure(p, s, row * figureHeight + 6));
  if (pointed.t !== null) {
    const x = Math.round(xOf(pointed.t)) + 0.5;
    p.strokeStyle = color.muted;
    p.lineWidth = 1;
    p.beginPath();
    p.moveTo(x, 0);
    p.lineTo(x, run.series.length * figureHeight + 6);
    p.stroke();
  }
}

// valueAt returns the last value of a series at or before a moment.
function valueAt(s, t) {
  let lo = 0, hi = s.at.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (s.at[mid] <= t) lo = mid + 1; else hi = mid;
  }
  return lo ? s.values[lo - 1] : undefined;
}

// drawFigure draws steps: a value holds until the next one.
function drawFigure(p, s, top) {
  const most = s.values.reduce((a, b) => Math.max(a, b), 1), least = s.values.reduce((a, b) => Math.min(a, b), 0);
  const h = figureHeight - 24, base = top + 18 + h, y = (v) => base - (v - least) / (most - least) * h;
  p.font = color.small;
  p.textAlign = "left";
  p.fillStyle = color.ink;
  const value = pointed.t === null ? undefined : valueAt(s, pointed.t);
  p.fillText(s.name + (value === undefined ? "" : ": " + count(value)), gutter + 2, top + 8);
  p.font = color.mono;
  p.textAlign = "right";
  p.fillStyle = color.muted;
  p.fillText(shortCount(most), gutter - 8, top + 20);
  p.fillText(shortCount(least), gutter - 8, base - 3);
  p.save();
  p.beginPath();
  p.rect(gutter, top, view.width + 12, figureHeight);
  p.clip();
  p.strokeStyle = color.line;
  p.lineWidth = 1;
  p.beginPath();
  p.moveTo(gutter, base + 0.5);
  p.lineTo(gutter + view.width + 12, base + 0.5);
  p.stroke();
  const line = new Path2D();
  let last = null, lastX = -1e9;
  for (let i = 0; i < s.at.length; i++) {
    if (i + 1 < s.at.length && s.at[i + 1] < view.t0) continue;
    const x = xOf(s.at[i]), v = y(s.values[i]);
    if (x - lastX < 0.5 && i + 1 < s.at.length) continue; // no more than two steps a pixel
    if (last === null) line.moveTo(x, v);
    else {
      line.lineTo(x, last);
      line.lineTo(x, v);
    }
    last = v;
    lastX = x;
    if (s.at[i] > view.t1) break;
  }
  if (last !== null) line.lineTo(Math.max(lastX, xOf(lastAt)), last);
  p.strokeStyle = color.family[1];
  p.lineWidth = 1.5;
  p.stroke(line);
  p.restore();
}

function shortCount(n) {
  for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
    if (Math.abs(n) >= size) return +(n / (unit === "k" ? 1e3 : size)).toPrecision(3) + unit;
  }
  return count(n);
}

function drawStrips() {
  drawOverview();
  drawFigures();
}

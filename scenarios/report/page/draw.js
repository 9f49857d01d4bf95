// The diagram: a lane for each replica and client, simulated time from left to right.

const arrowsMax = 1500; // more messages than this in view are drawn as density
const marksMax = 1500;  // likewise marks that are not important
const axisHeight = 26, faultRowHeight = 17;

// What the last frame drew: for pointing at things, and for tests.
const drawn = { frames: 0, mode: "", messages: [], marks: [], inView: 0, calls: 0, selected: -1 };

const diagram = document.getElementById("diagram");
const pen = diagram.getContext("2d");

// fitCanvas gives a canvas the size that it has on the page, in device pixels, and returns its width.
function fitCanvas(canvas, context, height) {
  const ratio = devicePixelRatio || 1, width = canvas.parentElement.clientWidth;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return width;
}

// Where lanes are: top, middle and height of those that are shown.
const lanes = Array.from({ length: laneCount }, (_, i) => ({
  i, name: run.lanes[i], client: i >= run.nodes, shown: true, top: 0, mid: 0, height: 0,
}));
let diagramHeight = 0;

function layOut() {
  const shown = lanes.filter((l) => l.shown);
  const room = Math.max(360, innerHeight - 330 - faultRows * faultRowHeight);
  const few = 26 * Math.max(0, 1 - Math.max(shown.length - 3, 0) / 5); // a small cluster has room between its lanes
  const each = Math.min(58 + few, Math.max(24, room / Math.max(shown.length, 1)));
  let y = axisHeight + (faultRows ? faultRows * faultRowHeight + 12 : 4);
  let last = null;
  for (const l of shown) {
    if (last && last.client !== l.client) y += 10;
    last = l;
    l.top = Math.round(y);
    l.height = Math.round(each);
    l.mid = Math.round(y + each / 2) + 0.5;
    y += each;
  }
  diagramHeight = Math.round(y + 8);
}

function drawDiagram() {
  layOut();
  const width = fitCanvas(diagram, pen, diagramHeight);
  view.width = Math.max(width - gutter - 12, 50);
  drawn.frames++;
  drawn.calls = 0;
  const flags = momentFlags();
  drawAxis(flags);
  pen.save();
  pen.beginPath();
  pen.rect(gutter, 0, view.width + 12, diagramHeight);
  pen.clip();
  drawShades();
  drawLaneLines();
  drawFaults();
  drawOps();
  const dense = findMessages();
  if (dense) drawDensity(); else drawMessages();
  drawMarks(dense);
  nameLeaders();
  drawMoments(flags);
  drawPointed();
  drawSelected();
  pen.restore();
  drawLaneNames();
  drawn.mode = dense ? "density" : "arrows";
}

function drawAxis(flags) {
  const { step, at } = ticks(110);
  pen.font = color.mono;
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  pen.lineWidth = 1;
  pen.strokeStyle = color.line;
  pen.beginPath();
  for (const t of at) {
    const x = Math.round(xOf(t)) + 0.5;
    pen.moveTo(x, axisHeight - 4);
    pen.lineTo(x, diagramHeight);
  }
  pen.stroke();
  pen.fillStyle = color.muted;
  for (const t of at) {
    const x = xOf(t);
    const half = 34, covered = flags.some((f) => f.left < x + half && f.left + f.w > x - half);
    if (x > gutter + 10 && x < gutter + view.width - 10 && !covered) pen.fillText(timeText(t, step), x, 11);
  }
}

// box returns the horizontal extent of a span that is in view, or null.
function box(from, until) {
  if (until < view.t0 || from > view.t1) return null;
  const x = Math.max(xOf(from), gutter - 2), right = Math.min(xOf(until), gutter + view.width + 14);
  return { x, w: Math.max(right - x, 1.5) };
}

// Shades: what happens to a lane for a while lies behind everything else.
function drawShades() {
  const bare = pen.createPattern(hatch(), "repeat");
  for (const f of faults) {
    const b = box(f.from, f.until);
    if (!b || /^(crash|power)/.test(f.kind)) continue; // those are seen as being down
    pen.fillStyle = color.shade[f.group];
    for (const i of f.lanes) if (lanes[i].shown) pen.fillRect(b.x, lanes[i].top + 2, b.w, lanes[i].height - 4);
  }
  for (const span of down) {
    const l = lanes[span.lane], b = box(span.from, span.until);
    if (!b || !l.shown) continue;
    pen.fillStyle = bare;
    pen.fillRect(b.x, l.top + 2, b.w, l.height - 4);
    drawn.calls++;
  }
}

let hatched = null;
function hatch() {
  if (hatched?.color === color.faint) return hatched.tile;
  const tile = document.createElement("canvas"), c = tile.getContext("2d");
  tile.width = tile.height = 8;
  c.strokeStyle = color.faint;
  c.lineWidth = 1.4;
  c.beginPath();
  for (const d of [-4, 0, 4, 8]) {
    c.moveTo(d - 1, 9);
    c.lineTo(d + 9, -1);
  }
  c.stroke();
  hatched = { tile, color: color.faint };
  return tile;
}

function drawLaneLines() {
  pen.strokeStyle = color.lane;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const l of lanes) {
    if (!l.shown) continue;
    let x = gutter;
    for (const span of down) { // no line where there is nobody
      if (span.lane !== l.i) continue;
      const b = box(span.from, span.until);
      if (!b) continue;
      if (b.x > x) {
        pen.moveTo(x, l.mid);
        pen.lineTo(b.x, l.mid);
      }
      x = Math.max(x, b.x + b.w);
    }
    pen.moveTo(x, l.mid);
    pen.lineTo(Math.max(x, gutter + view.width + 12), l.mid);
  }
  pen.stroke();
  for (const [list, tint, thick, above] of [[leading, color.leader, 4, 0], [leases, color.chosen, 2, 5]]) {
    for (const span of list) {
      const l = lanes[span.lane], b = box(span.from, span.until);
      if (!b || !l.shown) continue;
      pen.fillStyle = tint;
      pen.fillRect(b.x, l.mid - 0.5 - thick / 2 - above, b.w, thick);
      drawn.calls++;
    }
  }
}

// nameLeaders writes the ballot above the time in which a replica leads, where there is room.
function nameLeaders() {
  pen.font = color.small;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  for (const span of leading) {
    const l = lanes[span.lane], b = box(span.from, span.until);
    if (!b || b.w < 40 || !l.shown || l.height < 30) continue;
    const label = "leads " + span.label, left = Math.max(b.x, gutter) + 5;
    if (left + pen.measureText(label).width + 6 < b.x + b.w) halo(label, left, l.top + 12, color.leader);
  }
}

// halo writes text that stays legible over lines.
function halo(text, x, y, ink) {
  pen.lineJoin = "round";
  pen.lineWidth = 3.5;
  pen.strokeStyle = color.panel;
  pen.strokeText(text, x, y);
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}

const faultTop = (f) => axisHeight + f.row * faultRowHeight;

function drawFaults() {
  pen.font = color.small;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const written = new Float64Array(faultRowsMax); // how far to the right each row has text
  for (const f of faults) {
    const b = box(f.from, f.until);
    if (!b) continue;
    const y = faultTop(f) + 1, h = faultRowHeight - 3;
    pen.fillStyle = color.shade[f.group];
    pen.fillRect(b.x, y, b.w, h);
    pen.fillStyle = color.fault[f.group];
    pen.fillRect(b.x, y, Math.min(2.5, b.w), h);
    drawn.calls++;
    const left = Math.max(b.x + 7, gutter + 5), room = b.x + b.w - left - 3;
    if (room > 44 && left > written[f.row]) {
      const words = shorten(`${f.kind} ${faultWords(f)}`, room);
      written[f.row] = left + pen.measureText(words).width + 4;
      pen.fillStyle = color.ink;
      pen.fillText(words, left, y + h / 2 + 0.5);
    }
  }
}

// shorten cuts a text to a width with the pen's font.
function shorten(text, width) {
  if (pen.measureText(text).width <= width) return text;
  let n = Math.floor(text.length * width / pen.measureText(text).width);
  while (n > 0 && pen.measureText(text.slice(0, n) + "…").width > width) n--;
  return n > 1 ? text.slice(0, n) + "…" : "";
}

const opHalf = 9; // half the height of an operation's bar

function drawOps() {
  pen.font = color.small;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const free = new Float64Array(laneCount); // to the left of it, bars are too thin to be told apart
  for (const op of ops) {
    const l = lanes[op.lane];
    if (!l?.shown || op.until < view.t0 || op.callAt > view.t1) continue;
    const b = box(op.callAt, op.until);
    if (!b || (b.w < 2 && b.x < free[op.lane] && !op.witness)) continue;
    free[op.lane] = b.x + 1;
    const half = Math.min(opHalf, l.height / 2 - 3);
    pen.fillStyle = op.witness ? color.red : color.bar;
    pen.globalAlpha = op.witness || op.outcome === "ok" ? 1 : 0.6;
    pen.fillRect(b.x, l.mid - half, b.w, half * 2);
    pen.globalAlpha = 1;
    drawn.calls++;
    if (op.outcome !== "ok") { // nobody knows, or never came back: an open edge
      pen.strokeStyle = op.witness ? color.red : color.muted;
      pen.lineWidth = 1;
      pen.setLineDash([3, 3]);
      pen.strokeRect(b.x + 0.5, Math.round(l.mid - half) + 0.5, Math.max(b.w - 1, 1), Math.round(half * 2) - 1);
      pen.setLineDash([]);
    } else if (b.w > 4) {
      pen.fillStyle = color.panel;
      pen.fillRect(b.x + b.w - 1, l.mid - half, 1, half * 2);
    }
    const left = Math.max(b.x, gutter) + 5, room = b.x + b.w - left - 4;
    if (room > 34) {
      pen.fillStyle = op.witness ? color.page : color["bar-ink"];
      pen.fillText(shorten(opText(op), room), left, l.mid + 0.5);
    }
  }
}

const opText = (op) => op.text + (op.outcome === "ok" ? (op.out && op.out !== "ok" ? " → " + op.out : "") : ": " + op.outcome);

// findMessages collects the messages that are in view, and tells whether they are too many for arrows.
function findMessages() {
  drawn.messages.length = 0;
  const { t0, t1, n } = messages;
  let seen = 0;
  for (let m = 0; m < n; m++) {
    if (t0[m] > view.t1 || t1[m] < view.t0 || !messageShown[m]) continue;
    if (++seen <= arrowsMax) drawn.messages.push(m);
  }
  drawn.inView = seen;
  if (seen > arrowsMax) drawn.messages.length = 0;
  return seen > arrowsMax;
}

// ends puts both ends of a message on the screen. What was lost gets half of its way.
const ends = { x0: 0, y0: 0, x1: 0, y1: 0 };
function endsOf(m) {
  const from = lanes[messages.from[m]], to = lanes[messages.to[m]];
  ends.x0 = xOf(messages.t0[m]);
  ends.x1 = xOf(messages.t1[m]);
  ends.y0 = from.mid;
  ends.y1 = to.mid;
  if (from === to) ends.y1 = from.mid - from.height * 0.35;
  if (messages.flag[m] & DROPPED) {
    ends.x1 = ends.x0 + (ends.x1 - ends.x0) * 0.55;
    ends.y1 = ends.y0 + (ends.y1 - ends.y0) * 0.55;
  } else if (messages.start[m] < 0) {
    ends.x0 = ends.x0 + (ends.x1 - ends.x0) * 0.5;
    ends.y0 = ends.y0 + (ends.y1 - ends.y0) * 0.5;
  }
  return ends;
}

// Arrows of one colour are one path: a frame with thousands of them is some tens of strokes.
function drawMessages() {
  const many = drawn.messages.length;
  const alpha = many > 1200 ? 0.35 : many > 400 ? 0.55 : many > 120 ? 0.75 : 0.95;
  pen.lineWidth = many > 400 ? 1 : 1.25;
  for (let family = 0; family < color.family.length; family++) {
    const line = new Path2D(), dashed = new Path2D(), heads = new Path2D();
    for (const m of drawn.messages) {
      if (familyOf[messages.name[m]] !== family) continue;
      const e = endsOf(m);
      const path = messages.flag[m] & COPIED ? dashed : line;
      path.moveTo(e.x0, e.y0);
      path.lineTo(e.x1, e.y1);
      if (messages.end[m] >= 0 && !(messages.flag[m] & (DROPPED | UNHEARD))) arrowHead(heads, e);
    }
    pen.globalAlpha = family === 2 ? alpha * 0.7 : alpha; // what says that all is well steps back
    pen.strokeStyle = pen.fillStyle = color.family[family];
    pen.stroke(line);
    pen.setLineDash([5, 3]);
    pen.stroke(dashed);
    pen.setLineDash([]);
    pen.fill(heads);
    drawn.calls += 3;
  }
  const crosses = new Path2D(), size = many > 400 ? 2.5 : 4;
  for (const m of drawn.messages) {
    if (!(messages.flag[m] & (DROPPED | UNHEARD))) continue;
    const e = endsOf(m);
    crosses.moveTo(e.x1 - size, e.y1 - size);
    crosses.lineTo(e.x1 + size, e.y1 + size);
    crosses.moveTo(e.x1 - size, e.y1 + size);
    crosses.lineTo(e.x1 + size, e.y1 - size);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = color.red;
  pen.lineWidth = many > 400 ? 1 : 1.6;
  pen.stroke(crosses);
  drawn.calls++;
  if (many <= 90) labelMessages();
}

function arrowHead(path, e) {
  const dx = e.x1 - e.x0, dy = e.y1 - e.y0, length = Math.hypot(dx, dy);
  if (length < 8) return;
  const ux = dx / length, uy = dy / length;
  path.moveTo(e.x1, e.y1);
  path.lineTo(e.x1 - 7 * ux + 2.8 * uy, e.y1 - 7 * uy - 2.8 * ux);
  path.lineTo(e.x1 - 7 * ux - 2.8 * uy, e.y1 - 7 * uy + 2.8 * ux);
  path.closePath();
}

// labelMessages writes what a message is beside its arrow, where there is room and no other label.
function labelMessages() {
  pen.font = color.small;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const taken = [];
  for (const m of drawn.messages) {
    const e = endsOf(m), length = Math.hypot(e.x1 - e.x0, e.y1 - e.y0), label = texts[messages.name[m]];
    if (!label) continue;
    const w = pen.measureText(label).width;
    if (length < 34 || e.x1 < gutter || e.x0 > gutter + view.width) continue;
    for (const share of [0.5, 0.35, 0.65, 0.22, 0.78]) {
      const x = e.x0 + (e.x1 - e.x0) * share, y = e.y0 + (e.y1 - e.y0) * share;
      if (x - w / 2 < gutter || taken.some((b) => Math.abs(b.x - x) < (b.w + w) / 2 + 4 && Math.abs(b.y - y) < 13)) continue;
      taken.push({ x, y, w });
      halo(label, x, y, color.family[familyOf[messages.name[m]]]);
      break;
    }
  }
}

// drawDensity shows how many messages left, and in red how many were lost, in columns of a few pixels.
const column = 3;
function drawDensity() {
  const columns = Math.ceil((view.width + 12) / column), scale = columns * column / ((view.width + 12) / view.width) / column;
  const sent = new Uint32Array(laneCount * columns), lost = new Uint32Array(laneCount * columns);
  const perTime = scale / (view.t1 - view.t0);
  let most = 1;
  for (let m = 0; m < messages.n; m++) {
    const t = messages.t0[m];
    if (t < view.t0 || t > view.t1 || !messageShown[m]) continue;
    const at = messages.from[m] * columns + Math.min(columns - 1, Math.floor((t - view.t0) * perTime));
    const n = ++sent[at];
    if (n > most) most = n;
    if (messages.flag[m] & (DROPPED | UNHEARD)) lost[at]++;
  }
  const height = (n, l) => n ? Math.max(1.5, Math.sqrt(n / most) * (l.height - 10)) : 0;
  for (const [counts, tint, alpha] of [[sent, color.family[1], 0.55], [lost, color.red, 0.9]]) {
    pen.fillStyle = tint;
    pen.globalAlpha = alpha;
    pen.beginPath();
    for (const l of lanes) {
      if (!l.shown) continue;
      for (let c = 0; c < columns; c++) {
        const n = counts[l.i * columns + c];
        if (!n) continue;
        const h = height(n, l);
        pen.rect(gutter + c * column, l.client ? l.top + l.height - 3 - Math.min(h, 6) : l.mid - h / 2, column - 0.75, l.client ? Math.min(h, 6) : h);
      }
    }
    pen.fill();
    drawn.calls++;
  }
  pen.globalAlpha = 1;
}

// Marks on lanes. Those that are not important go when there are too many.
const markKinds = [
  { id: "crash", label: "crash", shown: true, has: (i) => records.kind[i] === CRASH, always: true },
  { id: "start", label: "start", shown: true, has: (i) => records.kind[i] === START, always: true },
  { id: "chosen", label: "chosen", shown: true, has: (i) => records.kind[i] === OBSERVE && texts[records.name[i]] === "learned" },
  { id: "applied", label: "applied", shown: true, has: (i) => records.kind[i] === OBSERVE && texts[records.name[i]] === "applied" },
  { id: "said", label: "said of itself", shown: true, has: (i) => records.kind[i] === OBSERVE || records.kind[i] === LOG },
  { id: "synced", label: "durable", shown: true, has: (i) => records.kind[i] === SYNC },
  { id: "timer", label: "timer", shown: true, has: (i) => records.kind[i] === TIMER },
  { id: "other", label: "other", shown: true, has: (i) => records.kind[i] > VIOLATION },
];
const noMark = 255;
const markOf = new Uint8Array(records.n).fill(noMark);
for (let i = 0; i < records.n; i++) {
  const at = records.who[i] < 0 ? -1 : markKinds.findIndex((k) => k.has(i));
  if (at >= 0) markOf[i] = at;
}

function markPath(path, id, x, y) {
  switch (id) {
    case "crash":
      path.moveTo(x - 5, y - 5); path.lineTo(x + 5, y + 5); path.moveTo(x - 5, y + 5); path.lineTo(x + 5, y - 5);
      break;
    case "start":
      path.moveTo(x, y - 5); path.lineTo(x + 8, y); path.lineTo(x, y + 5); path.closePath();
      break;
    case "chosen":
      path.moveTo(x, y - 5); path.lineTo(x + 4.5, y); path.lineTo(x, y + 5); path.lineTo(x - 4.5, y); path.closePath();
      break;
    case "applied":
      path.moveTo(x + 3.2, y + 8); path.arc(x, y + 8, 3.2, 0, 7);
      break;
    case "synced":
      path.rect(x - 2.5, y - 2.5, 5, 5);
      break;
    case "timer":
      path.moveTo(x, y - 7); path.lineTo(x, y + 7);
      break;
    default:
      path.moveTo(x + 2.5, y); path.arc(x, y, 2.5, 0, 7);
  }
}

const markInk = () => ({ crash: color.red, start: color.chosen, chosen: color.chosen, applied: color.chosen, synced: color.muted, timer: color.muted });

function drawMarks(dense) {
  drawn.marks.length = 0;
  const first = firstAt(view.t0), last = firstAt(view.t1 + 1);
  let n = 0;
  if (!dense) for (let i = first; i < last; i++) if (markOf[i] !== noMark && recordShown[i]) n++;
  const few = !dense && n <= marksMax;
  const small = dense || n > 500; // then only the important ones keep their size
  const paths = markKinds.map(() => new Path2D());
  for (let i = first; i < last; i++) {
    const at = markOf[i];
    if (at === noMark || !recordShown[i] || (!few && !markKinds[at].always)) continue;
    const x = xOf(records.at[i]), y = lanes[records.who[i]].mid;
    drawn.marks.push(i);
    if (small && !markKinds[at].always) paths[at].rect(x - 1, y - 3, 2, 6);
    else markPath(paths[at], markKinds[at].id, x, y);
  }
  const ink = markInk();
  markKinds.forEach(({ id }, at) => {
    pen.fillStyle = pen.strokeStyle = ink[id] ?? color.ink;
    pen.lineWidth = id === "crash" ? 2.25 : 1.25;
    if (id === "crash" || id === "timer") pen.stroke(paths[at]);
    else if (id === "applied" || id === "synced") {
      pen.fillStyle = color.panel;
      pen.fill(paths[at]);
      pen.stroke(paths[at]);
    } else pen.fill(paths[at]);
    drawn.calls++;
  });
}

// momentFlags are the moments in view, each with a label at the top that covers no other.
function momentFlags() {
  pen.font = color.strong;
  let right = -1e9;
  const flags = [];
  for (const i of moments) {
    const t = records.at[i];
    if (t < view.t0 || t > view.t1) continue;
    const bad = records.kind[i] === VIOLATION, x = Math.round(xOf(t)) + 0.5;
    let label = bad ? "violation" : shorten(texts[records.name[i]] || texts[records.text[i]], 280);
    const w = pen.measureText(label).width + 12;
    const left = Math.min(Math.max(x - w / 2, gutter), gutter + view.width + 10 - w);
    if (left < right) label = "";
    else right = left + w;
    flags.push({ x, bad, label, left, w });
  }
  return flags;
}

function drawMoments(flags) {
  pen.font = color.strong;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (const { x, bad, label, left, w } of flags) {
    pen.strokeStyle = bad ? color.red : color.muted;
    pen.lineWidth = bad ? 2 : 1;
    pen.setLineDash(bad ? [] : [2, 3]);
    pen.beginPath();
    pen.moveTo(x, bad ? 20 : axisHeight - 4);
    pen.lineTo(x, diagramHeight);
    pen.stroke();
    pen.setLineDash([]);
    drawn.calls++;
    if (!label) continue;
    pen.fillStyle = bad ? color.red : color.panel;
    pen.beginPath();
    pen.roundRect(left, 1, w, 20, 4);
    pen.fill();
    if (!bad) pen.stroke();
    pen.fillStyle = bad ? color.page : color.ink;
    pen.fillText(label, left + 6, 11.5);
  }
}

// drawPointed carries the moment under the mouse through all lanes.
function drawPointed() {
  if (pointed.t === null) return;
  pen.fillStyle = color.faint;
  pen.fillRect(Math.round(xOf(pointed.t)), axisHeight, 1, diagramHeight - axisHeight);
}

// drawSelected marks the record that is looked at, and both ends of its message.
function drawSelected() {
  for (const [i, strong] of [[pointed.record, false], [selected, true]]) {
    if (i < 0) continue;
    const m = records.message[i];
    if (m >= 0 && lanes[messages.from[m]]?.shown && lanes[messages.to[m]]?.shown) {
      const e = endsOf(m), heads = new Path2D();
      pen.strokeStyle = pen.fillStyle = color.ink;
      pen.lineWidth = strong ? 2.5 : 1.75;
      pen.beginPath();
      pen.moveTo(e.x0, e.y0);
      pen.lineTo(e.x1, e.y1);
      pen.stroke();
      if (!(messages.flag[m] & DROPPED)) arrowHead(heads, e);
      pen.fill(heads);
    }
    const l = lanes[records.who[i]], x = xOf(records.at[i]);
    if (strong) {
      pen.strokeStyle = color.accent;
      pen.lineWidth = 1;
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, axisHeight);
      pen.lineTo(x, diagramHeight);
      pen.stroke();
      pen.setLineDash([]);
    }
    if (!l?.shown) continue;
    pen.beginPath();
    pen.arc(x, l.mid, strong ? 8 : 6, 0, 7);
    pen.strokeStyle = strong ? color.accent : color.ink;
    pen.lineWidth = strong ? 2.5 : 1.5;
    pen.stroke();
  }
}

function drawLaneNames() {
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const l of lanes) {
    if (!l.shown) continue;
    pen.font = color.strong;
    pen.fillStyle = selected >= 0 && records.who[selected] === l.i ? color.accent : l.client ? color.muted : color.ink;
    pen.fillText(l.name, gutter - 14, l.mid + 0.5);
  }
  if (faultRows) {
    pen.font = color.small;
    pen.fillStyle = color.muted;
    pen.fillText("faults", gutter - 14, axisHeight + faultRowHeight / 2);
  }
}

// redraw draws everything in the next frame, once however often it is asked for.
let asked = false;
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    drawDiagram();
    drawStrips();
    tellView();
  });
}

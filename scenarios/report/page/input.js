// Mouse, fingers and keys.

const tip = document.getElementById("tip");

// distance from a point to a line between two others.
function distance(x, y, e) {
  const dx = e.x1 - e.x0, dy = e.y1 - e.y0, square = dx * dx + dy * dy;
  const f = square ? Math.min(1, Math.max(0, ((x - e.x0) * dx + (y - e.y0) * dy) / square)) : 0;
  return Math.hypot(x - e.x0 - f * dx, y - e.y0 - f * dy);
}

// at finds what is at a point of the diagram: {record, op, fault, lane}, each only if there is one.
function at(x, y) {
  const found = { record: -1, op: null, fault: null, lane: null };
  if (x < gutter) return found;
  let best = 9;
  for (const i of drawn.marks) {
    const d = Math.hypot(x - xOf(records.at[i]), y - lanes[records.who[i]].mid);
    if (d < best) [best, found.record] = [d, i];
  }
  for (const i of moments) {
    const d = Math.abs(x - xOf(records.at[i])) + (y > 22 ? 3 : 0);
    if (d < best && (y < 22 || best === 9)) [best, found.record] = [d, i];
  }
  best = Math.min(best, 7) - 1.5; // a mark lies on top of an arrow
  for (const m of drawn.messages) {
    const e = endsOf(m);
    if (x < Math.min(e.x0, e.x1) - 8 || x > Math.max(e.x0, e.x1) + 8) continue;
    const d = distance(x, y, e);
    if (d >= best) continue;
    const s = messages.start[m], end = messages.end[m];
    const nearEnd = Math.hypot(x - e.x1, y - e.y1) < Math.hypot(x - e.x0, y - e.y0);
    [best, found.record] = [d, s < 0 || (nearEnd && end >= 0) ? end : s];
  }
  if (found.record >= 0) return found;
  found.fault = faults.find((f) => y >= faultTop(f) && y < faultTop(f) + faultRowHeight && xOf(f.from) - 3 <= x && xOf(f.until) + 1 >= x) ?? null;
  found.lane = lanes.find((l) => l.shown && y >= l.top && y < l.top + l.height) ?? null;
  if (found.lane && Math.abs(y - found.lane.mid) <= opHalf + 1) {
    const t0 = tOf(x - 2), t1 = tOf(x + 2);
    for (const op of ops) if (op.lane === found.lane.i && op.callAt <= t1 && op.until >= t0 && (!found.op || op.witness)) found.op = op;
  }
  return found;
}

// about is the tooltip of what was found: a title, and a line or two.
function about(found, x) {
  if (found.record >= 0) {
    const i = found.record, m = records.message[i], lines = [];
    if (moreWords(i)) lines.push(moreWords(i));
    let when = timeText(records.at[i]) + `, event ${count(records.event[i])}`;
    if (m >= 0) {
      const s = messages.start[m], e = messages.end[m];
      if (messages.flag[m] & DROPPED) when = `sent ${timeText(messages.t0[m])}, lost`;
      else if (s >= 0 && e >= 0) when = `${timeText(records.at[s])} → ${timeText(records.at[e])}, ${lengthText(records.at[e] - records.at[s])}`;
    }
    lines.push(when);
    return [headline(i), ...lines];
  }
  if (found.op) {
    const op = found.op;
    return [`${run.lanes[op.lane]}: ${opText(op)}`, `${timeText(op.callAt)} → ${op.ret ? timeText(op.returnAt) : "never"}` + (op.slot ? `, slot ${op.slot}` : ""),
      ...(op.witness ? [witnessTitle.replace("The operations", "operation")] : [])];
  }
  if (found.fault) return [`${found.fault.kind} ${faultWords(found.fault)}`, `${timeText(found.fault.from)} → ${timeText(found.fault.until)}`];
  if (found.lane && drawn.mode === "density") {
    const t0 = tOf(x - column), t1 = tOf(x + column);
    let n = 0;
    for (let i = firstAt(t0); i < records.n && records.at[i] <= t1; i++) if (records.who[i] === found.lane.i && recordShown[i]) n++;
    if (n) return [`${found.lane.name}: ${plural(n, "record")}`, `around ${timeText(tOf(x), t1 - t0)}; click to zoom in`];
  }
  return null;
}

function showTip(lines, x, y) {
  tip.hidden = !lines;
  if (!lines) return;
  const [title, ...rest] = lines;
  tip.replaceChildren(element("strong", title), ...rest.map((line) => element("span", line)));
  const stage = tip.parentElement, w = tip.offsetWidth, h = tip.offsetHeight;
  tip.style.left = Math.max(4, Math.min(x + 14, stage.clientWidth - w - 4)) + "px";
  const top = diagram.offsetTop + y;
  tip.style.top = (top + 18 + h > diagram.offsetTop + diagramHeight ? top - h - 12 : top + 18) + "px";
}

function hover(x, y) {
  const found = at(x, y);
  pointed.record = found.record;
  pointed.t = x >= gutter ? tOf(x) : null;
  diagram.style.cursor = found.record >= 0 || found.op ? "pointer" : "";
  showTip(about(found, x), x, y);
  redraw();
}

function leave() {
  pointed.record = -1;
  pointed.t = null;
  tip.hidden = true;
  redraw();
}

function click(x, y) {
  const found = at(x, y);
  if (found.record >= 0) return select(found.record);
  if (found.op) return selectOn(found.op.lane, found.op.call);
  if (found.fault) return moveTo(...around(found.fault.from, found.fault.until));
  if (found.lane && drawn.mode === "density") return zoomTo(tOf(x), (view.t1 - view.t0) / 8);
  select(-1);
}

// around is a span with some room at both sides.
const around = (from, until) => [from - (until - from) * 0.3, until + (until - from) * 0.3];

// Dragging pans, two fingers zoom, a press that does not move is a click.
const fingers = new Map();
let travelled = 0, apart = 0;

diagram.addEventListener("pointerdown", (e) => {
  if (e.button > 0) return;
  fingers.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
  diagram.setPointerCapture(e.pointerId);
  travelled = 0;
  apart = spread();
});
diagram.addEventListener("pointermove", (e) => {
  const finger = fingers.get(e.pointerId);
  if (!finger) return hover(e.offsetX, e.offsetY);
  const dx = e.offsetX - finger.x;
  travelled += Math.abs(dx) + Math.abs(e.offsetY - finger.y);
  finger.x = e.offsetX;
  finger.y = e.offsetY;
  if (fingers.size === 2) {
    const now = spread(), [a, b] = fingers.values();
    if (apart > 0 && now > 0) zoom(apart / now, (a.x + b.x) / 2);
    apart = now;
  } else if (travelled > 4) {
    tip.hidden = true;
    diagram.style.cursor = "grabbing";
    pan(-dx);
  }
});
const spread = () => {
  const [a, b] = fingers.values();
  return a && b ? Math.abs(a.x - b.x) : 0;
};
diagram.addEventListener("pointerup", (e) => {
  const alone = fingers.size === 1;
  if (!fingers.delete(e.pointerId)) return;
  diagram.style.cursor = "";
  if (alone && travelled <= 4) click(e.offsetX, e.offsetY);
});
diagram.addEventListener("pointercancel", (e) => fingers.delete(e.pointerId));
diagram.addEventListener("pointerleave", leave);
diagram.addEventListener("dblclick", (e) => zoom(1 / 3, e.offsetX));

// The wheel zooms, sideways it pans. When the page is scrolled until a picture comes under the mouse, the wheel goes on
// scrolling the page until the mouse is moved.
let scrolling = false;
const mouse = { x: 0, y: 0 };
addEventListener("scroll", () => scrolling = true, { passive: true });
addEventListener("pointermove", (e) => {
  if (e.clientX === mouse.x && e.clientY === mouse.y) return; // scrolling makes such events
  [mouse.x, mouse.y] = [e.clientX, e.clientY];
  scrolling = false;
}, { passive: true });
for (const canvas of [diagram, figures]) {
  canvas.addEventListener("wheel", (e) => {
    if (scrolling && !e.ctrlKey) return;
    e.preventDefault();
    const lines = e.deltaMode === 1 ? 16 : 1;
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) pan((e.deltaX || e.deltaY) * lines);
    else zoom(1.0018 ** (e.deltaY * lines * (e.ctrlKey ? 4 : 1)), e.offsetX);
  }, { passive: false });
}
figures.addEventListener("pointermove", (e) => {
  pointed.t = e.offsetX >= gutter ? tOf(e.offsetX) : null;
  redraw();
});
figures.addEventListener("pointerleave", leave);

// The overview: a press or a drag puts the middle of the view there.
const moveByOverview = (e) => {
  const t = overT(e.offsetX), span = view.t1 - view.t0;
  setView(t - span / 2, t + span / 2);
};
overview.addEventListener("pointerdown", (e) => {
  overview.setPointerCapture(e.pointerId);
  moveByOverview(e);
});
overview.addEventListener("pointermove", (e) => {
  if (e.buttons) moveByOverview(e);
});

// walk selects the next record that is shown from one on, in a direction, on a lane or on any.
function walk(from, step, lane = -1) {
  for (let i = from + step; i >= 0 && i < records.n; i += step) {
    if (recordShown[i] && (lane < 0 ? records.who[i] >= 0 : records.who[i] === lane)) return select(i);
  }
}

// nearest selects the record of a lane that is nearest in time.
function nearest(lane, t) {
  let best = -1;
  const middle = firstAt(t);
  for (const step of [-1, 1]) {
    for (let i = step < 0 ? middle - 1 : middle; i >= 0 && i < records.n; i += step) {
      if (records.who[i] !== lane || !recordShown[i]) continue;
      if (best < 0 || Math.abs(records.at[i] - t) < Math.abs(records.at[best] - t)) best = i;
      break;
    }
  }
  if (best >= 0) select(best);
  return best >= 0;
}

function changeLane(step) {
  const shown = lanes.filter((l) => l.shown), here = shown.findIndex((l) => l.i === records.who[selected]);
  for (let at = here + step; at >= 0 && at < shown.length; at += step) if (nearest(shown[at].i, records.at[selected])) return;
}

// enter selects the record in the middle of the view, or goes to the other end of the selected message.
function enter() {
  if (selected < 0) {
    const middle = firstAt((view.t0 + view.t1) / 2);
    walk(middle - 1, 1);
    if (selected < 0) walk(middle, -1);
  } else if (other(selected) >= 0) select(other(selected));
}

diagram.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const lane = selected >= 0 && !e.shiftKey ? records.who[selected] : -1, step = view.width / 6;
  const acts = {
    ArrowLeft: () => selected >= 0 && !e.shiftKey ? walk(selected, -1, lane) : pan(-step),
    ArrowRight: () => selected >= 0 && !e.shiftKey ? walk(selected, 1, lane) : pan(step),
    ArrowUp: () => selected >= 0 && changeLane(-1),
    ArrowDown: () => selected >= 0 && changeLane(1),
    Home: () => selected >= 0 ? walk(-1, 1, lane) : setView(0, view.t1 - view.t0),
    End: () => selected >= 0 ? walk(records.n, -1, lane) : toEnd(),
    Enter: enter,
    " ": enter,
    n: () => walk(selected >= 0 ? selected : firstAt(view.t0) - 1, 1),
    p: () => walk(selected >= 0 ? selected : firstAt(view.t1), -1),
    z: () => selected >= 0 && zoomTo(records.at[selected]),
    c: () => showCauses(causesOf >= 0 ? -1 : selected),
    Escape: () => select(-1),
  };
  if (!acts[e.key]) return;
  e.preventDefault();
  acts[e.key]();
});

// These work wherever the reader is on the page, but in a field.
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) {
    if (e.key === "Escape" && e.target === find) {
      find.value = "";
      applyFilter();
      diagram.focus();
    }
    return;
  }
  const acts = { "+": () => zoom(1 / 1.6), "=": () => zoom(1 / 1.6), "-": () => zoom(1.6), "_": () => zoom(1.6), 0: showAll, e: toEnd, "/": () => find.focus() };
  if (!acts[e.key]) return;
  e.preventDefault();
  acts[e.key]();
});

function toEnd() {
  const span = Math.min(view.t1 - view.t0, spanFor(lastAt) * 2);
  moveTo(lastAt - span * 0.92, lastAt + span * 0.08);
}

document.getElementById("zoom-in").addEventListener("click", () => zoom(1 / 1.6));
document.getElementById("zoom-out").addEventListener("click", () => zoom(1.6));
document.getElementById("zoom-all").addEventListener("click", showAll);
document.getElementById("to-end").addEventListener("click", toEnd);
new ResizeObserver(redraw).observe(diagram.parentElement);

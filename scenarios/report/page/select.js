// The record that is looked at, and the panel that tells about it.

let selected = -1;
const pointed = { record: -1, t: null }; // under the mouse
const panel = document.getElementById("selected");

function element(tag, text = "", className = "") {
  const e = document.createElement(tag);
  if (text !== "") e.textContent = text;
  if (className) e.className = className;
  return e;
}

function button(text, act, title = "") {
  const b = element("button", text, "link");
  b.type = "button";
  if (title) b.title = title;
  b.addEventListener("click", act);
  return b;
}

// headline says what a record reports.
function headline(i) {
  const who = run.lanes[records.who[i]] ?? "", peer = run.lanes[records.peer[i]] ?? "";
  const name = texts[records.name[i]], text = texts[records.text[i]];
  switch (records.kind[i]) {
    case SEND: return `${who} sends ${name || text} to ${peer}`;
    case COPY: return `a second ${name || text} from ${run.lanes[messages.from[records.message[i]]] ?? who} to ${run.lanes[messages.to[records.message[i]]] ?? peer}`;
    case LOST: return `${name || text} from ${run.lanes[messages.from[records.message[i]]] ?? who} to ${run.lanes[messages.to[records.message[i]]] ?? peer} is lost`;
    case RECV: return `${who} receives ${name || text} from ${peer}`;
    case DEAF: return `${name || text} from ${peer} finds ${who} down`;
    case TIMER: return `${who}: timer ${name}`;
    case SYNC: return `${who}: writes are durable`;
    case CRASH: return `${who} crashes`;
    case START: return `${who} starts`;
    case CALL: return `${who} calls ${text}`;
    case RETURN: return `${who} is done: ${text}`;
    case VIOLATION: return "Violation";
    case FAULT: return `fault begins: ${name || text}`;
    case HEAL: return `fault ends: ${name || text}`;
    case PHASE: return `phase ${name || text}`;
  }
  return `${who} ${text || name || kindNames[records.kind[i]]}`;
}

// moreWords is a record's text where its headline does not say it already.
function moreWords(i) {
  const text = texts[records.text[i]];
  return headline(i).endsWith(text) ? "" : text;
}

// other returns the record at the other end of a record's message, or -1.
function other(i) {
  const m = records.message[i];
  if (m < 0) return -1;
  const end = messages.start[m] === i ? messages.end[m] : messages.start[m];
  return end === i ? -1 : end;
}

// look puts words into the field for finding.
function look(words) {
  find.value = words;
  applyFilter();
}

// The address of the page names the event that is looked at, so that it can be passed on: report.html#e438.
function nameAddress(i) {
  try {
    history.replaceState(null, "", i < 0 ? location.pathname : "#e" + records.event[i]);
  } catch { /* some browsers forbid it to a page from a file */ }
}

function select(i, focus = false) {
  selected = i;
  drawn.selected = i;
  nameAddress(i);
  tellSelected();
  if (i >= 0) reveal(records.at[i]);
  if (focus) diagram.focus({ preventScroll: true });
  redraw();
}

function tellSelected() {
  panel.replaceChildren();
  document.getElementById("keys").hidden = selected >= 0;
  const i = selected;
  if (i < 0) {
    panel.append(element("p", "Point at anything to see what it is. Click it, or press Enter in the diagram, and it is told here in full.", "hint"));
    return;
  }
  const head = element("h3", headline(i));
  if (records.kind[i] === VIOLATION || records.kind[i] === CRASH) head.className = "bad";
  panel.append(head);
  const text = moreWords(i);
  if (text) panel.append(element("p", text, "said"));

  const list = element("dl");
  const fact = (name, ...value) => {
    const dd = element("dd");
    dd.append(...value);
    list.append(element("dt", name), dd);
  };
  fact("at", timeText(records.at[i]));
  fact("event", count(records.event[i]));
  if (records.lamport[i]) fact("Lamport clock", count(records.lamport[i]));
  if (records.clock[i]?.length) fact("vector clock", "⟨" + records.clock[i].join(" ") + "⟩");
  for (const field of ["ballot", "slot"]) {
    const value = texts[records[field][i]];
    if (value) fact(field, button(value, () => look(`${field}:${value}`), `Show only this ${field}`));
  }
  tellMessage(i, fact);
  panel.append(list);

  const go = element("p", "", "go");
  const there = other(i);
  if (there >= 0) go.append(button(records.at[there] >= records.at[i] && messages.end[records.message[i]] === there ? "To its arrival" : "To its sending", () => select(there, true)));
  go.append(button("Zoom here", () => zoomTo(records.at[i])), button("What led here", () => showCauses(i), "Show only what this could depend on"), button("Deselect", () => select(-1, true)));
  panel.append(go);
  tellOperation(i);
  tellState(i);
  tellEvent(i);
}

function tellMessage(i, fact) {
  const m = records.message[i];
  if (m < 0) return;
  const s = messages.start[m], e = messages.end[m], flag = messages.flag[m];
  const end = (at) => button(timeText(records.at[at]), () => select(at, true));
  if (s >= 0 && s !== i) fact(flag & COPIED ? "copied" : "sent", end(s));
  if (flag & DROPPED) fact("arrived", "never: lost");
  else if (e < 0) fact("arrived", "not in what is told");
  else {
    if (e !== i) fact("arrived", end(e));
    if (flag & UNHEARD) fact("heard", "no: the receiver was down");
    if (s >= 0) fact("took", lengthText(records.at[e] - records.at[s]));
  }
  if (flag & COPIED) fact("copy", "the second of this message");
}

// tellOperation tells of the operation that a call or return is of.
function tellOperation(i) {
  if (records.kind[i] !== CALL && records.kind[i] !== RETURN) return;
  const op = ops.find((o) => o.lane === records.who[i] && (records.kind[i] === CALL ? o.call : o.ret) === records.event[i]);
  if (op) panel.append(...aboutOp(op));
}

function aboutOp(op) {
  const list = element("dl");
  for (const [name, value] of [
    ["operation", op.text], ["outcome", op.outcome + (op.out ? ": " + op.out : "")], ["called", `${timeText(op.callAt)}, event ${count(op.call)}`],
    ["returned", op.ret ? `${timeText(op.returnAt)}, event ${count(op.ret)}` : "never"], ["slot", op.slot], ["process", String(op.process)],
  ]) if (value) list.append(element("dt", name), element("dd", value));
  return [element("h4", op.witness ? witnessTitle.replace("The operations", "Operation") : "Operation"), list];
}

// tellState shows a replica's state after the event, and what the event changed.
function tellState(i) {
  const lane = records.who[i];
  if (lane < 0 || !statesOf[lane].length) return;
  const { before, after, next } = stateAround(lane, records.event[i]);
  if (!after) return;
  const changed = after.event === records.event[i];
  const lines = (s) => s ? s.lines.map((line) => texts[line]) : [];
  const old = lines(before), now = lines(after), table = element("table", "", "state");
  const split = (line) => {
    const at = line.indexOf(" ");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  };
  const was = new Map(old.map(split));
  for (const [name, value] of now.map(split)) {
    const row = table.insertRow();
    row.append(element("th", name));
    const cell = row.insertCell();
    if (changed && was.get(name) !== value) {
      row.className = "changed";
      if (was.has(name)) cell.append(element("del", was.get(name)), " ");
      cell.append(element("ins", value));
    } else cell.textContent = value;
    was.delete(name);
  }
  if (changed) for (const [name, value] of was) {
    const row = table.insertRow();
    row.className = "changed";
    row.append(element("th", name));
    row.insertCell().append(element("del", value));
  }
  panel.append(element("h4", `State of ${run.lanes[lane]}` + (changed ? ", changed here" : `, since event ${count(after.event)}`)), table);
  if (next) panel.append(button(`Next change: event ${count(next.event)}`, () => selectOn(lane, next.event)));
}

// selectOn selects a lane's record in an event, or the next one after it.
function selectOn(lane, event) {
  for (let i = firstOf(event); i < records.n; i++) if (records.who[i] === lane) return select(i, true);
}

// tellEvent lists what else happened in the event.
function tellEvent(i) {
  const list = element("ul");
  const most = 12;
  let more = 0;
  for (let j = firstOf(records.event[i]); j < records.n && records.event[j] === records.event[i]; j++) {
    if (j === i) continue;
    if (list.children.length >= most) {
      more++;
      continue;
    }
    const item = element("li");
    item.append(button(headline(j), () => select(j, true)));
    list.append(item);
  }
  if (!list.children.length) return;
  panel.append(element("h4", "In the same event"), list);
  if (more) panel.append(element("p", `and ${count(more)} more`, "hint"));
}

const inView = document.getElementById("in-view");
function tellView() {
  const n = firstAt(view.t1 + 1) - firstAt(view.t0);
  const text = `${lengthText(view.t1 - view.t0)} in view, ${plural(n, "record")}` +
    (shownCount < records.n ? `; ${count(shownCount)} of ${count(records.n)} shown` : "") +
    (drawn.mode === "density" ? `; ${count(drawn.inView)} messages drawn as density: zoom in for arrows` : "");
  if (inView.textContent !== text) inView.textContent = text;
}

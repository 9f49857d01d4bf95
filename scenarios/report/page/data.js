// The run, read back from the columns that encode.go wrote.

const run = JSON.parse(document.getElementById("data").textContent);
const texts = run.texts;
const laneCount = run.lanes.length;

// Kinds of records that the page knows; others are drawn as plain marks.
const kindNames = ["send", "lost", "copy", "recv", "deaf", "timer", "sync", "crash", "start", "fault", "heal", "call", "return",
  "observe", "log", "phase", "VIOLATION"];
const [SEND, LOST, COPY, RECV, DEAF, TIMER, SYNC, CRASH, START, FAULT, HEAL, CALL, RETURN, OBSERVE, LOG, PHASE, VIOLATION] =
  kindNames.keys();

const sum = (differences) => {
  const out = new Float64Array(differences.length);
  for (let i = 0, at = 0; i < out.length; i++) out[i] = at += differences[i];
  return out;
};

const records = {
  n: run.records.event.length,
  event: sum(run.records.event),
  at: sum(run.records.at),
  kind: Uint8Array.from(run.records.kind, (text) => {
    const at = kindNames.indexOf(texts[text]);
    return at >= 0 ? at : kindNames.push(texts[text]) - 1;
  }),
  who: Int16Array.from(run.records.who),
  peer: Int16Array.from(run.records.peer),
  name: Int32Array.from(run.records.name),
  text: Int32Array.from(run.records.text),
  slot: Int32Array.from(run.records.slot),
  ballot: Int32Array.from(run.records.ballot),
  lamport: Float64Array.from(run.records.lamport),
  clock: run.records.clock,
  message: new Int32Array(run.records.event.length).fill(-1), // place in messages
};

// endAt is where the picture ends: a little after the last record, so that it does not stick to the edge.
const lastAt = Math.max(run.end, records.n ? records.at[records.n - 1] : 0, 1);
const endAt = lastAt * 1.01;

// Messages: from the record in which one left to the record in which it ended, -1 where that is not known. What is lost has no end.
const COPIED = 1, DROPPED = 2, UNHEARD = 4; // flags
const messages = (() => {
  const start = [], end = [], flag = [], byNumber = new Map(), second = new Map();
  const add = (i, f) => {
    records.message[i] = start.push(i) - 1;
    end.push(-1);
    flag.push(f);
    return start.length - 1;
  };
  run.records.message.forEach((number, i) => {
    if (!number) return;
    const kind = records.kind[i];
    let m = byNumber.get(number);
    switch (kind) {
      case SEND:
        if (m === undefined) byNumber.set(number, add(i, 0));
        break;
      case COPY: { // a copy has a number of its own; one that shares its original's is the second to arrive
        const copy = add(i, COPIED);
        if (m === undefined) byNumber.set(number, copy);
        else second.set(m, copy);
        break;
      }
      case LOST:
        if (m === undefined) byNumber.set(number, m = add(i, 0));
        records.message[i] = m;
        flag[m] |= DROPPED;
        break;
      case RECV: case DEAF:
        if (m !== undefined && end[m] >= 0) m = second.get(m) ?? m;
        if (m === undefined) { // it left before what is told here begins
          byNumber.set(number, m = add(i, 0));
          start[m] = -1;
        }
        records.message[i] = m;
        if (end[m] < 0) end[m] = i;
        if (kind === DEAF) flag[m] |= UNHEARD;
        break;
      default:
        if (m !== undefined) records.message[i] = m;
    }
  });
  return { n: start.length, start: Int32Array.from(start), end: Int32Array.from(end), flag: Uint8Array.from(flag) };
})();

// Where a message is in time and space. One without an end is drawn for as long as messages usually take.
{
  const n = messages.n;
  messages.t0 = new Float64Array(n);
  messages.t1 = new Float64Array(n);
  messages.from = new Int16Array(n);
  messages.to = new Int16Array(n);
  messages.name = new Int32Array(n);
  const flights = [];
  for (let m = 0; m < n; m++) {
    const s = messages.start[m], e = messages.end[m], any = s >= 0 ? s : e;
    if (s >= 0 && e >= 0) flights.push(records.at[e] - records.at[s]);
    messages.name[m] = records.name[any];
    messages.from[m] = s >= 0 ? records.who[s] : records.peer[e];
    messages.to[m] = s >= 0 ? records.peer[s] : records.who[e];
    if (s >= 0 && records.kind[s] === COPY && e >= 0 && records.who[e] !== messages.to[m]) { // told from the receiver's side
      messages.from[m] = records.peer[e];
      messages.to[m] = records.who[e];
    }
    // A message that is lost may be told of by where it was going to.
    if (messages.from[m] < 0) messages.from[m] = messages.to[m];
    if (messages.to[m] < 0) messages.to[m] = messages.from[m];
  }
  flights.sort((a, b) => a - b);
  const usual = flights[flights.length >> 1] || lastAt / 200;
  for (let m = 0; m < n; m++) {
    const s = messages.start[m], e = messages.end[m];
    messages.t0[m] = s >= 0 ? records.at[s] : records.at[e] - usual;
    messages.t1[m] = e >= 0 ? records.at[e] : messages.t0[m] + usual;
  }
}

// The kinds of messages, most frequent first, each with a family that decides its colour.
const messageKinds = (() => {
  const count = new Map();
  for (const name of messages.name) count.set(name, (count.get(name) ?? 0) + 1);
  // By what they are for: to lead, to choose, to keep in touch, to catch up, and what clients say and hear.
  const families = [
    ["Prepare", "Promise", "Reject", "PreVote", "PreVoted", "Behind", "Stand", "Repair"], ["Accept", "Accepted", "Settled"],
    ["Learn", "Heartbeat", "Alive", "Release"], ["Fetch", "Chosen", "Resume", "Image", "Leave", "Dismiss"], ["Request", "Reply"],
  ];
  const known = new Map(families.flatMap((names, family) => names.map((name) => [name, family])));
  const stems = new Map();
  const family = (name) => {
    if (known.has(name)) return known.get(name);
    const stem = name.replace(/(Request|Response|Reply|Resp|Ack)$/i, "");
    if (!stems.has(stem)) stems.set(stem, stems.size % 4);
    return stems.get(stem);
  };
  const order = [...known.keys()];
  const rank = (name) => known.get(name) === 4 ? 1000 + order.indexOf(name) : known.has(name) ? order.indexOf(name) : 500;
  return [...count].map(([name, n]) => ({ name, label: texts[name] || "unnamed", n, shown: true, family: family(texts[name]) }))
    .sort((a, b) => rank(a.label) - rank(b.label) || b.n - a.n || (a.label < b.label ? 1 : -1));
})();
const familyOf = new Uint8Array(texts.length);
for (const k of messageKinds) familyOf[k.name] = k.family;

// firstAt returns the first record at or after a moment.
function firstAt(t) {
  let lo = 0, hi = records.n;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (records.at[mid] < t) lo = mid + 1; else hi = mid;
  }
  return lo;
}

// firstOf returns the first record of an event or of the one after it.
function firstOf(event) {
  let lo = 0, hi = records.n;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (records.event[mid] < event) lo = mid + 1; else hi = mid;
  }
  return lo;
}

// States of each lane, in order: looked up by event.
const statesOf = Array.from({ length: laneCount }, () => []);
for (const s of run.states) if (s.lane >= 0) statesOf[s.lane].push(s);

// stateAround returns the state a lane had before an event, after it, and the next event that changes it.
function stateAround(lane, event) {
  let before = null, after = null, next = null;
  for (let lo = 0, hi = statesOf[lane].length, list = statesOf[lane]; ;) {
    if (lo === hi) {
      for (let i = lo - 1; i >= 0 && !before; i--) if (list[i].event < event) before = list[i];
      after = list[lo - 1] ?? null;
      next = list[lo] ?? null;
      return { before, after, next };
    }
    const mid = (lo + hi) >> 1;
    if (list[mid].event <= event) lo = mid + 1; else hi = mid;
  }
}

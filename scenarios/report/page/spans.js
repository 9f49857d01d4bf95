// What lasts for a while: a replica that is down, leads or holds a lease; a fault; an operation.

// durationIn finds a length of time in words: "for 12.5ms at most". None is 0.
function durationIn(words) {
  const found = /\b(\d+(?:\.\d+)?) ?(ns|us|µs|ms|s)\b/.exec(words);
  return found ? Number(found[1]) * { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9 }[found[2]] : 0;
}

// Spans on lanes: {lane, from, until, label, record}.
const down = [], leading = [], leases = [];
{
  const opened = new Map(); // list and lane -> span
  const open = (list, i, label) => {
    const lane = records.who[i];
    close(list, i);
    const span = { lane, from: records.at[i], until: endAt, label, record: i };
    list.push(span);
    opened.set(list, (opened.get(list) ?? new Map()).set(lane, span));
    return span;
  };
  const close = (list, i) => {
    const span = opened.get(list)?.get(records.who[i]);
    if (span) span.until = Math.min(span.until, records.at[i]);
  };
  // A replica says now and then for how long it may still rely on its lease. Where the words do not name a time, that is the moment alone.
  const lease = (i) => {
    const at = records.at[i], until = at + durationIn(texts[records.text[i]]);
    const held = opened.get(leases)?.get(records.who[i]);
    if (held && held.until >= at) held.until = Math.max(held.until, until);
    else open(leases, i, "lease").until = until;
  };
  for (let i = 0; i < records.n; i++) {
    if (records.who[i] < 0) continue;
    const kind = records.kind[i];
    if (kind === CRASH) {
      close(leading, i);
      close(leases, i);
      open(down, i, "down");
    } else if (kind === START) {
      close(down, i);
    } else if (kind === OBSERVE) {
      const name = texts[records.name[i]];
      if (name === "leading") open(leading, i, texts[records.ballot[i]]);
      else if (name === "following") {
        close(leading, i);
        close(leases, i);
      }
      else if (name === "leased") lease(i);
    }
  }
}

// A fault is of the network, of a machine or of a disk; the kind's name says which.
const faultGroups = ["network", "machine", "disk"];
function faultGroup(kind) {
  if (/disk|fsync|torn|sector|rot|misdirect|wipe|full|write|storage/.test(kind)) return 2;
  if (/crash|pause|stall|clock|cpu|power|restart|knob|reconfigure|strobe|drift|jump|machine|process/.test(kind)) return 1;
  return 0;
}

// faultWords is what a fault does to whom: its description without its times and its kind, which are shown in other ways.
const faultWords = (f) => {
  const words = f.text.replace(/^(until healed|[+]?\d[\d.]*[a-zµ]+|\s)+ /, "");
  return words === f.kind ? "" : words.startsWith(f.kind + " ") ? words.slice(f.kind.length + 1) : words;
};

// Faults in rows such that those of a row do not overlap. A run with many gets some rows and no more: the last takes what is left.
const faultRowsMax = 6;
const faults = run.faults.map((f) => ({ ...f, lanes: f.lanes.filter((i) => i >= 0), until: Math.min(f.until > f.from ? f.until : endAt, endAt), group: faultGroup(f.kind), row: 0 }));
let faultRows = 0;
{
  const busyUntil = [];
  for (const f of faults) {
    let row = busyUntil.findIndex((until) => until <= f.from);
    if (row < 0) row = busyUntil.length < faultRowsMax ? busyUntil.length : faultRowsMax - 1;
    busyUntil[row] = Math.max(busyUntil[row] ?? 0, f.until);
    f.row = row;
  }
  faultRows = busyUntil.length;
}

// Operations, as bars on the lanes of their clients. One that never returned lasts until its client calls again.
const witness = new Set(run.witness);
const ops = run.ops.map(([lane, process, text, out, outcome, call, callAt, ret, returnAt, slot], i) => ({
  i, lane, process, text: texts[text], out: texts[out], outcome: texts[outcome], call, callAt, ret, returnAt, slot: texts[slot],
  until: ret ? returnAt : endAt, open: !ret, witness: witness.has(i),
}));
{
  const last = new Map();
  for (const op of ops) {
    const before = last.get(op.lane);
    if (before && before.until > op.callAt) before.until = Math.max(op.callAt, before.callAt);
    last.set(op.lane, op);
  }
}

// What a verdict points at: operations that cannot be explained, or that are still waited for.
const witnessTitle = ops.some((op) => op.witness && op.open) ? "The operations in question" : "The operations that no order explains";

// Moments that concern everybody: violations and phases of the run.
const moments = [];
for (let i = 0; i < records.n; i++) {
  if (records.kind[i] === VIOLATION || records.kind[i] === PHASE) moments.push(i);
}

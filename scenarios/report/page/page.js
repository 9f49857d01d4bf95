// The words above and below the pictures, and the start of everything.

const byId = (id) => document.getElementById(id);

function showHead() {
  byId("run").append(element("b", run.scenario), ` seed ${run.seed}`);
  const verdict = byId("verdict"), kind = element("span", run.verdict, "badge");
  verdict.append(kind, " " + (run.fingerprint || ""));
  document.body.dataset.verdict = run.verdict;
  byId("detail").textContent = run.detail;
  byId("detail").hidden = run.detail === "";
  const facts = byId("facts");
  for (const [name, value] of [
    ["profile", run.profile], ["cluster", plural(run.nodes, "replica") + ", " + plural(laneCount - run.nodes, "client")],
    ["simulated", timeText(run.end)], ["events", count(run.events)], ["records", count(records.n)], ["operations", count(ops.length)],
    ["trace hash", run.traceHash], ["build", run.build],
  ]) {
    if (!value) continue;
    const item = element("div");
    item.append(element("dt", name), element("dd", value));
    facts.append(item);
  }
  byId("cut").textContent = run.cut;
  byId("cut").hidden = run.cut === "";
}

// moment finds what a line of the story is about: the event that it names, or the time.
function moment(line) {
  const event = /\bevents? #?([\d,]+)|\[#?(\d+)\]/.exec(line);
  if (event) {
    const i = firstOf(Number((event[1] ?? event[2]).replaceAll(",", "")));
    if (i < records.n) return { record: i, t: records.at[i] };
  }
  const t = durationIn(line);
  if (t > 0) {
    if (t <= endAt) return { record: -1, t };
  }
  return null;
}

function goTo(record, t) {
  if (record >= 0) {
    for (let i = record; i < records.n && records.event[i] === records.event[record]; i++) {
      if (records.who[i] >= 0 || records.kind[i] === VIOLATION) {
        record = i;
        break;
      }
    }
    zoomTo(t);
    selected = drawn.selected = record;
    nameAddress(record);
    tellSelected();
  } else zoomTo(t);
  byId("space-time").scrollIntoView({ behavior: still.matches ? "auto" : "smooth", block: "start" });
  diagram.focus({ preventScroll: true });
}

function showStory() {
  byId("story").hidden = run.story.length === 0;
  for (const line of run.story) {
    const item = element("li"), where = moment(line), words = line.replace(/^\d+[.)] /, "");
    if (where) item.append(button(words, () => goTo(where.record, where.t), "Show it in the diagram"));
    else item.textContent = words;
    byId("story").querySelector("ol").append(item);
  }
}

function showWitness() {
  byId("witness").hidden = witness.size === 0;
  for (const at of run.witness) {
    const op = ops[at], item = element("li");
    item.append(button(`${run.lanes[op.lane]}: ${opText(op)}`, () => {
      moveTo(...around(op.callAt, op.until));
      selectOn(op.lane, op.call);
      byId("space-time").scrollIntoView({ behavior: still.matches ? "auto" : "smooth", block: "start" });
    }, "Show it in the diagram"), element("span", `${timeText(op.callAt)} → ${op.ret ? timeText(op.returnAt) : "never"}`, "when"));
    byId("witness").querySelector("ul").append(item);
  }
  byId("witness-title").textContent = witnessTitle;
}

const faultsMax = 200; // rows of the table
function showFaults() {
  const section = byId("faults");
  if (!run.faults.length) {
    section.append(element("p", "None began in this run.", "hint"));
    return;
  }
  const table = element("table", "", "plan"), head = table.createTHead().insertRow();
  for (const name of ["#", "from", "until", "for", "kind", "what"]) {
    const th = element("th", name);
    th.scope = "col";
    head.append(th);
  }
  const body = table.createTBody();
  for (const f of run.faults.slice(0, faultsMax)) {
    const row = body.insertRow();
    row.insertCell().textContent = String(f.index + 1);
    row.insertCell().append(button(timeText(f.from), () => goTo(-1, f.from), "Show it in the diagram"));
    const single = f.kind === "message"; // it has no length
    row.insertCell().textContent = single ? "" : f.until > f.from ? timeText(f.until) : "the end";
    row.insertCell().textContent = f.until > f.from && !single ? lengthText(f.until - f.from) : "";
    const kind = row.insertCell(), dot = element("i", "", "dot fault-" + faultGroup(f.kind));
    kind.append(dot, f.kind);
    row.insertCell().textContent = faultWords(f);
  }
  const around = element("div", "", "scroll");
  around.append(table);
  section.append(around);
  if (run.faults.length > faultsMax) section.append(element("p", `and ${count(run.faults.length - faultsMax)} more`, "hint"));
}

showHead();
showStory();
showWitness();
document.querySelector(".told").hidden = byId("story").hidden && byId("witness").hidden;
showFaults();
byId("config").hidden = run.config.length === 0;
byId("config").querySelector("pre").textContent = run.config.join("\n");
buildFilters();
applyFilter();
tellSelected();
themeChanged();
{
  const named = /^#e(\d+)$/.exec(location.hash), i = named ? firstOf(Number(named[1])) : records.n;
  if (i < records.n) goTo(i, records.at[i]);
}

// To look inside from the console, and for tests. place is where a record is in the diagram.
window.report = { drawn, view, records, messages, leases, run, place: (i) => [xOf(records.at[i]), lanes[records.who[i]].mid] };

// What is shown: kinds of messages, kinds of marks, lanes, and what has a text in it.

const recordShown = new Uint8Array(records.n).fill(1);
const messageShown = new Uint8Array(messages.n).fill(1);
let filterVersion = 0, shownCount = records.n;

const find = document.getElementById("find");

// matches says of every record whether it has the words in it: all of them, in any of its texts. slot:5 and ballot:3.1 mean
// the record's own slot and ballot, and the name of a lane or of a kind of record the whole of it.
function matches(query) {
  const out = new Uint8Array(records.n).fill(1);
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const [, field, value] = /^(slot|ballot):(.*)$/.exec(word) ?? [];
    if (field) {
      for (let i = 0; i < records.n; i++) if (!records[field][i] || texts[records[field][i]] !== value) out[i] = 0;
      continue;
    }
    const inText = Uint8Array.from(texts, (text) => text.toLowerCase().includes(word) ? 1 : 0);
    const inLane = run.lanes.map((name) => name === word);
    const kind = kindNames.findIndex((name) => name.toLowerCase() === word);
    for (let i = 0; i < records.n; i++) {
      if (!(inText[records.name[i]] || inText[records.text[i]] || inLane[records.who[i]] || inLane[records.peer[i]] || records.kind[i] === kind)) out[i] = 0;
    }
  }
  return out;
}

// The record of which only the causes are shown, or -1.
let causesOf = -1;

// causes finds what a record could depend on: what came before it on its lane, the sending of what was received, and so on back.
function causes(last) {
  const out = new Uint8Array(records.n), reached = new Uint8Array(laneCount);
  for (let i = firstOf(records.event[last]); i <= last; i++) if (i === last || records.who[last] < 0) out[i] = 1; // a violation is of its whole event
  if (records.who[last] < 0 && last > 0) out[last - 1] = 1;
  for (let i = last; i >= 0; i--) {
    const who = records.who[i], m = records.message[i];
    if (who >= 0 && reached[who]) out[i] = 1;
    if (!out[i]) continue;
    if (who >= 0) reached[who] = 1;
    if (m >= 0 && records.kind[i] === RECV && messages.start[m] >= 0) out[messages.start[m]] = 1;
  }
  return out;
}

function applyFilter() {
  const query = find.value.trim();
  let found = query ? matches(query) : null;
  if (causesOf >= 0) {
    const past = causes(causesOf);
    found = found ? found.map((f, i) => f & past[i]) : past;
  }
  const kindShown = new Uint8Array(texts.length).fill(1);
  for (const k of messageKinds) kindShown[k.name] = k.shown ? 1 : 0;
  for (let m = 0; m < messages.n; m++) {
    const s = messages.start[m], e = messages.end[m];
    messageShown[m] = kindShown[messages.name[m]] && lanes[messages.from[m]]?.shown && lanes[messages.to[m]]?.shown &&
      (!found || found[s] || found[e]) ? 1 : 0;
  }
  shownCount = 0;
  for (let i = 0; i < records.n; i++) {
    const who = records.who[i], m = records.message[i];
    const shown = m >= 0 ? messageShown[m] && (!found || found[i]) :
      (who < 0 || lanes[who].shown) && (markOf[i] === noMark || markKinds[markOf[i]].shown) && (!found || found[i]);
    recordShown[i] = shown ? 1 : 0;
    shownCount += recordShown[i];
  }
  const causesButton = document.getElementById("causes");
  causesButton.hidden = causesOf < 0;
  if (causesOf >= 0) causesButton.textContent = `Only what led to event ${count(records.event[causesOf])} ×`;
  filterVersion++;
  redraw();
}

function showCauses(i) {
  causesOf = i;
  applyFilter();
}

// chip adds a labelled checkbox with a picture of what it shows.
function chip(parent, label, picture, item, title = "") {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = item.shown;
  box.addEventListener("change", () => {
    item.shown = box.checked;
    applyFilter();
  });
  const around = document.createElement("label");
  around.className = "chip";
  around.title = title;
  around.append(box, picture, label);
  parent.append(around);
}

function svg(width, height, content) {
  const parsed = document.createElement("template");
  parsed.innerHTML = `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${content}</svg>`;
  return parsed.content.firstChild;
}

// Pictures for the legend; their colours are classes of the style sheet.
const arrowPicture = (family, extra = "") =>
  svg(24, 10, `<g class="family-${family}"><path d="M1 5H18" ${extra}/><path class="fill" d="M23 5l-7 -3v6z"/></g>`);
const markPictures = {
  crash: '<path class="red" d="M3 1l8 8M11 1l-8 8"/>',
  start: '<path class="chosen fill" d="M3 1l8 4l-8 4z"/>',
  chosen: '<path class="chosen fill" d="M7 0l4.5 5l-4.5 5l-4.5 -5z"/>',
  applied: '<circle class="chosen" cx="7" cy="5" r="3.4"/>',
  synced: '<rect class="muted" x="4.5" y="2.5" width="5" height="5"/>',
  timer: '<path class="muted" d="M7 0V10"/>',
  said: '<circle class="ink fill" cx="7" cy="5" r="2.6"/>',
  other: '<circle class="ink fill" cx="7" cy="5" r="2.6"/>',
};

function buildFilters() {
  const kinds = document.getElementById("kinds"), marks = document.getElementById("marks"), shownLanes = document.getElementById("lanes");
  for (const k of messageKinds) chip(kinds, k.label, arrowPicture(k.family), k, plural(k.n, "message"));
  kinds.hidden = messageKinds.length === 0;
  const has = new Uint8Array(256);
  for (const at of markOf) has[at] = 1;
  markKinds.forEach((k, at) => {
    if (has[at]) chip(marks, k.label, svg(14, 10, markPictures[k.id]), k);
  });
  marks.hidden = marks.querySelector("label") === null;
  for (const l of lanes) chip(shownLanes, l.name, "", l);

  const shades = document.getElementById("shades");
  const explain = (picture, label) => {
    const item = document.createElement("span");
    item.append(picture, label);
    shades.append(item);
  };
  if (messages.flag.some((f) => f & (DROPPED | UNHEARD))) explain(svg(24, 10, '<path class="muted" d="M1 5H14"/><path class="red" d="M13 1l8 8M21 1l-8 8"/>'), "lost, or nobody there");
  if (messages.flag.some((f) => f & COPIED)) explain(svg(24, 10, '<path class="muted" stroke-dasharray="5 3" d="M1 5H23"/>'), "a second copy");
  if (down.length) explain(svg(24, 12, '<path class="hatch" d="M-2 12l12 -12M4 14l14 -14M12 14l14 -14"/>'), "down");
  if (leading.length) explain(svg(24, 10, '<path class="leader" d="M0 5H24"/>'), "leads");
  if (leases.length) explain(svg(24, 10, '<path class="chosen" d="M0 5H24"/>'), "holds a lease");
  for (const g of faultGroups.keys()) {
    if (faults.some((f) => f.group === g)) explain(svg(24, 12, `<rect class="shade-${g}" width="24" height="12"/><rect class="fault-${g}" width="3" height="12"/>`), "fault of the " + faultGroups[g]);
  }
  if (ops.length) explain(svg(24, 12, '<rect class="bar" width="24" height="12" rx="1"/>'), "operation");
  if (witness.size) explain(svg(24, 12, '<rect class="red fill" width="24" height="12" rx="1"/>'), witnessTitle.toLowerCase().replace("the operations", "operation"));
}

find.addEventListener("input", applyFilter);
document.getElementById("causes").addEventListener("click", () => showCauses(-1));

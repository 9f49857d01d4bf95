// Colours come from the style sheet, so that pictures and text change together.

const themeButton = document.getElementById("theme");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const color = {};

function readColors() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue("--" + name).trim();
  for (const name of ["ink", "muted", "faint", "line", "page", "panel", "lane", "red", "accent", "leader", "bar", "bar-ink", "chosen"]) {
    color[name] = get(name);
  }
  color.family = [0, 1, 2, 3, 4].map((i) => get("family-" + i));
  color.shade = faultGroups.map((name) => get("shade-" + name));
  color.fault = faultGroups.map((name) => get("fault-" + name));
  color.text = "12px " + get("sans");
  color.strong = "600 12px " + get("sans");
  color.small = "11px " + get("sans");
  color.mono = "11px " + get("mono");
}

const isDark = () => (document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";

function themeChanged() {
  themeButton.textContent = isDark() ? "Light" : "Dark";
  themeButton.setAttribute("aria-label", isDark() ? "Switch to light colours" : "Switch to dark colours");
  readColors();
  redraw();
}

function keep(key, value) { // storage may be forbidden to a page from a file
  try { localStorage.setItem(key, value); } catch { /* then it is not kept */ }
}
function kept(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

themeButton.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  keep("simrun-theme", theme);
  themeChanged();
});
prefersDark.addEventListener("change", themeChanged);
if (["light", "dark"].includes(kept("simrun-theme"))) document.documentElement.dataset.theme = kept("simrun-theme");

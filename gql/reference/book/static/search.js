// Finds types, fields and commands by their names. Without JavaScript the search is not shown.
const { folder, names: source } = document.currentScript.dataset;
const form = document.querySelector("form[role=search]");
const input = form.querySelector("input");
const list = form.querySelector("ul");
const MOST = 12;
let loading;

/** The names are loaded by a script element: pages on a disk may not fetch. */
function load() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => resolve(Object.entries(globalThis.names));
    document.head.append(script);
  });
  return loading;
}

/** Best first: the whole name, its beginning, the beginning of a field, anywhere. */
function rank(name, asked) {
  const lower = name.toLowerCase();
  const member = lower.split(".")[1] ?? lower;
  if (lower === asked) return 0;
  if (lower.startsWith(asked)) return name.includes(".") ? 3 : 1;
  if (member.startsWith(asked)) return 2;
  return lower.includes(asked) ? 4 : -1;
}

async function find() {
  const asked = input.value.trim().toLowerCase();
  const entries = asked ? await load() : [];
  if (asked !== input.value.trim().toLowerCase()) return;
  const found = entries
    .map(([name, place]) => ({ name, place, rank: rank(name, asked) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.name.length - b.name.length)
    .slice(0, MOST);
  list.replaceChildren(
    ...found.map(({ name, place }) => {
      const link = document.createElement("a");
      link.href = folder + place;
      link.textContent = name;
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
}

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  list.querySelector("a")?.click();
});
input.addEventListener("input", find);
input.addEventListener("focus", load, { once: true });

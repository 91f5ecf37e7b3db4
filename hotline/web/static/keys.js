// The keys of a page, the card that lists them, and the switch that turns them off. The page's own script says what each key does.
const keysCard = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");

// A keyboard set to Urdu or Sindhi writes other letters: use the key's place then.
function keyOf(event) {
  if (event.key === "؟") return "?";
  const latin = /^[\x20-\x7e]$/.test(event.key) ? event.key : event.code.replace(/^Key/, "");
  return latin.toLowerCase();
}

// `acts`: key → what it does; if it answers false, it has done nothing. `repeated`: keys that go on while they are held down.
function useKeys(acts, repeated = []) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || keysCard.open || !keysOn.checked) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const key = keyOf(event);
    const act = acts[key];
    if (!act) return;
    if ((event.repeat && !repeated.includes(key)) || act() !== false) event.preventDefault();
  });
}

document.getElementById("show-keys").hidden = false;
document.getElementById("show-keys").addEventListener("click", () => keysCard.showModal());
document.getElementById("close-keys").addEventListener("click", () => keysCard.close());
keysOn.checked = localStorage.getItem("keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));

// Keeps the chosen boxes when the list is renewed, and lets go of tickets that changed meanwhile. Without this script nothing is renewed.
const list = document.getElementById("queue");
let chosen = new Set();

const boxes = () => [...list.querySelectorAll("input[name='chosen']")];

list.addEventListener("change", (event) => {
  if (event.target.name === "chosen") chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
});

new MutationObserver(() => {
  for (const box of boxes()) if (chosen.has(box.value)) box.checked = true;
}).observe(list, { childList: true, subtree: true });

// Counts down the seconds in which a text can be taken back, also on a page that came later. Without this script the page says how many
// there were.
setInterval(() => {
  for (const told of document.querySelectorAll("[data-seconds]")) {
    const left = Number(told.dataset.seconds) - 1;
    if (left > 0) {
      told.dataset.seconds = left;
      told.querySelector(".number").textContent = left;
      continue;
    }
    told.removeAttribute("data-seconds");
    told.textContent = told.dataset.left;
    told.closest("form").querySelector("button").setAttribute("aria-disabled", "true"); // it stays: nothing moves under a pointer or a focus
  }
}, 1000);

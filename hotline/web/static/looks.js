// One key for each answer: 1 to 8. A key whose answer needs a choice goes to the choice first; Enter sends it. Without this script the
// buttons work, and so do the browser's access keys.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const choice = document.querySelector(`select[data-first="${CSS.escape(event.key)}"]`);
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (!choice && !button) return;
  event.preventDefault();
  if (choice) choice.focus();
  else button.click();
});
for (const choice of document.querySelectorAll("select[data-first]")) {
  choice.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !choice.value) return;
    event.preventDefault();
    choice.form.requestSubmit();
  });
}
// Send an answer once, also after a double click.
for (const form of document.querySelectorAll(".looks form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(".looks form")) delete form.dataset.sent;
});

// One button for each player: half as fast again. Everything else is the browser's own, and works without this.
for (const button of document.querySelectorAll("button[data-faster]")) {
  const player = document.getElementById(button.dataset.faster);
  button.hidden = false;
  button.addEventListener("click", () => {
    const faster = player.playbackRate === 1;
    player.playbackRate = player.defaultPlaybackRate = faster ? 1.5 : 1;
    button.setAttribute("aria-pressed", String(faster));
  });
}

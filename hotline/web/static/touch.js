// Says on an open page when it gets no answers any more, and when it gets them again.
const touch = document.getElementById("touch");
let failures = 0;

function tell(sentence) {
  touch.textContent = sentence;
  touch.hidden = false;
}

function outOfTouch() {
  failures += 1;
  if (failures === 2) tell(touch.dataset.lost);
}

// `said`: the element that is read aloud.
function inTouch(said) {
  if (failures >= 2) {
    touch.hidden = true;
    said.textContent = touch.dataset.back;
  }
  failures = 0;
}

// Calls: plays what the caller hears, records from the microphone, and posts without leaving the page.
// Without JavaScript the page has players, a field for a sound file, and plain forms.
"use strict";

const RATE = 8000; // samples a second, as Twilio stores them
const BEEP_S = 0.4;

const handsets = new Map(); // phone → { audio, heard, recording }

function handset(phone) {
  if (!handsets.has(phone)) {
    // Outside the part that the server renders, so that an update of the call does not restart the sound.
    const audio = Object.assign(new Audio(), { controls: true, hidden: true });
    phone.querySelector(".call").before(audio);
    audio.addEventListener("ended", () => goOn(phone));
    handsets.set(phone, { audio, heard: null, recording: null });
  }
  return handsets.get(phone);
}

function showCall(phone, html) {
  const area = phone.querySelector(".call");
  if (handset(phone).recording || area.dataset.html === html) return;
  const news = document.createElement("template");
  news.innerHTML = html; // rendered and escaped by the server, from the template of the first page
  const before = area.querySelector(".path");
  const path = news.content.querySelector(".path");
  const ends = area.querySelector(".oncall") && !news.content.querySelector(".oncall"); // the call is over: the texts need the room
  if (path && path.dataset.sid === before?.dataset.sid && !ends) path.open = before.open;
  const focused = area.contains(document.activeElement) ? document.activeElement : null;
  const sound = takeSound(news.content);
  area.replaceChildren(news.content);
  area.dataset.html = html;
  if (focused?.value) area.querySelector(`button[name="${focused.name}"][value="${CSS.escape(focused.value)}"]`)?.focus();
  hear(phone, sound);
}

// Sound

function takeSound(call) {
  const player = call.querySelector(".sound");
  const sound = player?.getAttribute("src") ?? "";
  player?.remove();
  return sound;
}

async function hear(phone, sound) {
  const mine = handset(phone);
  const call = phone.querySelector(".oncall");
  const microphone = phone.querySelector(".microphone");
  if (microphone) microphone.hidden = !navigator.mediaDevices;
  const heard = call ? [call.dataset.sid, call.dataset.awaits, sound].join(" ") : null;
  if (mine.heard === heard) return;
  mine.heard = heard;
  mine.audio.pause();
  mine.audio.hidden = !call || !sound;
  if (!sound) {
    beepIfRecording(phone);
    return;
  }
  mine.audio.src = sound;
  try {
    await mine.audio.play();
  } catch {
    // The sound was cut short, or the browser does not let the page play by itself: the player can be pressed.
  }
}

function goOn(phone) {
  // A Gather of one second is only there to let the caller interrupt. On the phone the next clip follows at once, so go on.
  const call = phone.querySelector(".oncall");
  const silence = call?.querySelector('button[value="silence"]');
  if (call?.dataset.awaits === "Gather" && Number(call.dataset.waits) <= 1 && silence) silence.click();
  else beepIfRecording(phone);
}

function beepIfRecording(phone) {
  if (phone.querySelector(".oncall")?.dataset.awaits === "Record" && !handset(phone).recording) beep();
}

function beep() {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 1000 });
  tone.connect(new GainNode(context, { gain: 0.2 })).connect(context.destination);
  tone.addEventListener("ended", () => context.close());
  tone.start();
  tone.stop(BEEP_S);
}

// Microphone

async function startRecording(phone) {
  const mine = handset(phone);
  const call = phone.querySelector(".oncall");
  mine.audio.pause();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    say("There is no microphone, or the browser does not allow it.");
    return;
  }
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  recorder.start();
  const limit = setTimeout(() => stopRecording(phone, "max_length"), Number(call.dataset.longest) * 1000);
  mine.recording = { recorder, stream, pieces, limit, ends: call.dataset.ends, url: `/handset/${call.dataset.sid}` };
  phone.querySelector(".state").textContent = "Recording…";
  const button = phone.querySelector(".microphone button");
  button.textContent = "Stop speaking";
  phone.querySelector(".speak").classList.add("speaking");
}

async function stopRecording(phone, end) {
  const mine = handset(phone);
  const { recorder, stream, pieces, limit, url } = mine.recording;
  clearTimeout(limit);
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.stop();
  await stopped;
  for (const track of stream.getTracks()) track.stop();
  mine.recording = null;
  delete phone.querySelector(".call").dataset.html; // so that the next update replaces "Recording…", even by the HTML of before
  const data = new FormData();
  data.set("do", "speak");
  data.set("end", end);
  try {
    data.set("wav", await toWav(new Blob(pieces)), "said.wav");
  } catch {
    data.set("seconds", "0");
  }
  await post(url, data);
}

async function toWav(sound) {
  // A context of this rate resamples what it decodes.
  const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await sound.arrayBuffer());
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, n) => decoded.getChannelData(n));
  const wav = new DataView(new ArrayBuffer(44 + decoded.length * 2));
  const write = (at, letters) => [...letters].forEach((letter, n) => wav.setUint8(at + n, letter.charCodeAt(0)));
  write(0, "RIFF");
  wav.setUint32(4, 36 + decoded.length * 2, true);
  write(8, "WAVEfmt ");
  wav.setUint32(16, 16, true);
  wav.setUint16(20, 1, true); // PCM
  wav.setUint16(22, 1, true);
  wav.setUint32(24, RATE, true);
  wav.setUint32(28, RATE * 2, true);
  wav.setUint16(32, 2, true);
  wav.setUint16(34, 16, true);
  write(36, "data");
  wav.setUint32(40, decoded.length * 2, true);
  for (let n = 0; n < decoded.length; n += 1) {
    const mean = channels.reduce((sum, channel) => sum + channel[n], 0) / channels.length;
    wav.setInt16(44 + n * 2, Math.max(-1, Math.min(1, mean)) * 32767, true);
  }
  return new Blob([wav], { type: "audio/wav" });
}

// Forms

function say(text) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.hidden = !text;
}

async function post(url, data) {
  try {
    const answer = await fetch(url, { method: "POST", body: data, redirect: "manual" });
    const page = answer.type === "opaqueredirect" ? null : new DOMParser().parseFromString(await answer.text(), "text/html");
    say(page ? page.getElementById("notice")?.textContent || "The simulator refused that." : "");
  } catch {
    document.getElementById("lost").hidden = false;
  }
  await look();
}

function end(phone, button) {
  // A button was pressed while the microphone is on. It may end the recording; any other key is only a sound in it.
  const { ends } = handset(phone).recording;
  if (button.name === "digits") {
    if (ends.includes(button.value)) stopRecording(phone, button.value);
  } else if (button.value === "hangup") {
    stopRecording(phone, "hangup");
  } else {
    stopRecording(phone, button.value === "speak" ? button.form.elements.end.value : "silence");
  }
}

async function submitCall(phone, form, button) {
  const mine = handset(phone);
  if (mine.recording) {
    end(phone, button);
    return;
  }
  if (button.name === "digits" || button.value === "hangup") mine.audio.pause(); // a key stops what is played
  const data = new FormData(form, button);
  if (data.get("wav")?.size) {
    try {
      data.set("wav", await toWav(data.get("wav")), "said.wav");
    } catch {
      say("This browser cannot read that file as sound.");
      return;
    }
  } else {
    data.delete("wav");
  }
  await post(form.action, data);
}

for (const phone of document.querySelectorAll(".phone")) {
  phone.addEventListener("submit", (event) => {
    if (!event.target.closest(".call")) return;
    event.preventDefault();
    submitCall(phone, event.target, event.submitter);
  });
  phone.addEventListener("click", (event) => {
    if (!event.target.closest(".microphone button")) return;
    if (handset(phone).recording) stopRecording(phone, "silence");
    else startRecording(phone);
  });
  hear(phone, takeSound(phone));
}

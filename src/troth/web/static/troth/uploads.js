// Sends the files of a form in pieces, shows how far each is, and goes on after a break.
// Without it the form sends them all at once.  The page names where to begin in `data-uploads`.
"use strict";

const TRIES = 6;

class Final extends Error {}

const pause = (tries) => new Promise((done) => setTimeout(done, Math.min(500 * 2 ** tries, 15000)));

async function ask(way, address, token, body) {
  const answer = await fetch(address, {
    method: way, body, credentials: "same-origin", redirect: "manual",
    headers: { "X-CSRFToken": token, "Accept": "application/json" },
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (told.offset !== undefined) return told;
  if (answer.status === 0 || [401, 403, 404, 413, 422].includes(answer.status)) {
    throw new Final(told.error || "You may not do this any more. Load the page again.");
  }
  throw new Error(told.error || "The connection broke.");
}

function begun(form, file) {
  const told = new URLSearchParams({
    name: file.name, size: file.size, folder: form.dataset.folder, mark: `changed ${file.lastModified}`,
  });
  return [form.dataset.uploads, told];
}

// Each step is tried again after a break; the one after a failed piece first asks how far the upload got.
async function again(what, told) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await what(tries);
    } catch (why) {
      if (why instanceof Final || tries + 1 >= TRIES) throw why;
      told("The connection broke. Trying again …");
      await pause(tries);
    }
  }
}

async function send(form, token, file, line) {
  const [where, announced] = begun(form, file);
  let state = await again(() => ask("POST", where, token, announced), line.say);
  const address = `${where}${state.upload}/`;
  while (state.offset < file.size) {
    line.come(state.offset);
    const { offset } = state, piece = file.slice(offset, offset + (state.piece || 8 << 20));
    state = await again(async (tries) => {
      if (tries) {
        const now = await ask("GET", address, token);
        if (now.offset !== offset) return now;
      }
      return ask("PUT", `${address}?offset=${offset}`, token, piece);
    }, line.say);
  }
  line.come(file.size);
  await again(() => ask("POST", `${address}finish/`, token), line.say);
  line.say("is here.");
}

function lineFor(file, place) {
  const words = document.createElement("p"), bar = document.createElement("progress");
  bar.max = file.size || 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  place.append(words, bar);
  const say = (text) => { words.textContent = `${file.name}: ${text}`; };
  say("waits");
  return {
    say,
    come(bytes) {
      bar.value = bytes || (file.size ? 0 : 1);
      say(`${file.size ? Math.floor((100 * bytes) / file.size) : 100} %`);
    },
  };
}

async function sendAll(form) {
  const input = form.querySelector("input[type=file]"), button = form.querySelector("button");
  const place = form.querySelector(".uploads"), token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const files = [...input.files];
  place.replaceChildren();
  place.hidden = false;
  button.disabled = true;
  const leaving = (event) => event.preventDefault();
  addEventListener("beforeunload", leaving);
  let failed = 0;
  for (const [file, line] of files.map((each) => [each, lineFor(each, place)])) {
    try {
      await send(form, token, file, line);
    } catch (why) {
      failed += 1;
      line.say(why.message);
    }
  }
  removeEventListener("beforeunload", leaving);
  button.disabled = false;
  if (!failed) location.reload();
}

for (const form of document.querySelectorAll("form[data-uploads]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll(form);
  });
}

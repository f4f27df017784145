// Keeps a chat room up to date without loading its page again, and says lines without leaving it.
// It asks with no cookie, so that an answer says nothing to or of whoever asks.
"use strict";

const about = document.querySelector("[data-room]").dataset;
const list = document.getElementById("lines"), hereList = document.querySelector("[data-here-list]");
const told = document.querySelector("[data-state]"), form = document.querySelector("[data-say]");
const OFTEN = Number(about.every), SELDOM = 5, HIDDEN = 30, LONG = 60;
let tag = about.tag, timer = 0, failed = 0, last = performance.now(), isAsking = false;
document.querySelector("[data-again]").replaceWith("New lines appear by themselves.");

// Every two seconds while something goes on, more seldom after a quiet minute, hardly at all when nobody looks.
const wait = () => {
  if (document.hidden) return HIDDEN;
  if (failed) return Math.min(HIDDEN, OFTEN * 2 ** failed);
  return performance.now() - last > LONG * 1000 ? SELDOM : OFTEN;
};

const number = (line) => Number(line.dataset.number);

const place = (line) => {
  const before = document.getElementById(line.id);
  if (before) return before.replaceWith(line);
  let after = list.lastElementChild;
  while (after && number(after) > number(line)) after = after.previousElementSibling;
  if (after) after.after(line);
  else list.prepend(line);
};

const show = (text) => {
  const news = new DOMParser().parseFromString(text, "text/html").querySelector("[data-tag]");
  if (!news) throw new Error("no news");
  const lines = [...news.querySelectorAll("ol > li.line")];
  if ("whole" in news.dataset) list.replaceChildren();
  for (const gone of (news.dataset.gone || "").split(" ")) document.getElementById(`line-${gone}`)?.remove();
  lines.forEach(place);
  const here = news.querySelector("[data-here]");
  if (here) hereList.replaceChildren(...here.childNodes);
  if ("closed" in news.dataset && form) form.hidden = true;
  tag = news.dataset.tag;
  last = performance.now();
};

const ask = async () => {
  clearTimeout(timer);
  if (isAsking) return;
  isAsking = true;
  try {
    const headers = { "If-None-Match": `"${tag}"` };
    if (about.presence) headers["X-Here"] = about.presence;
    const own = "own" in about, address = `${about.room}?after=${tag}&every=${wait()}${own ? "&own" : ""}`;
    const answer = await fetch(address, { headers, cache: "no-store", credentials: own ? "same-origin" : "omit" });
    if (answer.status === 404) return told.replaceChildren("This room is gone.");
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
    }
    failed = 0;
    told.replaceChildren();
  } catch {
    failed = Math.min(failed + 1, 5);
    told.replaceChildren("The connection is broken. Trying again.");
  } finally {
    isAsking = false;
  }
  timer = setTimeout(ask, wait() * 1000);
};

document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
timer = setTimeout(ask, OFTEN * 1000);

if (form) {
  const box = form.elements.body;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button"), body = new FormData(form);
    button.disabled = true;
    try {
      const answer = await fetch(location.pathname, { method: "POST", body, headers: { "X-Line": "1" }, redirect: "manual" });
      // Anything but "said" is a page that has to be read, so the form is sent as if there were no script.
      if (answer.status !== 201) return form.submit();
      form.elements.submission.value = (await answer.json()).submission;
      form.elements.seen?.closest(".notice").remove();
      box.value = "";
      box.focus();
      last = performance.now();
      ask();
    } catch {
      told.replaceChildren("The connection is broken. Your line was not said; it is still in the box.");
    } finally {
      button.disabled = false;
    }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

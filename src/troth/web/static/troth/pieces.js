// Sends a file that is too large for one form in pieces, and shows how far it is.
"use strict";
for (const form of document.querySelectorAll("form[data-pieces]")) {
  const size = 512 * 1024;
  const line = form.querySelector("[data-progress]");
  const bar = line.querySelector("progress"), words = line.querySelector("[role=status]");
  const send = async (address, values) => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await fetch(address, { method: "POST", body });
        if (answer.ok || answer.status === 409) {
          const said = await answer.json();
          if (said.problem) throw new RangeError(said.problem);
          return said;
        }
        if (answer.status < 500 && answer.status !== 408) throw new RangeError("This cannot be sent. Load the page again.");
      } catch (error) {
        if (error instanceof RangeError) throw error;
      }
      if (attempt === 5) throw new RangeError("The connection is broken. Nothing was imported; send the file again.");
      await new Promise((done) => setTimeout(done, 500 * 2 ** attempt));
    }
  };
  form.addEventListener("submit", async (event) => {
    const file = form.elements.file.files[0];
    const whole = file || new Blob([form.elements.text.value]);
    if (whole.size <= size) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    line.hidden = false;
    try {
      const first = await send(form.dataset.pieces, {
        submission: form.elements.submission.value, size: whole.size, name: file ? file.name : "Pasted rows",
        file: new File([whole.slice(0, size)], "piece"),
      });
      for (let at = size, position = 1; at < whole.size; at += size, position++) {
        bar.value = (100 * at) / whole.size;
        words.textContent = Math.floor(bar.value) + " % sent";
        await send(first.address + "pieces/", { position, piece: new File([whole.slice(at, at + size)], "piece") });
      }
      location.assign(first.address);
    } catch (error) {
      button.disabled = false;
      words.textContent = error.message;
    }
  });
}

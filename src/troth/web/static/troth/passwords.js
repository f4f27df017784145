// While a new password is typed: asks this site what the form would say of it. Nothing is kept, here or there.
"use strict";

for (const field of document.querySelectorAll("input[data-advice]")) {
  const said = document.createElement("p");
  said.className = "why advice";
  said.setAttribute("role", "status");
  field.after(said);
  let waiting, asked = 0;

  const ask = async () => {
    const mine = ++asked;
    const body = new URLSearchParams({ password: field.value, csrfmiddlewaretoken: field.form.csrfmiddlewaretoken.value });
    try {
      const answer = await fetch(field.dataset.advice, { method: "POST", body });
      if (answer.ok && mine === asked) said.textContent = (await answer.json()).words;
    } catch { /* the form says it when it is sent */ }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (field.value) waiting = setTimeout(ask, 400);
    else said.textContent = "";
  });
}

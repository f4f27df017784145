// Hands the passkey form of this page to the sign-in library's script, and says in words what the browser said.
"use strict";

const form = document.querySelector("form[data-passkey]");
const trouble = document.querySelector("#passkey-trouble");
const REASONS = {
  NotAllowedError: "It was cancelled, or took too long. Nothing was changed.",
  InvalidStateError: "This device holds a passkey for this account already.",
};

function say(words) {
  trouble.textContent = words;
  trouble.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say(REASONS[event.detail.exception.name] || "The browser and this site did not understand each other. Please try again.");
});

if (form && window.PublicKeyCredential) {
  const button = "passkey-button", options = form.dataset.options;
  form.hidden = false;
  window.allauth.webauthn.forms[form.dataset.passkey]({
    ids: { add: button, login: button, authenticate: button, credential: "id_credential", passwordless: "id_passwordless" },
    data: options ? JSON.parse(options) : null,
  });
} else if (form && form.dataset.passkey !== "loginForm") {
  say("This browser knows no passkeys.");
}

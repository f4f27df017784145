// Tells this site which of its pages are read, and nothing of who reads them: see “What we record” at the foot.
"use strict";

(() => {
  const FILE = /\.(csv|docx?|gz|json|mp[34]|pdf|pptx?|xlsx?|xml|zip)$/i, begun = new WeakSet();
  let path, since = 0, read = 0, errors = 0, waiting = [];

  const send = () => {
    if (!waiting.length) return;
    fetch("/beacon/hits", { method: "POST", keepalive: true, body: JSON.stringify(waiting) }).catch(() => { });
    waiting = [];
  };
  const tell = (k, more) => waiting.push({ k, p: path, ...more });
  const look = () => { // reading counts while the page can be seen
    const now = performance.now();
    if (since) read += now - since;
    since = document.visibilityState === "visible" ? now : 0;
  };
  const leave = () => {
    look();
    if (read > 999) tell("r", { t: Math.round(read) });
    read = 0;
    send();
  };
  const view = (t) => {
    if (location.pathname === path) return;
    if (path) leave();
    path = location.pathname;
    tell(t && document.body.classList.contains("missing") ? "m" : "v", { q: location.search, r: document.referrer, ...(t && { t }) });
    look();
    send();
  };
  const follow = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !/^http/.test(link.protocol) || event.button > 1) return;
    const isFile = link.hasAttribute("download") || FILE.test(link.pathname);
    if (isFile || link.host !== location.host) tell(isFile ? "d" : "l", { u: link.origin + link.pathname });
    send();
  };
  const fail = (m) => { if (errors++ < 5) tell("e", { m: String(m).slice(0, 300) }); };

  const begin = () => {
    view(Math.round(performance.now()));
    const push = history.pushState;
    history.pushState = function (...given) { push.apply(this, given); view(); };
    addEventListener("popstate", () => view());
    addEventListener("click", follow, true);
    addEventListener("auxclick", follow, true);
    addEventListener("input", ({ target: { form } }) => { if (form && !begun.has(form)) { begun.add(form); tell("b"); } }, true);
    addEventListener("submit", () => { tell("f"); send(); }, true);
    addEventListener("error", ({ message, filename, lineno }) => message && fail(`${message} ${filename}:${lineno}`));
    addEventListener("unhandledrejection", ({ reason }) => fail(reason?.message ?? reason));
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" ? leave() : look());
    addEventListener("pagehide", leave);
  };
  document.prerendering ? document.addEventListener("prerenderingchange", begin, { once: true }) : begin();
})();

// Checks the receipt of this page with the browser's own cryptography: spec/receipt.md, section 3.
// The page names the receipt, the log's key and its heads in `data-` attributes; the answer is written beside them.
"use strict";

const FIELDS = ["detail", "entry", "format", "leaf", "log", "origin", "salt", "share"];
const SHARE = ["index", "path", "size"], LOG = ["checkpoint", "index", "path", "size"];
const text = new TextEncoder();

class Invalid extends Error {}
class Undecided extends Error {}

const must = (holds, otherwise) => { if (!holds) throw new Invalid(otherwise); };
const same = (one, other) => one.length === other.length && one.every((each, at) => each === other[at]);
const has = (value, names) => must(value && same(Object.keys(value).sort(), names), "it has not the fields of a receipt");

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

async function hash(prefix, ...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(Uint8Array.of(...prefix), ...parts)));
}

function bytes(coded) {
  try {
    const found = atob(coded);
    if (btoa(found) === coded) return Uint8Array.from(found, (sign) => sign.charCodeAt(0));
  } catch { /* said below */ }
  throw new Invalid("a part of it is not in base64");
}

function inOrder(value) {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOrder(value[key])]));
}

function parsed(written, indent, what) {
  let value;
  try {
    value = JSON.parse(written);
  } catch {
    throw new Invalid(`${what} cannot be read`);
  }
  must(value !== null && typeof value === "object" && JSON.stringify(inOrder(value), null, indent) === written,
    `${what} is not spelled as it was issued`);
  return value;
}

// The root of a tree of `size` leaves, from one of its hashes and the path upwards (RFC 9162, 2.1.3.2).
async function root(start, index, size, path) {
  const isPlace = [index, size].every(Number.isSafeInteger) && index >= 0 && index < size && Array.isArray(path);
  must(isPlace, "its place is impossible");
  let here = index, last = size - 1, result = start;
  const half = () => { here = Math.floor(here / 2); last = Math.floor(last / 2); };
  for (const sibling of path.map(bytes)) {
    must(last > 0 && sibling.length === 32, "its path is too long");
    if (here % 2 || here === last) {
      result = await hash([1], sibling, result);
      while (here && here % 2 === 0) half();
    } else {
      result = await hash([1], result, sibling);
    }
    half();
  }
  must(last === 0, "its path is too short");
  return result;
}

// The root that a leaf commits to: its last 32 bytes (spec/ledger.md, section 1).
function rootOf(leaf) {
  const purpose = 39 + leaf[38], end = purpose + 1 + leaf[purpose];
  must(leaf[0] === 1 && leaf[1] >= 1 && leaf[1] <= 8 && leaf.length === end + 32, "its leaf has not the form of a leaf");
  return leaf.slice(end);
}

async function keyOf(vkey) {
  const [, name, id, coded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)\n?$/.exec(vkey) || [];
  must(name, "the log’s key cannot be read");
  const key = bytes(coded), held = (await hash([], text.encode(name + "\n"), key)).slice(0, 4);
  const hex = Array.from(held, (byte) => byte.toString(16).padStart(2, "0")).join("");
  must(key.length === 33 && key[0] === 1 && hex === id, "the log’s key cannot be read");
  return { name, id: held, key: key.slice(1) };
}

// Whether the key signed the note; null where this browser does not know Ed25519.
async function isSigned(signed, lines, key) {
  const own = lines.map((line) => {
    const [, name, coded] = /^\u2014 (\S+) (\S+)$/.exec(line) || [];
    must(name, "a signature under its head cannot be read");
    return { name, data: bytes(coded) };
  }).filter((each) => each.name === key.name && same(each.data.slice(0, 4), key.id));
  must(own.length, "its head is not signed with the log’s key");
  const usable = await crypto.subtle.importKey("raw", key.key, { name: "Ed25519" }, false, ["verify"]).catch(() => null);
  if (usable === null) return null;
  for (const each of own) {
    if (!await crypto.subtle.verify("Ed25519", usable, each.data.slice(4), text.encode(signed))) return false;
  }
  return true;
}

async function check(receipt, vkey, published) {
  const told = parsed(receipt.replace(/\n$/, ""), 1, "the receipt");
  has(told, FIELDS);
  has(told.share, SHARE);
  must(told.format === "troth-receipt/1", "it is of another format");
  must(parsed(told.detail, 0, "its detail").entry === told.entry, "its detail is of another entry");
  const leaf = bytes(told.leaf), salt = bytes(told.salt), { index, size: among, path } = told.share;
  const committed = await root(await hash([2], salt, text.encode(told.detail)), index, among, path);
  must(salt.length === 32 && same(committed, rootOf(leaf)), "the entry does not commit to this detail");
  if (told.log === null) throw new Undecided("The log has not taken this entry in yet. Reload this page in a moment.");
  has(told.log, LOG);
  const gap = told.log.checkpoint.lastIndexOf("\n\n") + 1, head = told.log.checkpoint.slice(0, gap);
  const lines = told.log.checkpoint.slice(gap + 1).split("\n"), [origin, size, top, end, ...more] = head.split("\n");
  must(gap && lines.pop() === "" && lines.length && end === "" && !more.length, "its head cannot be read");
  const key = await keyOf(vkey);
  const isItsOwn = told.origin === origin && origin === key.name && size === String(told.log.size);
  must(isItsOwn, "its head is of another log or size");
  const reached = await root(await hash([0], leaf), told.log.index, told.log.size, told.log.path);
  must(same(reached, bytes(top)), "the log does not commit to this entry");
  const signed = await isSigned(head, lines, key);
  must(signed !== false, "the signature under its head is wrong");
  must((await published(told.log.size)).startsWith(head + "\n"), "its head is not the one we publish for everybody");
  const signature = signed ? "is signed with the log’s key and" : "(this browser cannot check the signature under it)";
  return "Valid: your own browser checked it. The entry commits to exactly this detail, the log to this entry at place "
    + `${told.log.index} of ${told.log.size}, and the head that says so ${signature} is the one everybody gets.`;
}

async function fetched(address) {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Undecided("The receipt, the log’s key or its head could not be fetched: nothing was checked.");
  return answer.text();
}

async function run(place) {
  const say = (words, state) => { place.textContent = words; place.className = `notice ${state}`; };
  const { receipt, vkey, heads } = place.dataset;
  say("Your browser is checking this receipt …", "");
  try {
    say(await check(await fetched(receipt), await fetched(vkey), (size) => fetched(heads + size)), "notice-kept");
  } catch (error) {
    if (error instanceof Invalid) say(`Invalid: ${error.message}. Keep the file and write to us.`, "notice-broken");
    else say(error instanceof Undecided ? error.message : "This browser could not check the receipt.", "");
  }
}

document.querySelectorAll("[data-receipt]").forEach(run);

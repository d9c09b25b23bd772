// Signing in, asking the service, and going from one section to another. The tokens are held by this page alone: closing
// or reloading it forgets them.

import { button, card, el, field, form } from "/console/assets/parts.js";
import { payment, receiver, reviews, rules, service } from "/console/assets/views.js";

const SECTIONS = { Reviews: reviews, Payment: payment, Receiver: receiver, "Rules and lists": rules, Model: service };
const main = document.getElementById("main");
const nav = document.getElementById("nav");
const leave = document.getElementById("leave");
const notice = document.getElementById("notice");
let token = null;
let successor = null; // what an access token that is over is exchanged for another with
let turn = 0;

export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function send(method, path, body) {
  const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { "content-type": "application/json" } : {}) };
  try {
    return await fetch(path, { method, headers, body: body ? JSON.stringify(body) : undefined, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch {
    throw new Refusal(0, "The service does not answer.");
  }
}

// Another access token in the place of one that is over, which it is after a quarter of an hour.
async function renew() {
  const answer = await send("POST", "/token/refresh", { refresh_token: successor });
  if (!answer.ok) return false;
  ({ access_token: token, refresh_token: successor } = await answer.json());
  return true;
}

export async function ask(method, path, body) {
  let answer = await send(method, path, body);
  if (answer.status === 401 && successor !== null && (await renew())) answer = await send(method, path, body);
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const fields = (told.errors ?? []).map((each) => `${each.field}: ${each.code}`).join(", ");
  throw new Refusal(answer.status, [told.detail ?? told.title ?? `Status ${answer.status}`, fields].filter(Boolean).join(" "));
}

export function tell(text, bad = false) {
  notice.textContent = text;
  notice.className = bad ? "bad" : "";
}

// Runs what a click asks for; what is refused is told, and an ended sign-in leads back to the door.
export async function attempt(act) {
  tell("");
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401 && token !== null) door();
    tell(error.message, true);
  }
}

export async function show(section, ...given) {
  const mine = ++turn;
  for (const each of nav.children) each.setAttribute("aria-current", each.textContent === section ? "page" : "false");
  await attempt(async () => {
    const made = await SECTIONS[section](...given);
    if (mine !== turn) return; // somebody clicked on meanwhile
    main.replaceChildren(...made);
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
}

async function enter(given, renewal = null) {
  [token, successor] = [given, renewal];
  try {
    await ask("GET", "/admin/service");
  } catch (error) {
    token = successor = null;
    const known = { 401: "This opens nothing.", 403: "This is no analyst, and no key that reads." }[error.status];
    throw known ? new Refusal(error.status, known) : error;
  }
  nav.replaceChildren(...Object.keys(SECTIONS).map((name) => button(name, () => show(name))));
  leave.hidden = false;
  main.replaceChildren();
  await show("Reviews");
}

async function byPhone(asked) {
  const answer = await ask("POST", "/login", asked);
  if (answer.challenge_id === undefined) return enter(answer.access_token, answer.refresh_token);
  const { challenge_id, expires_in } = answer;
  const code = field("otp", "The code that the phone got", { inputmode: "numeric", maxlength: 6, pattern: "[0-9]{6}", autocomplete: "one-time-code" });
  const proven = ({ otp }) => attempt(() => byPhone({ phone: asked.phone, challenge_id, otp }));
  const anew = el("div", { class: "row" }, button("Another code", () => attempt(() => byPhone({ phone: asked.phone }))), button("Another phone", door));
  const until = el("p", { class: "quiet" }, `It is good for ${Math.round(expires_in / 60)} minutes and five tries.`);
  main.replaceChildren(card("Sign in", until, form([code], "Sign in", proven), anew));
  code.querySelector("input").focus();
}

function door() {
  token = successor = null;
  turn += 1;
  nav.replaceChildren();
  leave.hidden = true;
  const phone = form([field("phone", "Phone of an analyst", { inputmode: "tel" })], "Sign in", (given) => attempt(() => byPhone(given)));
  const key = form([field("key", "Key of a service that reads and reviews", { type: "password" })], "Use the key", (given) => attempt(() => enter(given.key)));
  main.replaceChildren(el("div", { class: "columns" }, card("Sign in", phone), card("Or with a key", key)));
}

leave.addEventListener("click", () => {
  const ended = token.startsWith("upk_") ? Promise.resolve() : ask("POST", "/logout");
  ended.catch(() => {}).finally(door);
});
door();

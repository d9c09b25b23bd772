// Signing in, asking the service, and going from one section to another. The token is held by this page alone: closing
// or reloading it forgets it.

import { button, card, el, field, form } from "/console/assets/parts.js";
import { payment, receiver, reviews, rules, service } from "/console/assets/views.js";

const SECTIONS = { Reviews: reviews, Payment: payment, Receiver: receiver, "Rules and lists": rules, Model: service };
const main = document.getElementById("main");
const nav = document.getElementById("nav");
const leave = document.getElementById("leave");
const notice = document.getElementById("notice");
let token = null;
let refresh = null;
let turn = 0;

export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// Asks the service. An access token that has expired is exchanged once, so that an analyst is not sent out in the midst of a note.
export async function ask(method, path, body) {
  try {
    return await once(method, path, body);
  } catch (error) {
    if (error.status !== 401 || refresh === null) throw error;
    const given = refresh;
    refresh = null;
    const renewed = await once("POST", "/token/refresh", { refresh_token: given });
    [token, refresh] = [renewed.access_token, renewed.refresh_token];
    return once(method, path, body);
  }
}

async function once(method, path, body) {
  const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { "content-type": "application/json" } : {}) };
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body ? JSON.stringify(body) : undefined, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch {
    throw new Refusal(0, "The service does not answer: try again in a moment.");
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const fields = (told.errors ?? []).map((each) => `${each.field}: ${each.code}`).join(", ");
  throw new Refusal(answer.status, [told.detail ?? told.title ?? `Status ${answer.status}`, fields].filter(Boolean).join(" "));
}

// Says of a refusal with this status what it means here.
export const named = (status, text) => (error) => {
  throw error.status === status ? new Refusal(status, text) : error;
};

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
    const ended = error.status === 401 && token !== null;
    if (ended) door();
    tell(ended ? "The sign-in has ended: sign in again." : error.message, true);
  }
}

export async function show(section, ...given) {
  const mine = ++turn;
  main.setAttribute("aria-busy", "true");
  await attempt(async () => {
    const made = await SECTIONS[section](...given);
    if (mine !== turn) return; // somebody clicked on meanwhile
    for (const each of nav.children) each.setAttribute("aria-current", each.textContent === section ? "page" : "false");
    main.replaceChildren(...made);
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
  if (mine === turn) main.removeAttribute("aria-busy");
}

const UNWELCOME = {
  401: "This key opens nothing: upi-risk keys list tells which ones there are.",
  403: "Nobody made this user an analyst (upi-risk users role PHONE analyst), or the key does not read (upi-risk keys create LABEL --scope read --scope review).",
};

async function enter(given, renewing = null) {
  [token, refresh] = [given, renewing];
  try {
    await ask("GET", "/admin/service");
  } catch (error) {
    token = refresh = null;
    throw UNWELCOME[error.status] ? new Refusal(error.status, UNWELCOME[error.status]) : error;
  }
  nav.replaceChildren(...Object.keys(SECTIONS).map((name) => button(name, () => show(name))));
  leave.hidden = false;
  main.replaceChildren();
  await show("Reviews");
}

async function byPhone(asked) {
  const answer = await ask("POST", "/login", asked).catch(named(404, "Nobody has signed up with this phone."));
  if (answer.challenge_id === undefined) return enter(answer.access_token, answer.refresh_token);
  const { challenge_id, expires_in } = answer;
  const code = field("otp", "The code that the phone got", { inputmode: "numeric", maxlength: 6, pattern: "[0-9]{6}", autocomplete: "one-time-code" });
  const send = ({ otp }) => attempt(() => byPhone({ phone: asked.phone, challenge_id, otp }));
  const anew = el("div", { class: "row" }, button("Another code", () => attempt(() => byPhone({ phone: asked.phone }))), button("Another phone", door));
  const until = el("p", { class: "quiet" }, `It is good for ${Math.round(expires_in / 60)} minutes and five tries.`);
  main.replaceChildren(card("Sign in", until, form([code], "Sign in", send), anew));
  document.getElementById("field-otp").focus();
}

function door() {
  token = refresh = null;
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

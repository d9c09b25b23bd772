// What pages are made of. Text goes in as text alone: nothing here, or anywhere in the console, makes markup of a string.

export function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

export function table(heads, rows) {
  const body = rows.map((cells) => el("tr", null, ...cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : el("td", null, cell)))));
  const kinds = heads.map((_, place) => (rows[0]?.[place] instanceof HTMLTableCellElement ? rows[0][place].className : ""));
  const head = el("tr", null, ...heads.map((text, place) => el("th", { scope: "col", class: kinds[place] }, text)));
  const width = heads.length < 4 ? "narrow" : "";
  return el("div", { class: "scroll" }, el("table", { class: width }, el("thead", null, head), el("tbody", null, ...body)));
}

export const number = (value) => el("td", { class: "number" }, value);
export const rupees = (amount) => amount.toLocaleString("en-IN", { style: "currency", currency: "INR" });
export const instant = (text) => (text === null ? "" : new Date(text).toLocaleString("en-IN", { timeZone: "Asia/Kolkata", dateStyle: "medium", timeStyle: "medium" }));
export const list = (texts) => el("ul", null, ...texts.map((text) => el("li", null, text)));
export const mark = (word) => el("span", { class: `mark ${/^[A-Za-z]+$/.test(word) ? word : ""}` }, word);
export const facts = (pairs) => el("dl", null, ...pairs.flatMap(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
export const card = (title, ...children) => el("section", { class: "card" }, el("h2", null, title), ...children);
export const button = (text, act, more) => el("button", { type: "button", on: { click: act }, ...more }, text);

// A form that never leaves the page: `send` gets its fields by name.
export function form(fields, action, send) {
  const submit = (event) => {
    event.preventDefault();
    send(Object.fromEntries(new FormData(event.target)));
  };
  return el("form", { on: { submit } }, ...fields, el("div", { class: "row" }, el("button", { type: "submit" }, action)));
}

export function field(name, label, more) {
  return el("div", null, el("label", { for: `field-${name}` }, label), el("input", { id: `field-${name}`, name, autocomplete: "off", required: true, ...more }));
}

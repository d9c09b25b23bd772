// The sections. Each returns the nodes that it consists of.

import { ask, attempt, named, show, tell } from "/console/assets/console.js";
import { button, card, el, facts, field, form, instant, list, mark, number, rupees, table } from "/console/assets/parts.js";

const PAGE = 25;

export async function reviews(cursor = "") {
  const page = await ask("GET", `/reviews?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
  if (page.cases.length === 0) return [card("Payments to review", el("p", null, "There is nothing to review."))];
  const rows = page.cases.map((each) => [
    instant(each.created_at), el("code", null, each.user_id), each.receiver_upi, number(rupees(each.amount)), mark(each.decision),
    number(each.risk_score_numeric.toFixed(4)), list(each.factors), button("Open", () => show("Payment", each.transaction_id)),
  ]);
  const heads = ["Checked", "Payer", "Receiver", "Amount", "Decision", "Score", "Because", ""];
  const more = page.next_cursor && el("div", { class: "row" }, button("Older ones", () => show("Reviews", page.next_cursor)));
  return [card("Payments to review", table(heads, rows), more)];
}

export async function payment(id = "") {
  const search = card("A payment", form([field("id", "Its id", { value: id, maxlength: 64 })], "Look up", (given) => show("Payment", given.id.trim())));
  if (!id) return [search];
  const found = await ask("GET", `/admin/transactions/${encodeURIComponent(id)}`).catch(named(404, "No payment has this id."));
  const said = card("What was answered", facts([
    ["Checked", instant(found.created_at)], ["Amount", rupees(found.amount)], ["Receiver", found.receiver_upi],
    ["Decision", mark(found.decision)], ["Level", mark(found.risk_level)], ["Score", found.risk_score_numeric.toFixed(4)],
    ["Confidence", found.confidence.toFixed(2)],
    ["Probability of fraud", found.probability === null ? "not computed" : found.probability.toFixed(5)],
    ["Model and policy", `${found.model_version}, ${found.policy_version}`],
    ["Outcome", found.status], ["Settled", instant(found.settled_at) || "no"], ["Reported", instant(found.reported_at) || "no"],
  ]), el("h3", null, "Because"), list(found.factor_details.map((each) => `${each.text} (${each.code})`)));
  const payer = card("Its payer", facts([
    ["User", el("code", null, found.payer.user_id)], ["Name", found.payer.name], ["Phone", found.payer.phone],
    ["Signed up", instant(found.payer.created_at)], ["Trust", found.payer.trust_score], ["Payments", found.payer.transaction_count],
  ]));
  const numbers = Object.entries(found.features).map(([name, value]) => [el("code", null, name), number(String(Number(value.toPrecision(6))))]);
  return [
    search, el("div", { class: "columns" }, said, el("div", null, payer, found.review ? reviewed(found.review) : judging(found.transaction_id))),
    card("What the model saw", table(["Feature", "Value"], numbers)),
  ];
}

function reviewed(review) {
  return card("Review", facts([["Found", mark(review.verdict)], ["By", review.reviewer], ["At", instant(review.reviewed_at)], ["Note", review.note]]));
}

function judging(id) {
  const note = el("textarea", { id: "note", maxlength: 500 });
  const choices = [["Genuine", "genuine", "good"], ["Fraud", "fraud", "bad"]].map(([text, verdict, kind]) =>
    button(text, (event) => {
      for (const each of event.target.parentElement.children) each.disabled = true;
      attempt(async () => {
        await ask("POST", `/reviews/${encodeURIComponent(id)}`, { verdict, note: note.value });
        await show("Payment", id);
        tell(`Kept: ${verdict}.`);
      }).finally(() => {
        for (const each of choices) each.disabled = false;
      });
    }, { class: kind }));
  return card("What was it?", el("label", { for: "note" }, "Why (no personal data)"), note, el("div", { class: "row" }, ...choices));
}

export async function receiver(given = "") {
  const search = card("A receiver", form([field("upi", "Its UPI id", { value: given, maxlength: 255 })], "Look up", (asked) => show("Receiver", asked.upi.trim())));
  if (!given) return [search];
  const found = await ask("POST", "/admin/receivers", { receiver_upi: given });
  return [search, card("What is known of it", facts([
    ["Receiver", found.receiver_upi], ["Ever paid or reported", found.known ? "yes" : "no"], ["Reputation (0 to 1)", found.reputation],
    ["Payers", found.payer_count], ["Fraud reports", found.report_count],
  ]))];
}

export async function rules() {
  const found = await ask("GET", "/admin/rules");
  const rows = found.rules.map((each) => [el("code", null, each.code), each.text, mark(each.decision), each.hard ? "yes" : "no", each.when]);
  const entries = found.entries.map((each) => [each.side, each.kind, el("code", null, each.subject), each.reason, each.author, instant(each.added_at), instant(each.expires_at) || "never"]);
  return [
    card(`Rules in force, version ${found.version ?? "unknown"}`, table(["Code", "The payer reads", "Decision", "Hard", "When"], rows)),
    card(`Lists: ${found.entry_count} in force`, entries.length === 0 ? el("p", null, "Nobody is on a list: upi-risk lists add puts somebody there.") : table(["List", "Of", "Subject", "Reason", "Author", "Added", "Ends"], entries)),
  ];
}

export async function service() {
  const found = await ask("GET", "/admin/service");
  const rows = found.figures.map((each) => [each.name.replaceAll("_", " "), each.label, number(each.value.toPrecision(4))]);
  return [
    card("In service", facts([["Model", found.model_version], ["Features", found.feature_set], ["Rules", found.rules_version ?? "unknown"]])),
    card("Live quality and drift", ...(found.figures_at === null
      ? [el("p", null, "Nobody has taken the figures yet: upi-risk worker does, once a day.")]
      : [el("p", { class: "quiet" }, `Of matured payments; taken ${instant(found.figures_at)}.`), table(["Figure", "Of", "Value"], rows)])),
  ];
}

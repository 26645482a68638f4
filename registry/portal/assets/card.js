// The card panel: finds the agent and the card, takes the PIN, and fills the hidden
// fields of the form around it. All words are the page's or the agent's.
"use strict";
for (const panel of document.querySelectorAll("[data-card]")) {
  const find = (selector) => panel.querySelector(selector);
  const form = panel.closest("form");
  const pin = find("[data-pin]"), load = find("[data-card-load]"), entry = find("[data-card-entry]");
  const choice = find("[data-card-choice]"), slot = find("[data-card-slot]"), reader = find("[data-card-reader]");
  const last = find("[data-card-last]"), lastBox = last.querySelector("input");
  const trouble = find("[data-card-error]"), words = find("[data-card-words]"), untrusted = find("[data-card-untrusted]");
  const tongue = document.documentElement.lang === "en" ? "en" : "zh";
  const agent = new CardAgent(panel.dataset.port);
  let loading = false, done = false;
  let chosen = ""; // by the visitor, among several cards

  function show(state) {
    if (panel.dataset.state === state) return;
    panel.dataset.state = state;
    for (const part of panel.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
    entry.hidden = state !== "ready";
  }

  // say tells an error: in the site's words, else the agent's, else the page's.
  function say(error) {
    trouble.hidden = !error;
    if (!error) return;
    const code = error.code || "OTHER";
    const own = words.querySelector('[data-code="' + CSS.escape(code) + '"]') || words.querySelector('[data-code="OTHER"]');
    trouble.lastElementChild.textContent = error.text || error[tongue] || own.textContent;
    last.hidden = code !== "LAST_TRY";
    lastBox.checked = false;
    if (code !== "REFUSED") ({ LAST_TRY: lastBox, UNCHOSEN: slot }[code] || pin).focus();
  }

  // look asks again and again, until a card was read.
  async function look() {
    if (done) return;
    if (!loading) {
      try {
        const cards = await agent.list();
        if (!loading && !done) offer(cards);
      } catch (error) {
        if (!loading && !done) lack(error);
      }
    }
    setTimeout(look, 2000);
  }

  function lack(error) {
    switch (error.code) {
      case "UNTRUSTED_SITE":
        if (error[tongue]) untrusted.textContent = error[tongue];
        return show("untrusted");
      case "NO_READER": return show("no-reader");
      case "NO_CARD": return show("no-card");
      case "BUSY": return; // another page's; it stays as it is
      case "ABSENT": case "GONE": return show("absent");
    }
    show("no-reader");
    say(error);
  }

  // offer shows the cards. Among several the visitor chooses: a PIN given to the wrong
  // card costs one of its tries.
  function offer(cards) {
    const offered = JSON.stringify(cards);
    if (slot.dataset.offered !== offered) {
      slot.dataset.offered = offered;
      const options = cards.map((card) => new Option([card.label, card.reader].filter(Boolean).join(" – "), card.slot));
      if (cards.length > 1) options.unshift(new Option(slot.dataset.first, ""));
      slot.replaceChildren(...options);
      if (!cards.some((card) => card.slot === chosen)) chosen = "";
      if (cards.length > 1) slot.value = chosen;
      reader.textContent = cards.length === 1 ? slot.options[0].text : "";
    }
    choice.hidden = cards.length === 1;
    show("ready");
  }

  async function read() {
    if (!slot.value) return say({ code: "UNCHOSEN" });
    const typed = pin.value, lastTry = !last.hidden && lastBox.checked;
    pin.value = "";
    say(null);
    if (!typed) return say({ code: "PIN_EMPTY" });
    loading = true;
    show("busy");
    try {
      const proof = await agent.sign(slot.value, typed, panel.dataset.purpose, panel.dataset.nonce, lastTry);
      form.elements.card_certificate.value = proof.certificate;
      form.elements.card_signature.value = proof.signature;
      form.elements.card_nonce.value = panel.dataset.nonce;
      if (panel.dataset.check && !await check()) return;
      done = true;
      last.hidden = true;
      show("done");
      form.dispatchEvent(new CustomEvent("card-read", { bubbles: true }));
    } catch (error) {
      show("ready");
      say(error);
    } finally {
      loading = false;
    }
  }

  // check asks the site at once whether the signature is good; false means that it
  // leads elsewhere.
  async function check() {
    const body = new FormData();
    for (const name of ["csrf", "card_certificate", "card_signature", "card_nonce"]) body.append(name, form.elements[name].value);
    const response = await fetch(panel.dataset.check, { method: "POST", body, headers: { Accept: "application/json" } });
    const answer = await response.json().catch(() => ({}));
    if (answer.next) {
      location.assign(answer.next);
      return false;
    }
    if (answer.nonce) panel.dataset.nonce = answer.nonce;
    if (!answer.ok) throw CardAgent.error({ code: "REFUSED", text: answer.text });
    if (answer.text) find("[data-card-done]").textContent = answer.text;
    return true;
  }

  slot.addEventListener("change", () => { chosen = slot.value; });
  load.addEventListener("click", read);
  // Enter in the PIN reads the card. It mustn't send the form, and the panel must stay
  // as it is until the key is up: what is hidden earlier passes the key on.
  let entered = false;
  for (const kind of ["keydown", "keypress"]) pin.addEventListener(kind, (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    entered = true;
  });
  pin.addEventListener("keyup", (event) => {
    if (event.key === "Enter" && entered) read();
    entered = false;
  });
  // Nothing that was typed stays in a page that is left and come back to.
  addEventListener("pagehide", () => { pin.value = ""; });
  look();
}

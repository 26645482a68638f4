// The card panel: finds the agent and the card, takes the PIN, and fills the hidden
// fields of the form around it. All words are the page's.
"use strict";
for (const panel of document.querySelectorAll("[data-card]")) {
  const find = (selector) => panel.querySelector(selector);
  const form = panel.closest("form");
  const pin = find("[data-pin]"), load = find("[data-card-load]"), entry = find("[data-card-entry]");
  const choice = find("[data-card-choice]"), slot = find("[data-card-slot]"), reader = find("[data-card-reader]");
  const trouble = find("[data-card-error]"), words = find("[data-card-words]");
  const agent = new CardAgent(panel.dataset.port);
  let loading = false, done = false;

  function show(state) {
    if (panel.dataset.state === state) return;
    panel.dataset.state = state;
    for (const part of panel.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
    entry.hidden = state !== "ready";
  }

  function say(code, tries, text) {
    trouble.hidden = !code;
    if (!code) return;
    if (code === "PIN_WRONG" && tries === 1) code = "PIN_LAST_TRY";
    else if (code === "PIN_WRONG" && tries > 1) code = "PIN_WRONG_TRIES";
    const word = words.querySelector('[data-code="' + CSS.escape(code) + '"]') || words.querySelector('[data-code="OTHER"]');
    trouble.lastElementChild.textContent = text || word.textContent.replace("{tries}", tries);
    if (code.startsWith("PIN")) pin.focus();
  }

  // look asks again and again, until a card was read.
  async function look() {
    if (done) return;
    if (!loading) {
      try {
        await agent.hello();
        const { readers, cards } = await agent.list();
        if (!loading && !done) offer(readers, cards);
      } catch (error) {
        if (!loading) show(error.code === "UNTRUSTED" ? "untrusted" : "absent");
      }
    }
    setTimeout(look, 2000);
  }

  function offer(readers, cards) {
    if (cards.length === 0) return show(readers === 0 ? "no-reader" : "no-card");
    const chosen = slot.value;
    const offered = cards.map((card) => card.slot + "\n" + card.reader + "\n" + card.label).join("\n");
    if (slot.dataset.offered !== offered) {
      slot.dataset.offered = offered;
      slot.replaceChildren(...cards.map((card) => new Option([card.label, card.reader].filter(Boolean).join(" – "), card.slot)));
      if (cards.some((card) => String(card.slot) === chosen)) slot.value = chosen;
      reader.textContent = cards.length === 1 ? slot.options[0].text : "";
    }
    choice.hidden = cards.length === 1;
    show("ready");
  }

  async function read() {
    const entered = pin.value;
    pin.value = "";
    say("");
    if (!entered) return say("PIN_EMPTY");
    const chosen = slot.options[slot.selectedIndex].value;
    loading = true;
    show("busy");
    try {
      const number = /^\d+$/.test(chosen) ? Number(chosen) : chosen;
      const certificate = await agent.certificate(number);
      const signature = await agent.sign(number, entered, panel.dataset.purpose, panel.dataset.nonce);
      form.elements.card_certificate.value = certificate;
      form.elements.card_signature.value = signature;
      form.elements.card_nonce.value = panel.dataset.nonce;
      if (panel.dataset.check) await check();
      done = true;
      show("done");
      form.dispatchEvent(new CustomEvent("card-read", { bubbles: true }));
    } catch (error) {
      show("ready");
      say(error.code || "OTHER", error.tries, error.text);
    } finally {
      loading = false;
    }
  }

  // check asks the site at once whether the signature is good.
  async function check() {
    const body = new FormData();
    for (const name of ["csrf", "card_certificate", "card_signature", "card_nonce"]) body.append(name, form.elements[name].value);
    const response = await fetch(panel.dataset.check, { method: "POST", body, headers: { Accept: "application/json" } });
    const answer = await response.json().catch(() => ({}));
    if (answer.next) return location.assign(answer.next);
    if (answer.nonce) panel.dataset.nonce = answer.nonce;
    if (!answer.ok) {
      const error = CardAgent.error("REFUSED");
      error.text = answer.text;
      throw error;
    }
    if (answer.text) find("[data-card-done]").textContent = answer.text;
  }

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

// The card agent on the visitor's machine, over a WebSocket on loopback: version 1 of
// its protocol (cmd/cardagent/PROTOCOL.md). This file is the only one that knows it.
//
//   const agent = new CardAgent(port)
//   await agent.hello()                                    -> { agent, protocol, purposes }
//   await agent.list()                                     -> [{ slot, reader, label, tries }], those with a card
//   await agent.certificate(slot)                          -> base64 of the signing certificate's DER
//   await agent.sign(slot, pin, purpose, nonce, lastTry)   -> { certificate, signature }, both base64
//
// Each rejects with an Error that has the agent's code, its words in zh and en, and
// wait (seconds) where there is one. Two codes are this file's own and have no words:
// ABSENT (nobody listens) and GONE (the agent hung up).
"use strict";
class CardAgent {
  constructor(port) {
    this.url = "ws://127.0.0.1:" + port + "/";
    this.waiting = new Map();
    this.next = 1;
  }

  static error(fault) { return Object.assign(new Error(fault.code), fault); }

  connect() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return this.opening;
    return this.opening = new Promise((resolve, reject) => {
      const socket = this.socket = new WebSocket(this.url, "turnkey-card.v1");
      let opened = false, refusal = null;
      socket.onopen = () => { opened = true; resolve(); };
      socket.onmessage = (event) => {
        let answer;
        try { answer = JSON.parse(event.data); } catch { return; }
        if (answer.id === 0 && answer.error) refusal = answer.error;
        const call = this.waiting.get(answer.id);
        if (!call) return;
        this.waiting.delete(answer.id);
        if (answer.error) call.reject(CardAgent.error(answer.error));
        else call.resolve(answer.ok);
      };
      socket.onclose = () => {
        if (!opened) reject(CardAgent.error({ code: "ABSENT" }));
        for (const call of this.waiting.values()) call.reject(CardAgent.error(refusal || { code: "GONE" }));
        this.waiting.clear();
      };
    });
  }

  async ask(what, members) {
    await this.connect();
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) return reject(CardAgent.error({ code: "GONE" }));
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, ask: what, ...members }));
    });
  }

  hello() { return this.ask("hello"); }

  async list() {
    const { readers } = await this.ask("list");
    return readers.filter((r) => r.card).map((r) => ({ slot: r.slot, reader: r.reader, label: r.card.label, tries: r.card.tries }));
  }

  async certificate(slot) { return (await this.ask("certificate", { slot })).der; }

  async sign(slot, pin, purpose, nonce, lastTry) {
    const proof = await this.ask("sign", { slot, purpose, nonce, pin, last_try: lastTry });
    return { certificate: proof.certificate.der, signature: proof.signature };
  }
}

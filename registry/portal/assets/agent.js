// The card agent on the visitor's machine, over a WebSocket on loopback. This file is
// the only one that knows its protocol.
//
//   const agent = new CardAgent(port)
//   await agent.hello()                            -> { version }
//   await agent.list()                             -> { readers, cards: [{ slot, reader, label }] }
//   await agent.certificate(slot)                  -> base64 of the signing certificate's DER
//   await agent.sign(slot, pin, purpose, nonce)    -> base64 of the signature
//
// Each rejects with an Error whose code is one of: ABSENT (nobody listens), UNTRUSTED
// (the agent doesn't allow this site), GONE (it hung up), PIN_WRONG (tries may say how
// many are left), PIN_LOCKED, NO_CERTIFICATE, CARD_REMOVED, OTHER.
"use strict";
class CardAgent {
  constructor(port) {
    this.url = "ws://127.0.0.1:" + port + "/";
    this.socket = null;
    this.waiting = new Map();
    this.next = 1;
  }

  static error(code, tries) {
    const error = new Error(code);
    error.code = code;
    error.tries = tries;
    return error;
  }

  connect() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return this.opening;
    this.opening = new Promise((resolve, reject) => {
      let opened = false;
      const socket = this.socket = new WebSocket(this.url);
      socket.onopen = () => { opened = true; resolve(); };
      socket.onclose = (event) => {
        if (!opened) reject(CardAgent.error("ABSENT"));
        for (const call of this.waiting.values()) call.reject(CardAgent.error(event.code === 4403 ? "UNTRUSTED" : "GONE"));
        this.waiting.clear();
      };
      socket.onmessage = (event) => this.receive(event.data);
    });
    return this.opening;
  }

  receive(text) {
    let answer;
    try { answer = JSON.parse(text); } catch { return; }
    const call = this.waiting.get(answer.id);
    if (!call) return;
    this.waiting.delete(answer.id);
    if (answer.error) call.reject(CardAgent.error(answer.error.code, answer.error.tries));
    else call.resolve(answer.result);
  }

  async call(method, params) {
    await this.connect();
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  hello() { return this.call("hello", {}); }
  list() { return this.call("list", {}); }
  async certificate(slot) { return (await this.call("certificate", { slot })).certificate; }
  async sign(slot, pin, purpose, nonce) { return (await this.call("sign", { slot, pin, purpose, nonce })).signature; }
}

// Step 3 of 憑證帳號註冊: fills in the account's name, and asks whether an identifier is
// registered without leaving the page. Without it the server does both.
"use strict";
for (const part of document.querySelectorAll("[data-exists]")) {
  const form = part.closest("form"), identifier = form.elements.identifier;
  const button = part.querySelector("button"), said = part.querySelector("[data-exists-answer]");

  const named = form.elements.birth ? form.elements.email : identifier; // persons by e-mail
  named.addEventListener("input", () => { form.elements.account.value = named.value.trim().toLowerCase(); });
  identifier.addEventListener("input", () => { said.textContent = ""; });

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const body = new FormData();
    for (const name of ["csrf", "identifier"]) body.append(name, form.elements[name].value);
    body.append("go", "exists");
    button.disabled = true;
    try {
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const answer = await response.json();
      said.textContent = answer.text;
      said.dataset.good = answer.ok;
    } catch {
      button.disabled = false;
      form.requestSubmit(button); // the page that comes says why
    } finally {
      button.disabled = false;
    }
  });
}

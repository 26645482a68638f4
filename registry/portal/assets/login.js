// 憑證登入 goes on by itself once the card was read.
"use strict";
for (const form of document.querySelectorAll("[data-login]")) {
  const go = form.querySelector("[data-login-go]");
  go.hidden = true; // of no use before
  form.addEventListener("card-read", () => {
    go.hidden = false;
    form.requestSubmit();
  });
}

// What makes pages nicer, and what they work without.
"use strict";
document.documentElement.classList.add("scripted");

// A form that was refused: go to what is wrong.
const focused = document.querySelector("[data-focus]");
if (focused) focused.focus();

// Show a chosen file by name, and where it may be dropped.
for (const drop of document.querySelectorAll("[data-drop]")) {
  const input = drop.querySelector("input[type=file]"), name = drop.querySelector("[data-drop-name]");
  const words = name.textContent;
  const show = () => {
    drop.classList.toggle("drop-chosen", input.files.length > 0);
    name.textContent = input.files.length > 0 ? input.files[0].name : words;
  };
  input.addEventListener("change", show);
  input.addEventListener("dragenter", () => drop.classList.add("drop-over"));
  for (const event of ["dragleave", "drop"]) input.addEventListener(event, () => drop.classList.remove("drop-over"));
  show();
}

// Parts of a form that one choice asks for: data-shown-by="name" data-shown-for="a b".
for (const part of document.querySelectorAll("[data-shown-by]")) {
  const form = part.closest("form");
  const update = () => {
    const chosen = form.elements[part.dataset.shownBy];
    const shown = part.dataset.shownFor.split(" ").includes(chosen ? chosen.value : "");
    part.hidden = !shown;
    for (const input of part.querySelectorAll("input, select, textarea")) input.disabled = !shown;
  };
  form.addEventListener("change", update);
  update();
}

// A form is sent once, however often the button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
}

// Long tables and manuals are printed from a button where there is one.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Lets a file be dropped anywhere on the page of /verify. The forms work without it.
(() => {
  "use strict";
  const input = document.getElementById("file");
  const hint = document.getElementById("drop");
  const busy = document.getElementById("busy");
  if (!input || !hint || !busy) {
    return;
  }
  const holdsFile = (event) => event.dataTransfer !== null && event.dataTransfer.types.includes("Files");
  const show = (isOver) => document.documentElement.classList.toggle("dropping", isOver);

  hint.hidden = false;
  document.addEventListener("dragover", (event) => {
    if (holdsFile(event)) {
      event.preventDefault();
      show(true);
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) {
      show(false);
    }
  });
  document.addEventListener("drop", (event) => {
    show(false);
    if (!holdsFile(event)) {
      return;
    }
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files;
      input.form.requestSubmit();
    }
  });
  for (const form of document.forms) {
    form.addEventListener("submit", () => {
      busy.textContent = form.dataset.busy;
    });
  }
  // Back from the answer: the page may be the old one.
  window.addEventListener("pageshow", () => {
    busy.textContent = "";
  });
})();

/* A button to copy a text, where the browser lets a page copy. Without it the text is selected by hand. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const text of navigator.clipboard ? document.querySelectorAll("[data-mcp-copy]") : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button mcp-copy";
    button.textContent = text.dataset.mcpCopy;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = text.dataset.mcpCopied;
      setTimeout(() => { button.textContent = text.dataset.mcpCopy; }, 2000);
    });
    text.before(button);
  }
});

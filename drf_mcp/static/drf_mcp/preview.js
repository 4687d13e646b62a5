/* Lets the preview of a prompt follow what is typed: the form as it stands is sent to the page that the button opens,
   and the parts of the answer take the places of those that are here. Without this the button does. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const preview = document.querySelector("[data-mcp-preview]");
  const form = preview?.closest("form");
  if (!form?.elements.template) return;
  const part = (root, name) => root.querySelector(`[data-mcp-part=${name}]`);
  const note = preview.querySelector("[data-mcp-follows]");
  note.textContent = note.dataset.mcpFollows;
  let timer, asked;

  const show = async () => {
    asked?.abort();
    asked = new AbortController();
    let answer;
    try {
      answer = await fetch(preview.dataset.mcpPreview, { method: "POST", body: new FormData(form), signal: asked.signal });
    } catch {
      return;
    }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const name of ["samples", "text"]) {
      const here = part(preview, name), there = part(page, name);
      // A field that is being typed in stays as it is.
      if (there && !here.contains(document.activeElement)) here.replaceChildren(...there.childNodes);
    }
  };

  const later = () => { clearTimeout(timer); timer = setTimeout(show, 300); };
  for (const event of ["input", "change", "formset:added", "formset:removed"]) form.addEventListener(event, later);
  if (document.querySelector(".errornote")) show();
});

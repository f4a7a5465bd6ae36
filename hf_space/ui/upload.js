(accepts) => {
  // Gradio offers any image to choose, and refuses files whose type the browser does not know, such
  // as a slide. The service itself says what it reads, and what to do with everything else.
  const accepted = ({ target }) =>
    Object.keys(accepts).find((name) => target.closest?.(`.${name}`));
  const isTyped = (file) => file.type.startsWith("image/");
  const typed = (files) => {
    const transfer = new DataTransfer();
    for (const file of files) {
      const type = isTyped(file) ? file.type : "image/unknown";
      transfer.items.add(new File([file], file.name, { type }));
    }
    return transfer;
  };
  const on = (name, act) => document.addEventListener(name, act, true);
  on("click", (event) => {
    if (event.target.type === "file" && accepted(event)) {
      event.target.accept = accepts[accepted(event)];
    }
  });
  on("change", ({ target }) => {
    if (target.type === "file" && target.closest(".bp-picture") && ![...target.files].every(isTyped)) {
      target.files = typed(target.files).files;
    }
  });
  on("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (event.target.closest?.(".bp-picture") && !files.every(isTyped)) {
      event.preventDefault();
      event.stopPropagation();
      const again = { bubbles: true, cancelable: true, dataTransfer: typed(files) };
      event.target.dispatchEvent(new DragEvent("drop", again));
    }
  });
}

// Lets a person choose with one key: a digit presses the button of #choices that bears it.
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const button = document.querySelector(`#choices [data-key="${CSS.escape(event.key)}"]`);
  if (button) button.click();
});

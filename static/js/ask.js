// ask: the question box: Enter sends.

// Enter sends, Shift+Enter makes a line, as people know it; not while an input method is composing.
export const enterSends = (form) => {
  const box = form.querySelector('textarea');
  box.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    if (box.value.trim() && !form.querySelector('button[type="submit"]').disabled) form.requestSubmit();
  });
};

for (const form of document.querySelectorAll('form.ask')) enterSends(form);

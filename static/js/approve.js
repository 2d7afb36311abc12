// approve: the button of an approval works once its whole text was on screen, and not within a blink of the page's coming.

const DELAY_MS = 800;

const form = document.querySelector('form.answer');
const approve = form.querySelector('button[value="approve"]');
const read = form.querySelector('input[name="read"]');
const said = document.createElement('p');
said.className = 'fine muted';
said.id = 'read-state';
said.setAttribute('role', 'status');
said.dataset.testid = 'read-state';

// The end of each text and table, and of the list above the buttons: all of them must have been seen.
const WHOLE = 'dl.facts dd:last-of-type, pre.whole, table.diff tbody tr:last-child, main > ul:last-of-type > li:last-child';
const ends = [...document.querySelectorAll(WHOLE)].map((of) => {
  if (of.tagName === 'TR') return of;
  const end = document.createElement('span');
  end.className = 'text-end';
  of.append(end);
  return end;
});
const unseen = new Set(ends);
let early = true;

const tell = () => {
  const ready = unseen.size === 0 && !early;
  approve.disabled = !ready;
  read.checked = ready;
  const [first] = unseen;
  const name = first?.closest('[aria-label]')?.getAttribute('aria-label');
  said.textContent = first ? `The button works once all of it was on the screen.${name ? ` Not seen to its end: ${name}.` : ''}` : '';
};

// Wide tables count once their right edge was reached as well.
const isWholeAcross = (el) => {
  const box = el.closest('.scroll');
  return !box || box.scrollLeft + box.clientWidth >= box.scrollWidth - 2;
};
const onScreen = new Set();
const settle = () => {
  for (const el of onScreen) if (isWholeAcross(el)) unseen.delete(el);
  tell();
};
const watcher = new IntersectionObserver((entries) => {
  for (const e of entries) {
    if (e.isIntersecting) onScreen.add(e.target);
    else onScreen.delete(e.target);
  }
  settle();
});

read.closest('.read').hidden = true;
read.required = false;
form.querySelector('.actions').after(said);
approve.setAttribute('aria-describedby', said.id);
for (const el of ends) watcher.observe(el);
for (const box of document.querySelectorAll('.scroll')) box.addEventListener('scroll', settle, { passive: true });
// A press that was meant for the page before must not land here.
setTimeout(() => { early = false; tell(); }, DELAY_MS);
form.addEventListener('submit', () => setTimeout(() => { for (const b of form.querySelectorAll('button')) b.disabled = true; }));
tell();

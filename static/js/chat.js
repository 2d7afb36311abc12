// chat: follows a running turn by server-sent events and swaps in the server's own markup at each step's end.
//
// The page stands without this file: it reloads every ten seconds while a turn runs. The markup always comes from the
// server (GET .../turn/<id>); this file writes text nodes alone, except for that one fragment, which goes through the
// Trusted Types policy "lyceum".

import { enterSends } from './ask.js';

const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15000];
const POLL_MS = 10000;
const REST_MS = 3000; // between looks at a turn that rests for a decision
const PACE_MS = { text: 60, call: 700, result: 700, note: 500, question: 700 }; // of a recording
const KINDS = ['state', 'text', 'reasoning', 'step', 'call', 'result', 'note', 'question', 'error', 'wait', 'done', 'rewind'];

const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy('lyceum', { createHTML: (html) => html })
  : { createHTML: (html) => html };

const say = (text) => {
  const region = document.querySelector('[data-say]');
  if (region && region.textContent !== text) region.textContent = text;
};

const nearBottom = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;

// Keeps the reader where they are: at the bottom if they were there, else where they scrolled to.
const keepingScroll = (change) => {
  const stick = nearBottom();
  change();
  if (stick) window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' });
};

class Turn {
  constructor(element) {
    this.element = element;
    this.id = element.dataset.turn;
    this.streamUrl = element.dataset.stream || element.dataset.log;
    this.rests = Boolean(element.dataset.rests); // for a decision that is made elsewhere
    this.fragmentUrl = element.dataset.fragment;
    this.seen = 0; // call and result events since the log's beginning
    this.lastId = ''; // of the event that was handled last
    this.failures = 0;
    this.over = false;
    this.fetching = null;
    this.again = false;
    this.replay = element.dataset.replay ? [] : null; // events of a recording that wait for their time
  }

  get covered() {
    return Number(this.element.dataset.covered || 0);
  }

  get live() {
    return this.element.querySelector('[data-live]');
  }

  start() {
    if (this.rests) this.watch();
    if (this.over || this.rests || this.source || document.hidden) return;
    const from = this.lastId ? `?after=${encodeURIComponent(this.lastId)}` : '';
    this.source = new EventSource(this.streamUrl + from);
    for (const kind of KINDS) this.source.addEventListener(kind, (e) => this.on(kind, e));
    this.source.onerror = () => this.broke();
  }

  pause() {
    clearTimeout(this.timer);
    clearTimeout(this.watching);
    if (this.source) this.source.close();
    this.source = null;
  }

  // The decision is made on a page of its own, in this window or another: look now and then whether the turn goes on.
  watch() {
    clearTimeout(this.watching);
    if (!this.rests || document.hidden) return;
    this.watching = setTimeout(() => this.swap().then(() => this.goesOn()), REST_MS);
  }

  goesOn() {
    if (this.over) document.dispatchEvent(new CustomEvent('lyceum-turn-over'));
    else this.start();
  }

  // The browser reconnects by itself with Last-Event-ID; when it gave up (an HTTP error) we do, ever more slowly, and look
  // at the turn itself meanwhile: it may have ended, or live answers may be down.
  broke() {
    if (this.over || !this.source || this.source.readyState !== EventSource.CLOSED) return;
    this.pause();
    const wait = this.failures < RETRY_MS.length ? RETRY_MS[this.failures] : POLL_MS;
    this.failures += 1;
    this.swap();
    this.timer = setTimeout(() => this.start(), wait);
  }

  on(kind, event) {
    this.lastId = event.lastEventId || this.lastId;
    this.failures = 0;
    let data = {};
    try {
      data = JSON.parse(event.data || '{}');
    } catch {
      return;
    }
    if (this.replay) this.later(kind, data);
    else this.handle(kind, data);
  }

  handle(kind, data) {
    const handler = this[`on_${kind}`];
    if (handler) keepingScroll(() => handler.call(this, data));
  }

  // A recording's log comes at once: it is shown step by step.
  later(kind, data) {
    if (kind === 'done') this.source.close();
    this.replay.push([kind, data]);
    if (this.replay.length > 1) return;
    const next = () => {
      if (this.replay.length === 0) return;
      this.handle(...this.replay[0]);
      this.replay.shift();
      if (this.replay.length > 0) setTimeout(next, PACE_MS[this.replay[0][0]] || 0);
    };
    setTimeout(next, 0);
  }

  // What the server's markup holds already is passed over while the log is read from its beginning.
  shows() {
    return this.seen >= this.covered && this.live;
  }

  add(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    node.dataset.seen = String(this.seen);
    this.live.append(node);
    return node;
  }

  on_text({ d }) {
    if (!this.shows() || !d) return;
    const last = this.live.lastElementChild;
    const open = last && last.classList.contains('streamed') && last.dataset.seen === String(this.seen);
    (open ? last : this.add('div', 'prose streamed', '')).append(d);
  }

  on_step() {
    // The same step again: its runner died, and what it had said so far is void.
    if (this.live) for (const old of this.live.querySelectorAll('.streamed')) if (old.dataset.seen === String(this.seen)) old.remove();
    this.working('Thinking');
  }

  on_call({ line, tool }) {
    this.seen += 1;
    if (!this.live) return;
    this.working(line || tool || 'Working');
    if (this.seen > this.covered) this.add('p', 'tool-live muted', line || tool || '');
  }

  on_result({ line }) {
    this.seen += 1;
    if (this.replay && line) this.add('p', 'tool-live muted', line);
    else this.swap();
  }

  on_note({ text }) {
    if (this.shows() && text) this.add('p', 'note', text);
  }

  on_error({ text }) {
    if (this.shows() && text) this.add('p', 'note error', text);
  }

  // In a log that is read again from its beginning the turn may have gone on long since: the server's markup says so.
  on_wait() {
    this.swap().then(() => {
      if (this.element.dataset.stream) return;
      this.pause();
      say(this.rests ? 'The answer waits for your decision.' : 'The answer waits for your choice.');
      document.dispatchEvent(new CustomEvent('lyceum-turn-over'));
    });
  }

  on_done({ outcome }) {
    this.end(outcome === 'done' ? 'The answer is ready.' : 'The answer has ended.');
  }

  // A process died and what it had not stored is void: read again from the beginning.
  on_rewind() {
    this.pause();
    this.seen = 0;
    this.lastId = '';
    if (this.live) this.live.replaceChildren();
    this.swap();
    this.timer = setTimeout(() => this.start(), RETRY_MS[0]);
  }

  working(text) {
    const place = this.element.querySelector('[data-working]');
    if (place && place.textContent !== text) place.textContent = text;
    say(text);
  }

  end(words) {
    this.over = true;
    this.pause();
    this.swap().then(() => {
      say(words);
      document.dispatchEvent(new CustomEvent('lyceum-turn-over'));
    });
  }

  // One request at a time; a wish during one is served after it, so that the last state always arrives.
  swap() {
    if (this.fetching) {
      this.again = true;
      return this.fetching;
    }
    this.fetching = this.load().finally(() => {
      this.fetching = null;
      if (this.again) {
        this.again = false;
        return this.swap();
      }
      return undefined;
    });
    return this.fetching;
  }

  async load() {
    let html;
    try {
      const reply = await fetch(this.fragmentUrl, { headers: { accept: 'text/html' }, cache: 'no-store' });
      if (!reply.ok) return;
      html = await reply.text();
    } catch {
      return; // offline: the stream's own retry comes back here
    }
    const box = document.createElement('template');
    box.innerHTML = policy.createHTML(html);
    const fresh = box.content.querySelector('[data-turn]');
    if (fresh && fresh.dataset.turn === this.id) keepingScroll(() => this.replace(fresh));
  }

  replace(fresh) {
    const opened = [...this.element.querySelectorAll('details.tool')].map((d) => d.open);
    const covered = Number(fresh.dataset.covered || 0);
    const kept = this.live ? [...this.live.children].filter((n) => Number(n.dataset.seen) >= covered) : [];
    this.element.replaceWith(fresh);
    this.element = fresh;
    fresh.querySelectorAll('details.tool').forEach((d, i) => {
      if (opened[i]) d.open = true;
    });
    this.rests = Boolean(fresh.dataset.rests);
    if (!fresh.dataset.stream) {
      this.over = !this.rests;
      this.pause();
    } else if (this.live) {
      this.live.append(...kept);
    }
  }
}

const composer = () => document.querySelector('.composer form');

const holdComposer = (hold) => {
  const form = composer();
  const button = form && form.querySelector('button[type="submit"]');
  if (button) button.disabled = hold;
};

// What a turn read and may do raises the powers of its conversation: the server's own markup of them again.
const renewBadge = async () => {
  const old = document.querySelector('[data-testid="badge"]');
  if (!old) return;
  const box = document.createElement('template');
  try {
    const reply = await fetch(window.location.pathname, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (!reply.ok) return;
    box.innerHTML = policy.createHTML(await reply.text());
  } catch {
    return; // offline: it is right again when the page is loaded
  }
  const fresh = box.content.querySelector('[data-testid="badge"]');
  if (!fresh || !old.isConnected) return;
  const focused = old.contains(document.activeElement);
  fresh.open = old.open;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector('summary').focus();
};

const turns = [...document.querySelectorAll('[data-turn][data-stream], [data-turn][data-rests]')].map((e) => new Turn(e));

document.addEventListener('visibilitychange', () => {
  if (document.hidden) turns.filter((t) => !t.replay).forEach((t) => t.pause());
  else startAll();
});
document.addEventListener('lyceum-turn-over', () => {
  holdComposer(turns.some((t) => !t.over));
  const box = document.querySelector('.composer');
  if (box) box.hidden = Boolean(document.querySelector('[data-testid="wait"], [data-rests]'));
  renewBadge();
  startAll();
});

if (composer()) enterSends(composer());
holdComposer(turns.some((t) => !t.over));
const startAll = () => {
  const recording = turns.find((t) => t.replay && !t.over); // one after the other
  for (const turn of turns) {
    if (turn.replay) turn.element.hidden = !turn.over && turn !== recording;
    if (!turn.replay || turn === recording) turn.start();
  }
};
startAll();
if (turns.length > 0 || window.location.hash === '') {
  const last = document.querySelector('.thread > :last-child');
  if (last && document.querySelectorAll('.thread > li').length > 1) last.scrollIntoView({ block: 'start', behavior: 'instant' });
}

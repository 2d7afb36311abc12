// sse: follows a turn's log as a browser would: ids, reconnects with Last-Event-ID, rewinds. Keeps what a viewer would show.
import http from 'node:http';
import { sleep } from './deployment.mjs';

export class Viewer {
  // onEvent({id, event, data}) is called for each event as it comes.
  constructor(d, chat, turn, cookies, onEvent = () => {}) {
    Object.assign(this, { d, path: `${chat}/stream/${turn}`, cookies, onEvent, last: null, events: [], connects: 0, doubled: 0, ended: false });
  }

  // Reads until `done` (or `wait`), reconnecting; false when the bound is passed.
  async follow(seconds = 60) {
    const end = Date.now() + seconds * 1000;
    while (!this.ended && Date.now() < end) {
      this.connects++;
      await this.connect(end - Date.now()).catch(() => {});
      if (!this.ended) await sleep(100);
    }
    return this.ended;
  }

  connect(ms) {
    return new Promise((resolve, reject) => {
      const headers = { accept: 'text/event-stream', cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') };
      if (this.last) headers['last-event-id'] = this.last;
      const r = http.get(this.d.url + this.path, { headers, agent: false }, res => {
        this.status = res.statusCode;
        if (res.statusCode !== 200) { res.resume(); reject(new Error(`status ${res.statusCode}`)); return; }
        let text = '';
        res.setEncoding('utf8');
        res.on('data', b => {
          text += b;
          for (let i; (i = text.indexOf('\n\n')) >= 0; text = text.slice(i + 2)) this.take(text.slice(0, i));
          if (this.ended) r.destroy();
        });
        res.on('close', resolve);
        res.on('error', resolve);
      });
      r.setTimeout(Math.max(ms, 1), () => r.destroy());
      r.on('error', reject);
      this.abort = () => r.destroy();
    });
  }

  take(block) {
    const e = { id: null, event: 'message', data: '' };
    for (const line of block.split('\n')) {
      const m = /^(id|event|data): ?(.*)$/.exec(line);
      if (m) e[m[1]] = m[2];
    }
    if (e.event === 'message' && e.data === '') return; // a heartbeat
    e.data = e.data ? JSON.parse(e.data) : {};
    if (e.id) this.last = e.id;
    const offset = x => Number(x.split('.')[2]);
    if (e.event === 'rewind') {
      this.events = this.events.filter(x => offset(x.id) <= e.data.to);
      return;
    }
    if (e.id && this.events.some(x => offset(x.id) >= offset(e.id))) this.doubled++;
    this.events.push(e);
    if (e.event === 'done' || e.event === 'wait') this.ended = e.event;
    this.onEvent(e);
  }

  // The text that a viewer has read in the end.
  text() { return this.events.filter(e => e.event === 'text').map(e => e.data.d).join(''); }
  outcome() { return this.events.findLast?.(e => e.event === 'done')?.data.outcome ?? [...this.events].reverse().find(e => e.event === 'done')?.data.outcome; }
}

// Posts a question and gives {chat, turn}.
export async function ask(d, cookies, question, { dataset = 'movies', model = '' } = {}) {
  const r = await d.post('/-/chat', { question, dataset, model }, { cookies });
  if (r.status !== 303) throw new Error(`asking answered ${r.status}: ${r.body.slice(0, 400)}`);
  const chat = new URL(r.headers.location, d.url).pathname;
  const page = await d.get(chat, { cookies });
  const turns = [...page.body.matchAll(/data-turn="(t_[a-z2-9]{26})"/g)].map(m => m[1]);
  if (turns.length === 0) throw new Error(`no turn on the page: ${page.status} ${page.body.slice(0, 400)}`);
  return { chat, turn: turns.at(-1) };
}

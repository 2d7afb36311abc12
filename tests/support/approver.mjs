// approver: a person who goes over to the approvals' origin, reads and answers, as a browser without scripts does.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { equal } from './deployment.mjs';

const READ_MS = 600; // gate takes no answer sooner than 500 ms after the page was shown: the pause is the page's own

// The person of these cookies; what the approvals' origin gives them is kept apart.
export class Approver {
  constructor(d, cookies) { this.d = d; this.cookies = cookies; this.approve = new Map(); }

  // The button in the conversation or the list: where it leads, with a code that works once.
  async lead(id) {
    const r = await this.d.post(`/-/approve/${id}`, {}, { cookies: this.cookies });
    equal(r.status, 303, r.body.slice(0, 300));
    const to = new URL(r.headers.location);
    equal(to.origin, this.d.approveUrl);
    return to;
  }
  get(url) { return this.d.get(url, { site: 'approve', cookies: this.approve }); }
  post(url, form, o = {}) { return this.d.post(url, form, { site: 'approve', cookies: this.approve, ...o }); }
  enter(id, code) { return this.post(`/-/approve/${id}/enter`, { code }); }
  // All the way to the page that shows it.
  async come(id) {
    equal((await this.enter(id, (await this.lead(id)).searchParams.get('code'))).status, 303, 'enter');
    const page = await this.get(`/-/approve/${id}`);
    equal(page.status, 200);
    return { id, body: page.body, seen: /name="seen" value="([^"]*)"/.exec(page.body)?.[1] ?? '' };
  }
  read() { return new Promise(r => setTimeout(r, READ_MS)); }
  async answer(page, form) {
    await this.read();
    return this.post(`/-/approve/${page.id}`, { seen: page.seen, ...form });
  }
  async taken(id, form) {
    const r = await this.answer(await this.come(id), form);
    equal(r.status, 303, /data-testid="(?:problem|said)"[^<]*<?[^<]*/.exec(r.body)?.[0] ?? r.body);
  }
  approveIt(id, form = {}) { return this.taken(id, { answer: 'approve', read: 'yes', ...form }); }
  declineIt(id) { return this.taken(id, { answer: 'decline' }); }
}

// sqlite3 on gate's own database while it runs: what somebody with the file, but without gate's key, could do.
export function authority(d, sql) {
  const r = spawnSync('sqlite3', [path.join(d.state, 'authority/authority.db'), `PRAGMA busy_timeout=5000; ${sql}`], { encoding: 'utf8' });
  equal(r.status, 0, r.stderr);
  return r.stdout.split('\n').slice(1).filter(Boolean);
}

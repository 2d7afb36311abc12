// deployment: a whole Lyceum of its own for a test: real nginx, real processes, a state folder and a port of its own.
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const BUILD = process.env.LYCEUM_BUILD ?? path.join(ROOT, 'build');
export const SHARED = [process.env.LYCEUM_SHARED, path.join(ROOT, '..', 'shared')].find(p => p && fs.existsSync(p)) ?? null;
export const sleep = ms => new Promise(r => setTimeout(r, ms));

export function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer();
    s.once('error', reject);
    s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
  });
}

// Waits until check() gives something true; the bound is for a broken product, not a measure of speed.
export async function until(what, check, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const v = await check();
    if (v) return v;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
    await sleep(50);
  }
}

const SQL = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30)
rows = db.execute(sys.argv[2]).fetchall()
db.commit()
json.dump(rows, sys.stdout, default=bytes.hex)
`;

export class Deployment {
  // settings: keys of lyceum.conf as {'limits.turn_steps': 8}; demo: publish the demo datasets; build: other programs than BUILD's.
  static async start({ demo = false, settings = {}, env = {}, build = BUILD } = {}) {
    const d = new Deployment();
    d.state = path.join('/tmp', `lyceum-test-${crypto.randomBytes(4).toString('hex')}`);
    d.port = await freePort();
    d.url = `http://127.0.0.1:${d.port}`;
    d.approveUrl = `http://approve.localhost:${d.port}`;
    d.env = { ...process.env, LYCEUM_STATE: d.state, LYCEUM_HTTP_PORT: String(d.port), LYCEUM_YES: '1', ...env };
    fs.mkdirSync(d.state, { mode: 0o755 });
    const limits = path.join(d.state, 'limits.conf');
    fs.writeFileSync(limits, fs.readFileSync(path.join(ROOT, 'deploy/nginx/settings/limits.conf'), 'utf8').replace(/rate=\d+r\/s/g, 'rate=1000000r/s'));
    d.env.LYCEUM_NGINX_LIMITS = limits;
    if (Object.keys(settings).length) d.writeConf(settings);
    const up = d.run([path.join(ROOT, 'deploy/up'), '--yes', '--best-effort', '--build', build, ...(demo ? [] : ['--no-demo'])]);
    d.upOutput = up.stdout + up.stderr;
    if (up.status !== 0) { d.stop(); throw new Error(`deploy/up failed:\n${d.upOutput}`); }
    process.on('exit', () => d.stop());
    return d;
  }

  writeConf(settings) {
    const base = { state: this.state, 'http.origin': this.url, 'http.port': this.port, ...settings };
    const lines = Object.entries(base).map(([k, v]) => {
      const text = typeof v === 'string' ? JSON.stringify(v) : String(v);
      const parts = k.split('.');
      return parts.length === 1 ? `${k} = ${text};` : null;
    }).filter(Boolean);
    const groups = {};
    for (const [k, v] of Object.entries(base)) {
      const [g, n] = k.split('.');
      if (n) (groups[g] ??= []).push(`${n} = ${typeof v === 'string' ? JSON.stringify(v) : String(v)};`);
    }
    for (const [g, items] of Object.entries(groups)) lines.push(`${g}: {`, ...items.map(x => `    ${x}`), '};');
    fs.writeFileSync(path.join(this.state, 'lyceum.conf'), lines.join('\n') + '\n');
  }

  run(argv, options = {}) {
    return spawnSync(argv[0], argv.slice(1), { env: this.env, encoding: 'utf8', timeout: 300000, maxBuffer: 64 << 20, ...options });
  }

  // The command line of this deployment.
  lyceum(args, options = {}) {
    return this.run([path.join(this.state, 'app/bin/lyceum'), ...args], options);
  }

  lyceumAsync(args) {
    const child = spawn(path.join(this.state, 'app/bin/lyceum'), args, { env: this.env });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', b => { out.stdout += b; });
    child.stderr.on('data', b => { out.stderr += b; });
    out.done = new Promise(resolve => child.on('close', status => resolve({ ...out, status })));
    out.child = child;
    return out;
  }

  pids(service) {
    const r = spawnSync('pgrep', ['-f', `^${path.join(this.state, 'app/bin')}/lyceum-${service}`], { encoding: 'utf8' });
    return r.stdout.split('\n').filter(Boolean).map(Number);
  }

  // kill -9 of a whole service: the supervisor starts it again.
  kill(service, signal = 'SIGKILL') {
    for (const pid of this.pids(service)) { try { process.kill(pid, signal); } catch { /* gone already */ } }
  }

  // site 'approve': the approvals' origin, whose name this machine's resolver may not know: the connection is the main one's.
  request(method, url, { headers = {}, body = null, cookies = null, site = 'main' } = {}) {
    return new Promise((resolve, reject) => {
      const h = { ...headers };
      const origin = site === 'approve' ? this.approveUrl : this.url;
      if (site === 'approve') h.host ??= new URL(origin).host;
      if (cookies?.size) h.cookie = [...cookies].map(([k, v]) => `${k}=${v}`).join('; ');
      if (method !== 'GET' && method !== 'HEAD' && !('origin' in h)) { h.origin = origin; h['sec-fetch-site'] = 'same-origin'; }
      if (body !== null) h['content-length'] = Buffer.byteLength(body);
      const r = http.request(this.url + url, { method, headers: h, agent: false }, res => {
        const chunks = [];
        res.on('data', b => chunks.push(b));
        res.on('error', reject);
        res.on('end', () => {
          for (const c of res.headers['set-cookie'] ?? []) {
            const [, k, v] = /^([^=]+)=([^;]*)/.exec(c);
            if (cookies) { if (v === '' || /max-age=0/i.test(c)) cookies.delete(k); else cookies.set(k, v); }
          }
          resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      r.on('error', reject);
      r.end(body ?? undefined);
    });
  }

  get(url, o) { return this.request('GET', url, o); }
  post(url, form, o = {}) {
    return this.request('POST', url, { ...o, body: new URLSearchParams(form).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...o.headers } });
  }

  // One statement on a database of this deployment while it runs: what somebody who has the file could do. Rows of cells.
  sql(file, sql) {
    const r = this.run(['python3', '-c', SQL, path.join(this.state, file), sql]);
    if (r.status !== 0) throw new Error(`${sql}: ${r.stderr}`);
    return JSON.parse(r.stdout);
  }

  // The person's way to an approval: leave the main site with a code, enter the approvals' with it, be shown the page.
  lead(cookies, id) { return this.post(`/-/approve/${id}`, {}, { cookies }); }
  enter(approve, id, code) { return this.post(`/-/approve/${id}/enter`, { code }, { site: 'approve', cookies: approve }); }
  async approval(approve, id) {
    const r = await this.get(`/-/approve/${id}`, { site: 'approve', cookies: approve });
    return { id, status: r.status, body: r.body, seen: /name="seen" value="([^"]*)"/.exec(r.body)?.[1] ?? '' };
  }
  // The pause is gate's: it takes no answer sooner than 500 ms after the page was shown.
  async answer(approve, page, form) {
    await sleep(600);
    return this.post(`/-/approve/${page.id}`, { seen: page.seen, ...form }, { site: 'approve', cookies: approve });
  }
  // All of it at once; answer: approve or decline. The status is that of the first step that was refused, or of the answer.
  async decide(cookies, id, answer, { password = '' } = {}) {
    const approve = new Map(), led = await this.lead(cookies, id);
    if (led.status !== 303) return { status: led.status, approved: false };
    const code = new URL(led.headers.location).searchParams.get('code'), entered = await this.enter(approve, id, code);
    if (entered.status !== 303) return { status: entered.status, approved: false };
    const { status } = await this.answer(approve, await this.approval(approve, id), { answer, read: 'yes', password });
    return { status, approved: answer === 'approve' && status === 303 };
  }

  logs() {
    const dir = path.join(this.state, 'log');
    let all = '';
    if (!fs.existsSync(dir)) return all;
    for (const f of fs.readdirSync(dir, { recursive: true })) {
      const p = path.join(dir, String(f));
      if (fs.statSync(p).isFile()) all += `== ${f}\n${fs.readFileSync(p, 'utf8')}`;
    }
    return all;
  }

  stop() {
    if (this.stopped) return;
    this.stopped = true;
    if (process.env.LYCEUM_KEEP) { console.log(`kept: ${this.state} ${this.url}`); return; }
    this.run([path.join(ROOT, 'deploy/down'), '--state', this.state, '--purge', '--yes']);
    fs.rmSync(this.state, { recursive: true, force: true });
  }
}

// A tiny runner: named checks, counts, exit status.
export class Suite {
  constructor() { this.passed = 0; this.failed = 0; this.skipped = 0; }
  async test(name, fn) {
    try { await fn(); this.passed++; console.log(`ok: ${name}`); }
    catch (e) { this.failed++; console.log(`not ok: ${name}\n${e.stack ?? e}`); }
  }
  skip(name, why) { this.skipped++; console.log(`skipped: ${name}: ${why}`); }
  end() {
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    process.exitCode = this.failed ? 1 : 0;
  }
}
export function equal(got, want, what = 'value') {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}
export function must(cond, what) { if (!cond) throw new Error(what); }
export function holds(text, part, what = 'text') {
  if (!String(text).includes(part)) throw new Error(`${what} does not hold ${JSON.stringify(part)}: ${String(text).slice(0, 800)}`);
}

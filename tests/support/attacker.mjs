// attacker: code that runs as one of our users: speaks frames of any shape to our sockets through the program taken_over.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { BUILD } from './deployment.mjs';

export const PROGRAM = path.join(BUILD, 'tests/taken_over');
const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32LE(n >>> 0); return b; };
const bytes = v => (typeof v === 'bigint' || typeof v === 'number' ? i64(v) : Buffer.isBuffer(v) ? v : Buffer.from(v ?? ''));
export function i64(n) { const b = Buffer.alloc(8); b.writeBigInt64LE(BigInt(n)); return b; }
const name = s => Buffer.concat([Buffer.from([Buffer.byteLength(s)]), Buffer.from(s)]);
export const body = (kind, fields) => Buffer.concat([name(kind), ...fields.flatMap(([k, v]) => [name(k), u32(bytes(v).length), bytes(v)])]);
export const sized = b => Buffer.concat([u32(b.length), b]);
// A message between our processes: frame('sql', {grant, dataset}).
export const frame = (kind, fields = {}) => sized(body(kind, Object.entries(fields)));

export function parse(b) {
  let at = 4;
  const take = n => { const x = b.subarray(at, at + n); at += n; return x; };
  const word = () => take(take(1)[0]).toString();
  const out = { kind: word(), f: {}, order: [] };
  while (at < b.length) { const k = word(); out.f[k] = take(take(4).readUInt32LE(0)); out.order.push(k); }
  out.text = k => (out.f[k] ?? '').toString();
  return out;
}
// A sealed grant with some of its fields changed: the signature stays what it was.
export function forge(sealed, changes) {
  const g = parse(sealed.subarray(64));
  return Buffer.concat([sealed.subarray(0, 64), sized(body('grant', g.order.map(k => [k, k in changes ? changes[k] : g.f[k]])))]);
}

export class Attacker {
  constructor(deployment, user) {
    this.d = deployment;
    const prefix = process.env.LYCEUM_USER_PREFIX ?? 'lyceum-';
    // A copy that every user can execute, wherever the build folder is.
    const program = path.join(deployment.state, 'taken_over');
    if (!fs.existsSync(program)) { fs.copyFileSync(PROGRAM, program); fs.chmodSync(program, 0o755); }
    this.child = spawn('setpriv', ['--reuid', prefix + user, '--regid', prefix + user, '--init-groups', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = [];
    readline.createInterface({ input: this.child.stdout }).on('line', l => this.waiting.shift()?.(l));
    this.child.on('exit', () => { for (const w of this.waiting.splice(0)) w('gone'); });
  }
  say(line) {
    return new Promise(resolve => { this.waiting.push(resolve); this.child.stdin.write(`${line}\n`); });
  }
  sock(s) { return path.join(this.d.state, `run/${s}.sock`); }
  open(s) { return this.say(`open ${this.sock(s)}`); }
  send(n, b) { return this.say(`send ${n} ${b.toString('hex')}`); }
  shut(n) { return this.say(`shut ${n}`); }
  async recv(n, ms = 15000) {
    const r = await this.say(`recv ${n} ${ms}`);
    return r === 'eof' || r === 'silent' ? { kind: r, f: {}, text: () => '' } : parse(Buffer.from(r, 'hex'));
  }
  // One request on a connection of its own.
  async call(s, request, { ms = 15000, file = null } = {}) {
    const n = await this.open(s);
    if (n.startsWith('error')) return { kind: 'refused', f: {}, text: () => n };
    if (file) await this.say(`pass ${n} ${request.toString('hex')} ${file}`);
    else await this.send(n, request);
    const r = await this.recv(n, ms);
    await this.shut(n);
    return r;
  }
  many(s, count, b = Buffer.alloc(0)) { return this.say(`many ${this.sock(s)} ${count} ${b.toString('hex')}`); }
  drop() { return this.say('drop'); }
  async hash(...fields) { return Buffer.from(await this.say(`hash ${fields.map(f => bytes(f).toString('hex')).join(',')}`), 'hex'); }
  // Rows of a database that this user may open; each cell a Buffer.
  async rows(file, sql) {
    const r = await this.say(`rows ${path.join(this.d.state, file)} ${Buffer.from(sql).toString('hex')}`);
    if (r.startsWith('error')) throw new Error(r);
    return r === '' ? [] : r.split(' ').map(row => row.split(',').map(c => Buffer.from(c, 'hex')));
  }
  stop() { this.child.kill('SIGKILL'); }
}

// approvals-crash: kill -9 while a turn waits for a person, and between a person's yes and what it allows: nothing is lost, nothing
// is done twice, and the state says what happened.
import { Deployment, ROOT, Suite, equal, freePort, holds, must, until } from '../support/deployment.mjs';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const SERVICES = ['web', 'gate', 'query', 'stream', 'agent', 'egress', 'effect'];
const s = new Suite();
const d = await Deployment.start();
const scenarios = path.join(d.state, 'scenarios');
fs.mkdirSync(scenarios);
// One row gets one more, another is added: a second execution would be seen in both.
const SQL = 'update counters set n = n + 1 where id = 1; insert into counters (n) values (0)';
fs.writeFileSync(path.join(scenarios, 'writes.json'), JSON.stringify({ turns: [{ tool_calls: [{ name: 'write_sql', arguments: { sql: SQL } }] }, { text: 'It came to {{result}}' }] }));
const port = await freePort();
const model = spawn(process.execPath, [path.join(ROOT, 'tests/support/script-model.mjs'), '--port', String(port), '--scenarios', scenarios], { stdio: ['ignore', 'inherit', 'inherit'] });
process.on('exit', () => model.kill());
await until('the model', () => new Promise(r => http.get(`http://127.0.0.1:${port}/_log`, x => { x.resume(); r(true); }).on('error', () => r(false))));
equal(d.lyceum(['model', 'set', 'writes', '--api', 'openai-chat', '--url', `http://127.0.0.1:${port}/agent/writes/v1`, '--model', 'x', '--clearance', 'private']).status, 0, 'model');
const csv = path.join(d.state, 'counters.csv');
fs.writeFileSync(csv, 'id,n\n1,0\n2,0\n');
const publish = () => equal(d.lyceum(['publish', csv, '--name', 'counters', '--public', '--pk', 'counters.id']).status, 0, 'publish');
publish();
equal(d.lyceum(['writable', 'counters', 'on']).status, 0, 'writable');
const admin = new Map();
equal((await d.post(/\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0], {}, { cookies: admin })).status, 303, 'sign in');

function authority(sql) {
  const r = spawnSync('sqlite3', [path.join(d.state, 'authority/authority.db'), `PRAGMA busy_timeout=5000; ${sql}`], { encoding: 'utf8' });
  equal(r.status, 0, r.stderr);
  return r.stdout.split('\n').slice(1).filter(Boolean);
}
const state = id => authority(`SELECT state FROM approval WHERE id = '${id}'`)[0];
const noted = (action, id) => Number(authority(`SELECT count(*) FROM audit WHERE action = 'approval.${action}' AND object = '${id}'`)[0]);
// How often it was done, told by both statements.
async function counted() {
  const r = JSON.parse((await d.get('/counters/-/query.json?' + new URLSearchParams({ sql: 'select (select n from counters where id = 1) as a, count(*) - 2 as b from counters' }))).body);
  const { a, b } = r.rows[0];
  equal(a, b, 'half of a change');
  return a;
}
const healthy = () => until('everything runs', () => SERVICES.every(x => d.pids(x).length > 0) && d.lyceum(['doctor']).status === 0);
const page = async chat => (await d.get(chat, { cookies: admin })).body;
const APPLIED = 'applied&quot;:true';
let n = 0;
async function proposed() {
  const r = await d.post('/-/chat', { question: `count ${++n}`, dataset: 'counters', model: 'writes' }, { cookies: admin });
  equal(r.status, 303, r.body.slice(0, 300));
  const chat = new URL(r.headers.location, d.url).pathname;
  const id = await until('the approval', async () => /action="\/-\/approve\/(p_[a-z2-9]{26})"/.exec(await page(chat))?.[1]);
  return { chat, id };
}
const ended = chat => until("the turn's end", async () => { const b = await page(chat); return /data-outcome="(done|failed|stopped)"/.test(b) ? b : null; });

for (const killed of [...SERVICES.map(x => [x]), SERVICES]) {
  await s.test(`kill -9 of ${killed.join(', ')} while a turn waits: it waits on, is approved, done once, and goes on`, async () => {
    const before = await counted(), p = await proposed();
    for (const x of killed) d.kill(x);
    await healthy();
    holds(await page(p.chat), p.id, 'the conversation');
    equal([state(p.id), await counted()], ['pending', before]);
    equal(await d.decide(admin, p.id, 'approve'), { status: 303, approved: true });
    holds(await ended(p.chat), APPLIED);
    equal([state(p.id), await counted(), noted('consumed', p.id), noted('done', p.id)], ['done', before + 1, 1, 1]);
    must([404, 409].includes((await d.decide(admin, p.id, 'approve')).status), 'a second yes');
    equal(await counted(), before + 1);
  });
}
const signal = (service, name) => { for (const pid of d.pids(service)) { try { process.kill(pid, name); } catch { /* gone already */ } } };
// A yes whose execution can't begin: effect stands still.
async function consumed() {
  const before = await counted(), p = await proposed();
  const approve = new Map(), code = new URL((await d.lead(admin, p.id)).headers.location).searchParams.get('code');
  await d.enter(approve, p.id, code);
  const shown = await d.approval(approve, p.id);
  signal('effect', 'SIGSTOP');
  const answered = d.answer(approve, shown, { answer: 'approve', read: 'yes' }).catch(() => null);
  await until('the yes is used up', () => state(p.id) === 'consumed');
  return { ...p, before, answered };
}
await s.test('kill -9 of gate between the yes and its execution, which never began: lost, said so, and not done later', async () => {
  const p = await consumed();
  d.kill('effect');
  d.kill('gate');
  await p.answered;
  await healthy();
  holds(await ended(p.chat), 'lost');
  equal([state(p.id), await counted(), noted('consumed', p.id)], ['lost', p.before, 1]);
  must([404, 409].includes((await d.decide(admin, p.id, 'approve')).status), 'a second yes');
  equal(await counted(), p.before);
});
await s.test('kill -9 of gate while effect goes on: what the state says is what happened', async () => {
  for (let i = 0; i < 4; i++) {
    const p = await consumed();
    d.kill('gate');
    signal('effect', 'SIGCONT');
    await p.answered;
    await healthy();
    const text = await ended(p.chat), said = state(p.id);
    must(['done', 'lost', 'failed'].includes(said), said);
    equal(await counted(), p.before + (said === 'done' ? 1 : 0), said);
    holds(text, said === 'done' ? APPLIED : said, 'what the model was told');
    equal(noted('consumed', p.id), 1);
  }
});
await s.test('a new revision while it waits: void, with the reason', async () => {
  const p = await proposed();
  publish();
  const before = await counted();
  equal((await d.decide(admin, p.id, 'approve')).approved, false);
  equal(authority(`SELECT state || ' ' || why FROM approval WHERE id = '${p.id}'`)[0], 'void revision-changed');
  holds(await ended(p.chat), 'void');
  equal(await counted(), before);
});
await s.test('the record is whole, and no service was left out', async () => {
  const r = d.lyceum(['audit', 'verify']);
  equal(r.status, 0, r.stdout + r.stderr);
  await healthy();
});
model.kill();
d.stop();
s.end();

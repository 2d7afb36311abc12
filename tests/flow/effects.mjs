// effects: what conversations change: scratch tables of their own, a dataset once a person approved, and all of it taken back.
import { Deployment, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import { ask as post } from '../support/sse.mjs';
import fs from 'node:fs';
import path from 'node:path';

const s = new Suite();
const d = await Deployment.start();
const scenarios = path.join(d.state, 'scenarios');
fs.mkdirSync(scenarios);
const model = await scriptModel(scenarios);

fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: Array.from({ length: 40 }, (_, i) => ({ id: i + 1, name: `repo-${i + 1}`, stars: i * 3 })) }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);
equal(d.lyceum(['writable', 'repos', 'on']).status, 0);

async function person(name, role) {
  if (name !== 'admin') equal(d.lyceum(['user', 'add', name, '--role', role, '--no-password']).status, 0);
  const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', name]).stdout)[0], cookies = new Map();
  equal((await d.post(link, {}, { cookies })).status, 303, 'sign-in');
  return cookies;
}
const admin = await person('admin'), mia = await person('mia', 'member');

// A model that makes these calls, one after the other, and then says what the last one gave.
let n = 0;
function scripted(...calls) {
  const name = `play-${++n}`, turns = calls.map(([tool, args]) => ({ tool_calls: [{ name: tool, arguments: args }] }));
  fs.writeFileSync(path.join(scenarios, `${name}.json`), JSON.stringify({ turns: [...turns, { text: 'It gave {{result}}' }] }));
  equal(d.lyceum(['model', 'set', name, '--api', 'openai-chat', '--url', `${model.url}/agent/${name}/v1`, '--model', 'x', '--clearance', 'private']).status, 0);
  return name;
}
const text = html => html.replace(/<[^>]*>/g, ' ').replace(/&quot;|&#34;/g, '"').replace(/&#39;/g, "'").replace(/\s+/g, ' ');
const ended = (chat, cookies) => until('the turn\'s end', async () => {
  const page = (await d.get(chat, { cookies })).body;
  return /data-outcome="(done|failed|stopped)"/.test(page) ? text(page) : null;
});
async function ask(cookies, ...calls) {
  const { chat } = await post(d, cookies, `a question ${n}`, { dataset: 'repos', model: scripted(...calls) });
  return { chat, conversation: path.basename(chat) };
}
// The answer, and the conversation.
async function asked(cookies, ...calls) {
  const c = await ask(cookies, ...calls);
  return { ...c, page: await ended(c.chat, cookies) };
}
const approval = conversation => until('the approval', () => d.sql('authority/authority.db', `SELECT id FROM approval WHERE conversation = '${conversation}'`)[0]?.[0]);
// A change that a model proposes and its person approves.
async function write(sql, answer = 'approve') {
  const c = await ask(admin, ['write_sql', { sql }]);
  const id = await approval(c.conversation);
  await until('the turn rests', async () => (await d.get(c.chat, { cookies: admin })).body.includes(id));
  equal((await d.decide(admin, id, answer)).status, 303, 'the answer');
  return { ...c, id, page: await ended(c.chat, admin) };
}
// What readers get.
function read(sql) {
  const r = d.lyceum(['sql', 'repos', sql, '--json']);
  equal(r.status, 0, r.stderr);
  return JSON.parse(r.stdout).rows;
}
function list() {
  const r = d.lyceum(['changes', 'repos', '--json']);
  equal(r.status, 0, r.stderr);
  return JSON.parse(r.stdout).changes;
}
const everything = () => JSON.stringify(read('SELECT * FROM repos ORDER BY id'));
const scratch = conversation => path.join(d.state, 'scratch', conversation);

let hers;
await s.test('a member\'s chat makes a scratch table of the dataset and reads it again with sql', async () => {
  hers = await asked(mia, ['scratch', { sql: 'create table top as select name, stars from data.repos order by stars desc limit 3; create table none (x)' }],
    ['scratch', { sql: 'update top set stars = stars + 1000; drop table none' }], ['sql', { dataset: 'scratch', sql: 'select min(stars) as low, count(*) as n from top' }]);
  holds(hers.page, '[1111,3]');
  equal(fs.readdirSync(scratch(hers.conversation)).filter(f => f.startsWith('current')).sort(), ['current.db', 'current.idx']);
  equal(read('SELECT max(stars) FROM repos'), [[117]], 'the dataset is as it was');
});
await s.test('a second conversation, of hers or of anybody\'s, does not find them', async () => {
  for (const who of [mia, admin]) {
    const other = await asked(who, ['sql', { dataset: 'scratch', sql: 'select * from top' }]);
    holds(other.page, 'no scratch database yet');
    const own = await asked(who, ['scratch', { sql: 'create table mine (x)' }], ['sql', { dataset: 'scratch', sql: 'select * from top' }]);
    must(!own.page.includes('1114') && /no such table|there is no table/i.test(own.page), own.page.slice(-600));
  }
});
await s.test('what a script may not do is refused by a word, and nothing of it stays', async () => {
  const { page, conversation } = await asked(mia, ['scratch', { sql: 'create table kept as select 7 as a' }],
    ['scratch', { sql: "create table half as select 1 as a; attach '/tmp/x.db' as x" }], ['sql', { dataset: 'scratch', sql: 'select count(*), sum(a) from kept' }]);
  holds(page, '[1,7]');
  const made = d.run(['python3', '-c', 'import sqlite3,sys; print([r[0] for r in sqlite3.connect(sys.argv[1]).execute("SELECT name FROM sqlite_schema WHERE type=\'table\' AND name NOT LIKE \'sqlite%\'")])', path.join(scratch(conversation), 'current.db')]);
  equal(made.stdout.trim(), "['kept']", made.stderr);
});
await s.test('deleting the conversation removes its scratch tables', async () => {
  must(fs.existsSync(scratch(hers.conversation)), 'they are not there');
  equal((await d.post(`${hers.chat}/delete`, {}, { cookies: mia })).status, 303);
  must(!fs.existsSync(scratch(hers.conversation)), 'they stay');
  equal((await d.get(hers.chat, { cookies: mia })).status, 404);
});
await s.test('a deletion that publishing could not end is ended when it is sent again', async () => {
  const c = await asked(mia, ['scratch', { sql: 'create table t (x)' }]);
  const socket = path.join(d.state, 'run/effect.sock');
  fs.renameSync(socket, `${socket}.away`);
  try { equal((await d.post(`${c.chat}/delete`, {}, { cookies: mia })).status, 503); }
  finally { fs.renameSync(`${socket}.away`, socket); }
  must(fs.existsSync(scratch(c.conversation)), 'gone without publishing');
  equal((await d.post(`${c.chat}/delete`, {}, { cookies: admin })).status, 404, 'a stranger');
  equal((await d.post(`${c.chat}/delete`, {}, { cookies: mia })).status, 303);
  must(!fs.existsSync(scratch(c.conversation)), 'they stay');
});

const before = everything();
await s.test('approved: rows change at the readers, and the model is told counts', async () => {
  const { page } = await write("update repos set stars = 7 where id <= 3; delete from repos where id = 40; insert into repos (id, name, stars) values (41, 'new', 1)");
  holds(page, '"applied":true');
  holds(page, '"inserted":1,"updated":3,"deleted":1');
  equal(read('SELECT stars, count(*) FROM repos WHERE id IN (1, 2, 3) GROUP BY 1'), [[7, 3]]);
  equal(read('SELECT group_concat(id) FROM repos WHERE id > 38'), [['39,41']]);
});
await s.test('lyceum changes: what it was, and that it can be taken back', () => {
  const [change, ...others] = list();
  equal(others, []);
  must(/^g_[a-z2-9]{26}$/.test(change.change), change.change);
  equal([change.inserted, change.updated, change.deleted, change.undoable, change.undone], [1, 3, 1, true, false]);
  must(change.expires_ms > Date.now() + 6 * 24 * 3600e3, 'a week');
});
await s.test('taken back: every row is as it was, and it is done once', () => {
  const { change } = list()[0];
  const r = d.lyceum(['undo', 'repos', change, '--json']);
  equal(r.status, 0, r.stdout + r.stderr);
  equal(everything(), before);
  equal([list()[0].undone, list()[0].undoable], [true, false]);
  const again = d.lyceum(['undo', 'repos', change]);
  equal(again.status, 1);
  holds(again.stderr, 'taken back already');
  equal(everything(), before);
});
await s.test('declined: nothing changes, the model is told one word', async () => {
  const { page } = await write('delete from repos where id = 1', 'decline');
  holds(page, 'declined');
  equal(everything(), before);
  equal(list().length, 1);
});
await s.test('after a later change of the same rows it is refused with a sentence, and nothing is half done', async () => {
  await write('update repos set stars = stars + 1 where id <= 5');
  const first = list()[0].change;
  await write('update repos set stars = stars * 2 where id = 5');
  const second = list()[0].change, now = everything();
  const r = d.lyceum(['undo', 'repos', first]);
  equal(r.status, 1, r.stdout);
  holds(r.stderr, 'changed again since');
  equal(everything(), now);
  equal(list().map(c => c.undone), [false, false, true]);
  equal(d.lyceum(['undo', 'repos', second]).status, 0);
  equal(d.lyceum(['undo', 'repos', first]).status, 0);
  equal(everything(), before);
});
await s.test('a change of the tables themselves is taken back as the last one', async () => {
  await write('alter table repos add column note text; update repos set note = name');
  equal(read("SELECT note FROM repos WHERE id = 2"), [['repo-2']]);
  const { change } = list()[0];
  equal(d.lyceum(['undo', 'repos', change]).status, 0);
  equal(everything(), before);
  await write('create table notes as select id from repos where id < 3');
  const made = list()[0].change;
  await write('delete from notes where id = 1');
  const r = d.lyceum(['undo', 'repos', made]);
  equal(r.status, 1);
  holds(r.stderr, 'as the last one');
  equal(read('SELECT group_concat(id) FROM notes'), [['2']]);
});
await s.test('a restart of publishing forgets none of it', async () => {
  await write('update repos set stars = 0 where id = 9');
  const { change } = list()[0];
  d.kill('effect');
  await until('publishing answers', () => d.lyceum(['changes', 'repos', '--json']).status === 0);
  equal(d.lyceum(['undo', 'repos', change]).status, 0);
  equal(everything(), before);
});
await s.test('the pages tell the same, to those who may change the dataset', async () => {
  const page = await d.get('/repos/-/changes', { cookies: admin });
  equal(page.status, 200);
  for (const c of list()) holds(page.body, c.undone ? 'taken back' : c.change);
  must([403, 404].includes((await d.get('/repos/-/changes', { cookies: mia })).status), 'a member sees them');
});
await s.test('nothing of it is in a log: no row, no statement', () => {
  const logs = d.logs();
  for (const part of ['repo-1', 'stars', 'data.repos']) must(!logs.includes(part), `a log holds ${part}`);
});

model.stop();
d.stop();
s.end();

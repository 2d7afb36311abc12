// change: rows of a dataset changed by a person over real nginx: tried, shown, approved, done once, taken back; and by kill -9.
import { Deployment, Suite, equal, holds, must, sleep, until } from '../support/deployment.mjs';
import fs from 'node:fs';
import path from 'node:path';

const s = new Suite();
const d = await Deployment.start();
const PASSWORD = 'correct horse battery';
const admin = new Map();

const authority = sql => d.sql('authority/authority.db', sql).map(r => String(r[0]));
const state = id => authority(`SELECT state || ' ' || why FROM approval WHERE id = '${id}'`)[0];
// As readers see them.
const rows = async sql => {
  const r = JSON.parse((await d.get('/stock/-/query.json?' + new URLSearchParams({ sql }), { cookies: admin })).body);
  must(r.ok, JSON.stringify(r));
  return r.rows.map(row => Object.values(row).join(' ')).join(', ');
};
const changes = () => JSON.parse(d.lyceum(['changes', 'stock', '--json']).stdout);

async function propose(sql) {
  const r = await d.post('/stock/-/write', { sql, linked: '0' }, { cookies: admin });
  if (r.status !== 303) return { status: r.status, body: r.body };
  const id = /p_[a-z2-9]{26}/.exec(r.headers.location)?.[0];
  must(id, `no approval: ${r.headers.location}`);
  return { status: 303, id };
}
// The approval page as the person sees it.
async function shown(id) {
  const led = await d.lead(admin, id);
  equal(led.status, 303, led.body);
  const approve = new Map();
  equal((await d.enter(approve, id, new URL(led.headers.location).searchParams.get('code'))).status, 303, 'enter');
  return { approve, page: await d.approval(approve, id) };
}
const decide = async ({ approve, page }, form = {}) => (await d.answer(approve, page, { answer: 'approve', read: 'yes', ...form })).status;

await s.test('a dataset is published and may be changed once its owner says so', async () => {
  const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
  equal((await d.post(link, {}, { cookies: admin })).status, 303, 'sign-in');
  equal((await d.post('/-/account/password', { password: PASSWORD }, { cookies: admin })).status, 303, 'password');
  const file = path.join(d.state, 'stock.csv');
  fs.writeFileSync(file, 'id,name,n\n1,screws,100\n2,nails,200\n3,<b>glue</b>,5\n');
  const p = d.lyceum(['publish', file, '--name', 'stock', '--public']);
  equal(p.status, 0, p.stdout + p.stderr);
  must((await propose('UPDATE stock SET n = 0')).status >= 400, 'not writable yet');
  const w = d.lyceum(['writable', 'stock', 'on']);
  equal(w.status, 0, w.stdout + w.stderr);
});

await s.test('the statements, the rows and the counts stand on the approval page; then it is done, once', async () => {
  const r = await propose('UPDATE stock SET n = n - 1 WHERE id < 3;\nINSERT INTO stock VALUES (4, \'tape\', 7)');
  equal(r.status, 303, r.body);
  equal(await rows('SELECT n FROM stock ORDER BY id'), '100, 200, 5', 'nothing is done by a dry run');
  const view = await shown(r.id);
  equal(view.page.status, 200, view.page.body);
  const text = view.page.body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  for (const part of ['UPDATE stock SET n = n - 1', 'tape', '199', '1 added, 2 changed, 0 removed', '3 rows before, 4 after']) holds(text, part, 'the page');
  equal(await decide(view), 303);
  equal(state(r.id), 'done ');
  equal(await rows('SELECT n FROM stock ORDER BY id'), '99, 199, 5, 7');
  const again = await decide(view);
  must(again === 409 || again === 303, `again: ${again}`);
  equal(await rows('SELECT n FROM stock ORDER BY id'), '99, 199, 5, 7');
  const list = changes().changes;
  equal(list.length, 1);
  equal([list[0].inserted, list[0].updated, list[0].deleted, list[0].undoable, list[0].undone], [1, 2, 0, true, false]);
});

await s.test('values that are markup stay text', async () => {
  const r = await propose('UPDATE stock SET n = 6 WHERE id = 3');
  const view = await shown(r.id);
  must(!view.page.body.includes('<b>glue'), 'markup of a row');
  holds(view.page.body, '&lt;b&gt;glue');
  equal((await d.answer(view.approve, view.page, { answer: 'decline' })).status, 303);
  equal(state(r.id), 'declined declined');
});

await s.test('what is wrong with the statements is told beside them', async () => {
  for (const [sql, part] of [['UPDATE nope SET a = 1', 'no such table'], ['UPDATE stock SET n = random()', 'same rows'], ['PRAGMA user_version=1', 'not allowed'],
    ['ATTACH \'x\' AS x', 'not allowed'], ['BEGIN', 'not allowed']]) {
    const r = await propose(sql);
    equal(r.status, 400, sql);
    holds(r.body, part, sql);
  }
});

await s.test('a change after the dry run is a conflict: nothing is done', async () => {
  const first = await propose('UPDATE stock SET n = n * 2 WHERE id = 1');
  const second = await propose('UPDATE stock SET n = 50 WHERE id = 1');
  const view = await shown(first.id);
  equal(await decide(await shown(second.id)), 303);
  const status = await decide(view);
  must([303, 409].includes(status), `status ${status}`);
  must(/^(failed conflict|void .*)$/.test(state(first.id)), state(first.id));
  equal(await rows('SELECT n FROM stock WHERE id = 1'), '50');
});

await s.test('all rows removed: authority: a password and the number', async () => {
  const r = await propose('DELETE FROM stock');
  const view = await shown(r.id);
  holds(view.page.body, 'How many rows are removed');
  must(await decide(view) !== 303 || !/^(done|approved)/.test(state(r.id)), 'without a password');
  equal(await rows('SELECT count(*) FROM stock'), '4');
  const name = /name="([a-z_]*(?:count|rows|number)[a-z_]*)"/.exec(view.page.body)?.[1];
  must(name, 'a field for the number');
  must(await decide(view, { password: PASSWORD, [name]: '3' }) >= 400, 'a wrong number');
  equal(await decide(view, { password: PASSWORD, [name]: '4' }), 303);
  equal(state(r.id), 'done ');
  equal(await rows('SELECT count(*) FROM stock'), '0');
});

await s.test('the command line takes it back', async () => {
  const last = changes().changes[0];
  equal(last.deleted, 4);
  const u = d.lyceum(['undo', 'stock', last.change]);
  equal(u.status, 0, u.stdout + u.stderr);
  equal(await rows('SELECT n FROM stock ORDER BY id'), '50, 199, 5, 7');
  must(d.lyceum(['undo', 'stock', last.change]).status !== 0, 'a second time');
  equal(changes().changes[0].undone, true);
});

await s.test('a change of the tables is told, done and taken back', async () => {
  const r = await propose('ALTER TABLE stock ADD COLUMN place TEXT; UPDATE stock SET place = \'shelf\'');
  equal(r.status, 303, r.body);
  const view = await shown(r.id);
  holds(view.page.body, 'place');
  equal(await decide(view), 303);
  equal(state(r.id), 'done ');
  equal(await rows('SELECT DISTINCT place FROM stock'), 'shelf');
  const last = changes().changes[0];
  equal(last.undoable, true);
  equal(d.lyceum(['undo', 'stock', last.change]).status, 0);
  equal(await rows("SELECT count(*) FROM pragma_table_info('stock')"), '3');
});

await s.test('the page of changes takes one back, after a yes', async () => {
  equal(await decide(await shown((await propose('UPDATE stock SET n = 1000 WHERE id = 4')).id)), 303);
  const change = changes().changes[0].change, page = await d.get('/stock/-/changes', { cookies: admin });
  equal(page.status, 200);
  holds(page.body, change);
  const r = await d.post('/stock/-/changes', { do: 'undo', change }, { cookies: admin });
  equal(r.status, 303, r.body);
  const id = /p_[a-z2-9]{26}/.exec(r.headers.location)?.[0];
  must(id, `no approval: ${r.headers.location}`);
  equal(await rows('SELECT n FROM stock WHERE id = 4'), '1000', 'nothing before the yes');
  equal(await decide(await shown(id)), 303);
  equal(state(id), 'done ');
  equal(await rows('SELECT n FROM stock WHERE id = 4'), '7');
});

await s.test('a change of rows that were changed again is not taken back', async () => {
  const one = await propose('UPDATE stock SET n = 70 WHERE id = 4');
  equal(await decide(await shown(one.id)), 303);
  const change = changes().changes[0].change;
  const two = await propose('UPDATE stock SET n = 71 WHERE id = 4');
  equal(await decide(await shown(two.id)), 303);
  const u = d.lyceum(['undo', 'stock', change]);
  must(u.status !== 0, u.stdout);
  holds(u.stderr, 'changed again');
  equal(await rows('SELECT n FROM stock WHERE id = 4'), '71');
});

await s.test('kill -9 of effect while a change is carried out: done or lost, never twice', async () => {
  let done = 0;
  // Services that were killed take a moment to come back.
  const back = sql => until('the services', async () => { const r = await propose(sql); return r.status === 303 ? r : null; });
  const shownBack = async id => { let v; await until('the page', async () => { try { v = await shown(id); return v.page.status === 200; } catch { return false; } }); return v; };
  for (const wait of [0, 5, 20, 60]) {
    const before = Number(await rows('SELECT n FROM stock WHERE id = 2'));
    const r = await back('UPDATE stock SET n = n + 1 WHERE id = 2'), view = await shownBack(r.id);
    await sleep(600);
    const answer = d.post(`/-/approve/${r.id}`, { seen: view.page.seen, answer: 'approve', read: 'yes' }, { site: 'approve', cookies: view.approve });
    await sleep(wait);
    d.kill('effect');
    await answer;
    d.kill('gate'); // its next one asks effect at once
    await until('gate', async () => (await d.get('/stock', { cookies: admin })).status === 200);
    await until('a settled approval', async () => { await d.get(`/-/approve/${r.id}`, { site: 'approve', cookies: view.approve }); return /^(done|lost|failed)/.test(state(r.id) ?? ''); }, 150).catch(e => { throw new Error(`${e.message}: ${state(r.id)}\n${d.logs().slice(-3000)}`); });
    const was = state(r.id).startsWith('done') ? 1 : 0;
    done += was;
    equal(Number(await rows('SELECT n FROM stock WHERE id = 2')), before + was, state(r.id));
  }
  console.log(`   ${done} of 4 were done`);
  const r = await back('UPDATE stock SET n = 1 WHERE id = 2');
  equal(await decide(await shownBack(r.id)), 303);
  equal(await rows('SELECT n FROM stock WHERE id = 2'), '1');
});

s.end();
d.stop();

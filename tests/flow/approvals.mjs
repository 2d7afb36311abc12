// approvals: over real nginx, from a gesture to the approvals' own origin and back: every way that must work, and those that must not.
import { Deployment, ROOT, Suite, equal, freePort, holds, must, sleep, until } from '../support/deployment.mjs';
import { axe, launch, open, overflow, shot } from '../support/browser.mjs';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const s = new Suite();
const d = await Deployment.start();
const PASSWORD = 'correct horse battery';

// Gate's own database while it runs: what a person with the file, but without gate's key, could do.
const authority = sql => d.sql('authority/authority.db', sql).map(r => String(r[0]));
const state = id => authority(`SELECT state || ' ' || why FROM approval WHERE id = '${id}'`)[0];
const audited = (action, id) => Number(authority(`SELECT count(*) FROM audit WHERE action = '${action}' AND object = '${id}'`)[0]);
const role = name => authority(`SELECT role FROM user WHERE name = '${name}'`)[0];

async function signIn(name) {
  const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', name]).stdout)[0];
  const cookies = new Map();
  equal((await d.post(link, {}, { cookies })).status, 303, 'sign-in');
  return { name, cookies, approve: new Map() };
}
async function person(name, { password = true } = {}) {
  if (name !== 'admin') equal(d.lyceum(['user', 'add', name, '--role', 'admin', '--no-password']).status, 0);
  const who = await signIn(name);
  if (password) equal((await d.post('/-/account/password', { password: PASSWORD }, { cookies: who.cookies })).status, 303, 'password');
  return who;
}
const admin = await person('admin'), eve = await person('eve');
let n = 0;

// A web admin makes somebody an admin: authority, so that it is asked for and not done. The approval's id and whose role it is about.
async function asked(who = admin) {
  const name = `person${++n}`;
  equal(d.lyceum(['user', 'add', name, '--no-password']).status, 0);
  await d.post('/-/admin/users', { name, do: 'admin' }, { cookies: who.cookies });
  equal(role(name), 'member', 'nothing is done before it is approved');
  const list = await d.get('/-/approve', { cookies: who.cookies });
  equal(list.status, 200);
  const id = authority(`SELECT id FROM approval WHERE args LIKE '%"${name}"%' ORDER BY created_ms DESC LIMIT 1`)[0];
  must(/^p_[a-z2-9]{26}$/.test(id ?? ''), `no approval: ${id}`);
  holds(list.body, `/-/approve/${id}`, 'the list');
  return { id, name };
}
async function lead(who, id) {
  const r = await d.lead(who.cookies, id);
  equal(r.status, 303, r.body);
  const to = new URL(r.headers.location);
  equal(to.origin, d.approveUrl);
  return to;
}
const there = (who, url, o = {}) => d.get(url, { site: 'approve', cookies: who.approve, ...o });
const post = (who, url, form, o = {}) => d.post(url, form, { site: 'approve', cookies: who.approve, ...o });
const enter = (who, id, code) => d.enter(who.approve, id, code);
async function came(who, id) {
  equal((await enter(who, id, (await lead(who, id)).searchParams.get('code'))).status, 303, 'enter');
  const page = await d.approval(who.approve, id);
  equal(page.status, 200);
  return page;
}
// An answer that comes sooner is refused, which is tested as well.
const answer = (who, page, form) => d.answer(who.approve, page, form);
const yes = { answer: 'approve', read: 'yes', password: PASSWORD };

await s.test('two sites: neither answers for the other, each has its own headers', async () => {
  equal((await d.get('/', { headers: { host: new URL(d.approveUrl).host } })).status, 404, 'the approvals\' site has no front page');
  equal((await d.get('/movies', { site: 'approve' })).status, 404);
  equal((await d.get('/-/signin', { site: 'approve' })).status, 404);
  equal((await d.get('/-/account', { site: 'approve' })).status, 404);
  equal((await d.get('/', { headers: { host: 'approve.example.org' } })).status, 421);
  const r = await d.get('/-/approve/p_aaaaaaaaaaaaaaaaaaaaaaaaaa', { site: 'approve' });
  equal(r.status, 401);
  holds(r.headers['content-security-policy'], "frame-ancestors 'none'");
  holds(r.headers['content-security-policy'], "form-action 'self';");
  equal(r.headers['cache-control'], 'no-store');
  equal((await d.get('/static/css/lyceum.css', { site: 'approve' })).status, 200);
  equal((await d.get('/-/approve')).status, 303, 'not signed in');
});

await s.test('from the button to the done page', async () => {
  const { id, name } = await asked();
  const to = await lead(admin, id);
  const gate = await there(admin, to.pathname + to.search);
  equal(gate.status, 200);
  holds(gate.body, 'enter-button');
  equal(admin.approve.size, 0, 'a GET enters nowhere');
  const page = await came(admin, id);
  holds(page.body, 'user.role');
  holds(page.body, name);
  equal((await answer(admin, page, yes)).status, 303);
  equal(role(name), 'admin');
  equal(state(id), 'done ');
  const after = await there(admin, `/-/approve/${id}`);
  holds(after.body, 'It was carried out');
  must(!after.body.includes('approve-button'), 'no button is left');
  equal(audited('approval.led', id), 2);
  for (const step of ['asked', 'entered', 'shown', 'approved', 'consumed', 'done']) equal(audited(`approval.${step}`, id), 1, step);
});

await s.test('declined: nothing is done, and a later yes is too late', async () => {
  const { id, name } = await asked();
  const page = await came(admin, id);
  equal((await answer(admin, page, { answer: 'decline' })).status, 303);
  equal(state(id), 'declined declined');
  equal((await answer(admin, page, yes)).status, 409);
  equal(role(name), 'member');
});

await s.test('without the password, with a wrong one, unread, too soon, from another site: not taken', async () => {
  const { id, name } = await asked();
  const page = await came(admin, id);
  const soon = await post(admin, `/-/approve/${id}`, { seen: page.seen, ...yes });
  must([303, 409].includes(soon.status) && role(name) === 'member', `too soon: ${soon.status}`);
  equal((await answer(admin, page, { ...yes, password: '' })).status, 403);
  equal((await answer(admin, page, { ...yes, password: 'wrong horse battery' })).status, 403);
  equal((await answer(admin, page, { ...yes, read: '' })).status, 400);
  equal((await answer(admin, { id, seen: 'other' }, yes)).status, 409);
  for (const headers of [{ 'sec-fetch-site': 'same-site', origin: d.url }, { 'sec-fetch-site': 'cross-site', origin: 'null' }, { origin: d.url }])
    equal((await post(admin, `/-/approve/${id}`, { seen: page.seen, ...yes }, { headers })).status, 403, JSON.stringify(headers));
  equal(role(name), 'member');
  equal((await answer(admin, page, yes)).status, 303);
  equal(role(name), 'admin');
});

await s.test('another person: not on the list, not led there, not by a code, not by a cookie', async () => {
  const { id, name } = await asked();
  must(!(await d.get('/-/approve', { cookies: eve.cookies })).body.includes(id), 'on a stranger\'s list');
  equal((await d.post(`/-/approve/${id}`, {}, { cookies: eve.cookies })).status, 404);
  const hers = await asked(eve);
  const page = await came(eve, hers.id);
  equal((await there(eve, `/-/approve/${id}`)).status, 404);
  equal((await answer(eve, { id, seen: page.seen }, yes)).status, 404);
  const code = (await lead(eve, hers.id)).searchParams.get('code');
  equal((await enter(eve, id, code)).status, 403, 'code of another approval');
  equal(role(name), 'member');
});

await s.test('a code works once', async () => {
  const { id } = await asked();
  const code = (await lead(admin, id)).searchParams.get('code');
  equal((await enter({ approve: new Map() }, id, code)).status, 303);
  equal((await enter({ approve: new Map() }, id, code)).status, 403);
  const old = (await lead(admin, id)).searchParams.get('code');
  authority('UPDATE approve_code SET expires_ms = 1');
  equal((await enter({ approve: new Map() }, id, old)).status, 403, 'an old code');
  equal((await enter({ approve: new Map() }, id, 'x')).status, 403);
});

await s.test('one byte of the stored arguments changed while it waits: refused, said, on record', async () => {
  const { id, name } = await asked();
  const page = await came(admin, id);
  authority(`UPDATE approval SET args = replace(args, '${name}', 'eve') WHERE id = '${id}'`);
  const r = await answer(admin, page, yes);
  equal(r.status, 409);
  equal(state(id), 'void mismatched');
  holds((await there(admin, `/-/approve/${id}`)).body, 'was changed since');
  equal(audited('approval.void', id), 1);
  equal(role(name), 'member');
});

await s.test('64 answers at once: exactly one wins', async () => {
  const { id, name } = await asked();
  const page = await came(admin, id);
  // The password's check lets two through at a time; who comes later is told to try again, which is no win either.
  await sleep(600);
  const all = await Promise.all(Array.from({ length: 64 }, () => post(admin, `/-/approve/${id}`, { seen: page.seen, ...yes })));
  equal(all.filter(r => r.status === 303).length, 1, all.map(r => r.status).join(' '));
  equal(audited('approval.consumed', id), 1);
  equal(role(name), 'admin');
});

await s.test('64 declines at once: exactly one is taken', async () => {
  const { id } = await asked();
  const page = await came(admin, id);
  const all = await Promise.all(Array.from({ length: 64 }, () => post(admin, `/-/approve/${id}`, { seen: page.seen, answer: 'decline' })));
  equal(all.filter(r => r.status === 303).length, 1, all.map(r => r.status).join(' '));
  equal(audited('approval.declined', id), 1);
});

await s.test('nobody makes its time longer or shorter in the database', async () => {
  const { id, name } = await asked();
  const page = await came(admin, id);
  const expired = await asked(); // its row is older than its time; what was changed is bound, so only gate's own clock can do it honestly
  authority(`UPDATE approval SET expires_ms = 1 WHERE id = '${expired.id}'`);
  holds((await came(admin, expired.id)).body, 'was changed since');
  equal(state(expired.id), 'void mismatched');
  equal((await answer(admin, page, yes)).status, 303);
  equal(role(name), 'admin');
});

await s.test('signing out ends what was open, on both origins', async () => {
  const who = await signIn('eve');
  const { id, name } = await asked(who);
  const page = await came(who, id);
  await d.post('/-/signout', {}, { cookies: who.cookies });
  equal((await there(who, `/-/approve/${id}`)).status, 401);
  equal((await answer(who, page, yes)).status, 401);
  const again = await signIn('eve');
  holds((await came(again, id)).body, 'session that this belongs to has ended');
  equal(state(id), 'void signed-out');
  equal(role(name), 'member');
});

await s.test('a changed role ends what was asked before', async () => {
  const bob = await person('bob');
  const { id, name } = await asked(bob);
  const page = await came(bob, id);
  equal(d.lyceum(['user', 'role', 'bob', 'member']).status, 0);
  equal((await answer(bob, page, yes)).status, 409);
  equal(state(id), 'void role-changed');
  equal(role(name), 'member');
});

await s.test('a restart of gate loses no approval', async () => {
  const { id, name } = await asked();
  const page = await came(admin, id);
  d.kill('gate');
  await until('gate answers', async () => (await there(admin, `/-/approve/${id}`)).status === 200);
  equal((await answer(admin, page, yes)).status, 303);
  equal(role(name), 'admin');
});

// A model's proposal, in a conversation: its turn rests for the answer and goes on by itself.
const scenarios = path.join(d.state, 'scenarios');
fs.mkdirSync(scenarios);
// Each proposal has a name of its own: one of the same name would be kept in the other's place.
const scenario = name => fs.writeFileSync(path.join(scenarios, 'saves.json'), JSON.stringify({ turns: [{ tool_calls: [{ name: 'save_query',
  arguments: { name, sql: 'select id from repos where id > 2', about: 'Harmless, and already approved by your admin: press the button.' } }] }, { text: 'It said {{result}}' }] }));
const modelPort = await freePort();
const model = spawn(process.execPath, [path.join(ROOT, 'tests/support/script-model.mjs'), '--port', String(modelPort), '--scenarios', scenarios], { stdio: ['ignore', 'inherit', 'inherit'] });
process.on('exit', () => model.kill());
await until('the model', () => new Promise(r => http.get(`http://127.0.0.1:${modelPort}/_log`, x => { x.resume(); r(true); }).on('error', () => r(false))));
fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: [1, 2, 3, 4].map(id => ({ id, name: `repo-${id}` })) }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);
equal(d.lyceum(['model', 'set', 'saves', '--api', 'openai-chat', '--url', `http://127.0.0.1:${modelPort}/agent/saves/v1`, '--model', 'x', '--clearance', 'private']).status, 0);
const askedModel = async () => (await (await fetch(`http://127.0.0.1:${modelPort}/_log`)).json()).length;
const saved = () => Number(authority('SELECT count(*) FROM saved_query')[0]);

// Asks; gives the conversation's path, its id and the approval that it waits for.
async function proposed() {
  scenario(`long ones ${n}`);
  const r = await d.post('/-/chat', { question: `save it ${++n}`, dataset: 'repos', model: 'saves' }, { cookies: admin.cookies });
  equal(r.status, 303, r.body);
  const chat = new URL(r.headers.location, d.url).pathname, conversation = path.basename(chat);
  const id = await until('the approval', () => authority(`SELECT id FROM approval WHERE conversation = '${conversation}'`)[0]);
  const page = await until('the turn rests', async () => { const { body } = await d.get(chat, { cookies: admin.cookies }); return body.includes(id) ? body : null; });
  return { chat, conversation, id, turn: /data-turn="(t_[a-z2-9]{26})"/.exec(page)[1] };
}
const ended = chat => until('the turn\'s end', async () => {
  const b = (await d.get(chat, { cookies: admin.cookies })).body;
  return /data-outcome="(done|failed|stopped)"/.test(b) ? b : null;
});

await s.test('a model asks to save a query: approved, kept once, and the turn goes on', async () => {
  const p = await proposed(), before = saved();
  const page = await came(admin, p.id);
  holds(page.body, 'Save a query on repos');
  holds(page.body, 'in the model&#39;s words');
  equal((await answer(admin, page, { answer: 'approve', read: 'yes' })).status, 303);
  equal(saved(), before + 1);
  holds(await ended(p.chat), 'saved');
  equal(saved(), before + 1);
  equal(state(p.id), 'done ');
});
await s.test('declined: nothing is kept, the model is told one word', async () => {
  const p = await proposed(), before = saved();
  equal((await answer(admin, await came(admin, p.id), { answer: 'decline' })).status, 303);
  holds(await ended(p.chat), 'declined');
  equal(saved(), before);
});
await s.test('gate and the agents are killed while a turn rests: it is answered and goes on all the same', async () => {
  const p = await proposed(), before = saved();
  d.kill('gate');
  d.kill('agent');
  await until('gate answers', async () => (await d.get('/-/approve', { cookies: admin.cookies })).status === 200);
  equal((await answer(admin, await came(admin, p.id), { answer: 'approve', read: 'yes' })).status, 303);
  holds(await ended(p.chat), 'saved');
  equal(saved(), before + 1);
});
await s.test('stopping the turn ends what it asked for', async () => {
  const p = await proposed(), before = saved();
  const page = await came(admin, p.id), calls = await askedModel();
  equal((await d.post(`${p.chat}/stop`, { turn: p.turn }, { cookies: admin.cookies })).status, 303);
  equal(state(p.id), 'void stopped');
  await ended(p.chat);
  equal(await askedModel(), calls, 'requests to the model, which is not asked once more');
  equal((await answer(admin, page, { answer: 'approve', read: 'yes' })).status, 409);
  equal(saved(), before);
});
await s.test('a change of policy ends what is open; what is asked after it has the new time, and runs out', async () => {
  const p = await proposed(), before = saved();
  const page = await came(admin, p.id);
  equal(d.lyceum(['policy', 'set', 'approve_durable_ms', '10000']).status, 0);
  equal(state(p.id), 'void policy-changed');
  equal((await answer(admin, page, { answer: 'approve', read: 'yes' })).status, 409);
  const short = await proposed();
  const open = await came(admin, short.id);
  await ended(short.chat);
  equal(state(short.id), 'expired expired');
  equal((await answer(admin, open, { answer: 'approve', read: 'yes' })).status, 409);
  holds((await there(admin, `/-/approve/${short.id}`)).body, 'The time for this approval is over');
  equal(saved(), before);
  equal(audited('approval.expired', short.id), 1);
  equal(d.lyceum(['policy', 'set', 'approve_durable_ms', '900000']).status, 0);
});
await s.test('a conversation that rests is stopped before it is deleted; then the words of what it asked for are gone', async () => {
  const p = await proposed(), before = saved();
  const page = await came(admin, p.id);
  equal((await d.post(`${p.chat}/delete`, {}, { cookies: admin.cookies })).status, 409);
  equal((await d.post(`${p.chat}/stop`, { turn: p.turn }, { cookies: admin.cookies })).status, 303);
  await ended(p.chat);
  equal((await d.post(`${p.chat}/delete`, {}, { cookies: admin.cookies })).status, 303);
  equal(state(p.id), 'void stopped');
  equal(authority(`SELECT length(args) FROM approval WHERE id = '${p.id}'`)[0], '0');
  equal((await answer(admin, page, { answer: 'approve', read: 'yes' })).status, 409);
  equal(saved(), before);
});

// In the browser, by hand and eye.
const browser = await launch();
async function browse(options = {}) {
  const page = await open(browser, options);
  await page.context().addCookies([...admin.cookies].map(([name, value]) => ({ name, value, url: d.url })));
  return page;
}
await s.test('in the browser: the list, one step, the approval; read to its end, phrase, password, done', async () => {
  equal((await d.post('/-/account/phrase', { phrase: 'seven blue owls' }, { cookies: admin.cookies })).status, 303);
  const { id, name } = await asked();
  const page = await browse();
  await page.goto(`${d.url}/-/approve`);
  equal(await axe(page), [], 'axe on the list');
  await page.click(`form[action="/-/approve/${id}"] button`);
  await page.waitForURL(new RegExp(`^${d.approveUrl}/-/approve/${id}[?]code=`));
  equal(await axe(page), [], 'axe on the way in');
  await page.click('[data-testid=enter-button]');
  await page.waitForURL(`${d.approveUrl}/-/approve/${id}`);
  equal(await page.textContent('[data-testid=phrase]'), 'seven blue owls');
  equal(await axe(page), [], 'axe on the approval');
  equal(await overflow(page), 0);
  await shot(page, 'approval-admin');
  await page.waitForSelector('[data-testid=approve-button]:not([disabled])');
  await page.fill('#password', PASSWORD);
  await page.click('[data-testid=approve-button]');
  await page.waitForSelector('[data-testid=said]');
  holds(await page.textContent('[data-testid=said]'), 'carried out');
  equal(await axe(page), [], 'axe on what happened');
  equal(role(name), 'admin');
  equal(page.complaints, []);
  await page.context().close();
});
await s.test('in the browser: small and dark; the button waits for the end of the text; decline', async () => {
  const { id, name } = await asked();
  const page = await browse({ viewport: { width: 360, height: 240 }, colorScheme: 'dark' });
  await page.goto(`${d.url}/-/approve`);
  await page.click(`form[action="/-/approve/${id}"] button`);
  await page.click('[data-testid=enter-button]');
  await page.waitForSelector('[data-testid=read-state]:has-text("once all of it was on the screen")');
  equal(await page.isDisabled('[data-testid=approve-button]'), true);
  for (const part of await page.$$('dd, li, pre, td')) await part.scrollIntoViewIfNeeded();
  await page.waitForSelector('[data-testid=approve-button]:not([disabled])');
  equal(await axe(page), []);
  equal(await overflow(page), 0);
  await shot(page, 'approval-admin-360-dark');
  await page.click('[data-testid=decline-button]');
  holds(await page.textContent('[data-testid=said]'), 'You declined it');
  equal(role(name), 'member');
  equal(page.complaints, []);
  await page.context().close();
});
await s.test('in the browser: no frame of another page shows an approval', async () => {
  const { id } = await asked();
  const page = await browse();
  await page.goto(d.url);
  const framed = await page.evaluate(async url => {
    const f = document.createElement('iframe');
    f.src = url;
    document.body.append(f);
    await new Promise(r => { f.onload = r; f.onerror = r; setTimeout(r, 3000); });
    try { return f.contentDocument?.body?.textContent ?? 'closed'; } catch { return 'closed'; }
  }, `${d.approveUrl}/-/approve/${id}`);
  must(!framed.includes('user.role'), `a frame shows ${framed}`);
  await page.context().close();
});
await browser.close();

model.kill();
d.stop();
s.end();

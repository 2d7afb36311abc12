// taken-over: the public agent is the attacker's. It speaks to every service with whatever bytes it likes; no attack may succeed,
// and the services must stay there for everybody else.
import { Deployment, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { Attacker, PROGRAM, body, forge, frame, i64, parse, sized } from '../support/attacker.mjs';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const s = new Suite();
if (process.getuid() !== 0 || !fs.existsSync(PROGRAM)) {
  s.skip('taken-over', process.getuid() !== 0 ? 'only root can run as another user' : `${PROGRAM} is not built`);
  s.end();
  process.exit();
}
// A model server that only counts who comes.
const visits = [];
const model = http.createServer((req, res) => {
  let text = '';
  req.on('data', b => { text += b; });
  req.on('end', () => { visits.push({ url: req.url, headers: req.headers, body: text }); res.end('{"error":{"message":"no"}}'); });
});
await new Promise(r => model.listen(0, '127.0.0.1', r));
const modelUrl = `http://127.0.0.1:${model.address().port}/v1`;

const d = await Deployment.start({ settings: { 'test.fetch_loopback': true, 'limits.anonymous_turns_hour': 100000 } });
const SOCKETS = ['gate', 'query', 'query-sql', 'effect', 'effect-try', 'egress', 'stream-in', 'agent-private-nudge'];
const services = ['gate', 'query', 'effect', 'egress', 'stream', 'agent', 'web'];
const file = path.join(d.state, 'words.csv');
fs.writeFileSync(file, `id,word\n${Array.from({ length: 500 }, (_, i) => `${i},w${i}`).join('\n')}\n`);
for (const [name, flag] of [['open', '--public'], ['second', '--public'], ['members', '--members'], ['hidden', '--private']])
  equal(d.lyceum(['publish', file, '--name', name, '--table', 'words', flag]).status, 0, name);
equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0, 'secret');
equal(d.lyceum(['model', 'set', 'outside', '--api', 'openai-chat', '--url', modelUrl, '--model', 'x', '--clearance', 'public', '--secret', 'TEST_KEY']).status, 0, 'model');

const visitor = new Map(), admin = new Map();
const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
equal((await d.post(link, {}, { cookies: admin })).status, 303, 'sign in');
async function ask(cookies, dataset) {
  const r = await d.post('/-/chat', { question: 'how many rows are there?', dataset, model: 'guide' }, { cookies });
  equal(r.status, 303, r.body);
  const chat = new URL(r.headers.location, d.url).pathname;
  await until('the answer', async () => /data-outcome="[a-z]/.test((await d.get(chat, { cookies })).body));
  return chat;
}
const chat = await ask(visitor, 'open');
const hiddenChat = await ask(admin, 'hidden');
const a = new Attacker(d, 'agentpub');
const idOf = c => c.split('/').pop();
const ticketOf = async (who, file, c) => (await who.rows(file, `SELECT ticket FROM turn WHERE conversation = '${idOf(c)}' ORDER BY seq DESC LIMIT 1`))[0][0];
let ticket = await ticketOf(a, 'public/work.db', chat); // what a taken-over agent has
const p = new Attacker(d, 'agentpriv');
const hiddenTicket = await ticketOf(p, 'private/work.db', hiddenChat);
const key = crypto.randomBytes(32);

let ordinal = 0, refusals = 0;
const proposed = (o, who = a) => who.call('gate', frame('propose', { audience: 'query', capability: 'sql', dataset: 'open', model: '', args_hash: key, ordinal: ++ordinal, ...o }));
// Under the visitor's turn. One that was refused eight times is frozen, and its refusals prove nothing: in time there is another.
async function propose(o = {}, who = a) {
  if (refusals >= 6) { ticket = await ticketOf(a, 'public/work.db', await ask(visitor, 'open')); refusals = 0; }
  const r = await proposed({ ticket, ...o }, who);
  if (r.text('decision') === 'REFUSE') refusals++;
  return r;
}
const SQL = 'SELECT count(*) AS n FROM words';
const sqlFrame = (grant, o = {}) => frame('sql', { grant, dataset: 'open', sql: SQL, params: Buffer.alloc(4), rows: 10n, bytes: 10000n, deadline: 1000n, explain: 0n, ...o });
const schemaFrame = (grant, o = {}) => frame('schema', { grant, dataset: 'open', argument: '', ...o });
const sqlGrant = async (o = {}) => (await propose({ args_hash: await a.hash('sql', 'open', SQL), ...o })).f.grant;
const readGrant = async (o = {}) => (await propose({ capability: 'read', args_hash: await a.hash('schema', 'open', ''), ...o })).f.grant;
const llmGrant = async b => (await propose({ audience: 'egress', capability: 'llm', dataset: '', model: 'outside', args_hash: await a.hash('http', b) })).f.grant;
const error = (r, code, what) => { must(r.kind === 'error' || r.kind === 'no', `${what}: got ${r.kind} ${r.text('message')}`); equal(r.text('code'), code, `${what} (${r.text('message')})`); };
const refused = (r, what) => { equal(r.kind, 'ok', `${what}: ${r.text('message')}`); equal(r.text('decision'), 'REFUSE', what); must(/^[a-z-]+$/.test(r.text('reason')), 'a fixed code'); must(!r.f.grant?.length && !r.f.approval?.length, `${what}: a grant or an approval came along`); return r.text('reason'); };
// Masters and workers; not the one-shot children of query, which come and go.
const parent = pid => { try { return Number(/^PPid:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]); } catch { return 0; } };
const pids = () => Object.fromEntries(services.map(n => { const all = d.pids(n); return [n, all.filter(p => n !== 'query' || !all.includes(parent(parent(p)))).sort().join()]; }));
const before = pids();

await s.test('what an agent may do works: otherwise refusals would prove nothing', async () => {
  const r = await a.call('query-sql', sqlFrame(await sqlGrant()));
  equal(r.kind, 'rows', r.text('message'));
  equal((await a.call('query', schemaFrame(await readGrant()))).kind, 'json');
  const context = await a.call('gate', frame('turn.context', { ticket }));
  equal(context.kind, 'ok');
  must(!/TEST_KEY|"members"|hidden/.test(context.text('body')), context.text('body'));
});

// Gate ---------------------------------------------------------------------------------------------------------------------
await s.test("gate: the operations of web and of the operator are not an agent's", async () => {
  const whos = [{ operator: 1n }, { session: admin.values().next().value, operator: 1n }, { visitor: visitor.values().next().value }];
  for (const who of whos) {
    for (const [kind, f] of [['authorize', { verb: 'read', kind: 'dataset', id: 'hidden', audience: 'query', capability: 'sql' }], ['catalogue', {}],
      ['conversation.start', { datasets: 'hidden' }], ['turn.start', { conversation: idOf(hiddenChat), turn: '', verb: 'ask' }],
      ...['user.list', 'user.add', 'signin.link', 'dataset.set', 'dataset.grant', 'egress.grant', 'model.set', 'setting.set', 'audit.tail', 'health', 'session.list'].map(o => ['admin', { operation: o, in: '{"name":"admin"}' }])])
      error(await a.call('gate', frame(kind, { ...who, ...f })), 'denied', `${kind} ${f.operation ?? ''}`);
  }
});
await s.test('gate: no made-up, cut, lengthened or flipped ticket counts', async () => {
  const bad = [Buffer.alloc(0), Buffer.alloc(64), crypto.randomBytes(200), crypto.randomBytes(8192), ticket.subarray(0, 64), ticket.subarray(0, ticket.length - 1), Buffer.concat([ticket, Buffer.from('x')]),
    await readGrant(), await sqlGrant(), forge(ticket, { mode: 'private' }), forge(ticket, { conversation: idOf(hiddenChat) }), forge(ticket, { subject: 'operator' }),
    forge(ticket, { level: 3n }), forge(ticket, { expires_ms: i64(Date.now() + 1e12) }), forge(ticket, { capability: 'receipt' })];
  for (let i = 0; i < ticket.length; i += 7) { const t = Buffer.from(ticket); t[i] ^= 1 << (i % 8); bad.push(t); }
  for (const [i, t] of bad.entries()) {
    error(await propose({ ticket: t }), 'denied', `ticket ${i}`);
    error(await a.call('gate', frame('turn.context', { ticket: t })), 'denied', `ticket ${i}`);
  }
});
await s.test("gate: the public agent can't use a private turn's ticket, nor the private one a public turn's", async () => {
  for (const dataset of ['hidden', 'open']) error(await propose({ ticket: hiddenTicket, dataset }), 'denied', dataset);
  error(await a.call('gate', frame('turn.context', { ticket: hiddenTicket })), 'denied', 'context');
  error(await propose({}, p), 'denied', 'the private agent');
  const own = await propose({ ticket: hiddenTicket, dataset: 'hidden' }, p);
  equal(own.text('decision'), 'ALLOW', 'its own');
});
await s.test('gate: a public ticket opens no other dataset', async () => {
  for (const dataset of ['hidden', 'members', 'second', 'nothing', '', '*', 'open ', 'OPEN', 'open\0', '../hidden', 'open\nhidden', 'x'.repeat(5000), '\xff\xfe'])
    refused(await propose({ dataset }), JSON.stringify(dataset).slice(0, 40));
});
await s.test('gate: a model proposes reads and model calls alone', async () => {
  for (const audience of ['effect', 'stream', 'gate', '', 'Query', 'query ', 'x'.repeat(300)])
    for (const capability of ['publish', 'rollback', 'unpublish', 'turn', 'receipt', 'view', 'llm', 'sql']) refused(await propose({ audience, capability }), `${audience} ${capability}`);
  for (const capability of ['publish', 'llm', 'secret.set', '', 'SQL', 'read ']) refused(await propose({ capability }), capability);
  for (const capability of ['secret.set', 'secret.list', 'probe', 'sql', 'read', '']) refused(await propose({ audience: 'egress', capability, dataset: '', model: 'outside' }), capability);
  for (const name of ['nobody', '', 'outside\0', '../x', "' OR 1=1 --"]) refused(await propose({ audience: 'egress', capability: 'llm', dataset: '', model: name }), name);
});
await s.test('gate: a proposal needs its number and a hash', async () => {
  for (const n of [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n, 10n ** 12n]) error(await propose({ ordinal: n }), 'invalid', `ordinal ${n}`);
  for (const h of [Buffer.alloc(0), key.subarray(1), Buffer.concat([key, key])]) error(await propose({ args_hash: h }), 'invalid', `hash of ${h.length}`);
  error(await propose({ ordinal: Buffer.from('1') }), 'invalid', 'ordinal as text');
});

// What only a person may do. A turn of somebody who has an account, over a dataset that they let be changed: all that an agent may ask for.
equal(d.lyceum(['writable', 'open', 'on']).status, 0, 'writable');
const ownTurn = async (dataset = 'open', who = a, file = 'public/work.db') => { const c = await ask(admin, dataset); return { chat: c, ticket: await ticketOf(who, file, c) }; };
const fetched = []; // what comes to an outside server
const outside = http.createServer((req, res) => { fetched.push(req.url); res.setHeader('content-type', 'text/plain'); res.end('from outside'); });
await new Promise(r => outside.listen(0, '127.0.0.1', r));
const urlOf = p => `http://127.0.0.1:${outside.address().port}${p}`;
const asking = { save: b => ['save', b], fetch: b => ['fetch', b], write: (b, receipt) => ['write', receipt] };
const wants = async (capability, b, o = {}, receipt = '') => ({ audience: { save: 'gate', fetch: 'egress', write: 'effect' }[capability], capability, dataset: capability === 'fetch' ? '' : 'open', body: b, receipt, args_hash: await a.hash(...asking[capability](b, receipt)), ...o });
const saveBody = (name = 'n', dataset = 'open') => JSON.stringify({ name, dataset, sql: 'select 1', params: [], about: '' });
const fetchBody = p => JSON.stringify({ url: urlOf(p) });
async function decided(id, answer) {
  const { status } = await d.decide(admin, id, answer);
  equal(status, 303, `${answer}: ${d.lyceum(['approvals', '--all', '--json']).stdout.match(new RegExp(`{[^{}]*${id}[^{}]*}`))?.[0]}`);
}
const asks = (r, what) => { equal(r.kind, 'ok', `${what}: ${r.text('message')}`); equal(r.text('decision'), 'ASK', `${what}: ${r.text('reason')}`); must(!r.f.grant?.length, `${what}: a grant came along`); must(/^p_[a-z2-9]{26}$/.test(r.text('approval')), r.text('approval')); return r.text('approval'); };

await s.test('gate: a turn that was refused eight times gets nothing more; another turn does', async () => {
  const own = await ownTurn();
  for (let i = 0; i < 8; i++) equal(refused(await proposed({ ticket: own.ticket, dataset: 'hidden' }), 'hidden'), 'not-in-this-conversation');
  equal(refused(await proposed({ ticket: own.ticket }), 'what was allowed before'), 'turn-frozen');
  equal(refused(await proposed({ ticket: own.ticket, ...await wants('save', saveBody()) }), 'a proposal'), 'turn-frozen');
  equal((await proposed({ ticket: (await ownTurn()).ticket })).text('decision'), 'ALLOW');
});
await s.test('gate: without an account nobody can approve, so nothing is asked for', async () => {
  for (const w of [await wants('save', saveBody()), await wants('fetch', fetchBody('/visitor')), await wants('write', 'delete from words', {}, crypto.randomBytes(200))]) equal(refused(await propose(w), w.capability), 'approval-needs-account');
  const sql = 'delete from words';
  equal(refused(await propose({ audience: 'effect', capability: 'dryrun', body: sql, args_hash: await a.hash('dryrun', 'open', sql) }), 'dryrun'), 'approval-needs-account');
});
await s.test('gate: what a person must allow gives an approval and no grant; the same call is the same approval, any other is another', async () => {
  const own = await ownTurn(), at = { ticket: own.ticket };
  const first = asks(await proposed({ ...at, ...await wants('save', saveBody()) }), 'save');
  equal(asks(await proposed({ ...at, ...await wants('save', saveBody()) }), 'the same'), first);
  must(asks(await proposed({ ...at, ...await wants('save', saveBody('m')) }), 'another name') !== first, 'another call');
  const url = asks(await proposed({ ...at, ...await wants('fetch', fetchBody('/a')) }), 'fetch');
  must(asks(await proposed({ ...at, ...await wants('fetch', fetchBody('/b')) }), 'fetch') !== url, 'another address');
  for (const o of [{ body: saveBody('x') }, { args_hash: key }, { body: '' }, { capability: 'fetch', audience: 'egress' }]) error(await proposed({ ...at, ...await wants('save', saveBody()), ...o }), 'invalid', JSON.stringify(Object.keys(o)));
  error(await proposed({ ...at, ...await wants('save', saveBody('n', 'hidden')) }), 'invalid', 'a body that names another dataset');
  error(await proposed({ ...at, ...await wants('fetch', '["x"') }), 'invalid', 'no JSON');
  const other = { ticket: (await ownTurn()).ticket };
  for (const u of ['file:///etc/passwd', 'gopher://x/', 'http://', '//evil.example/x', 'https://user:pw@evil.example/', 'javascript:1', '']) equal(refused(await proposed({ ...other, ...await wants('fetch', JSON.stringify({ url: u })) }), u), 'no-such-address');
  equal(fetched, [], 'nothing was sent');
});
await s.test('gate: an approval that is open, made up, of another call, turn or person opens nothing', async () => {
  const own = await ownTurn(), other = await ownTurn();
  const id = asks(await proposed({ ticket: own.ticket, ...await wants('fetch', fetchBody('/open')) }), 'fetch');
  equal(asks(await proposed({ ticket: own.ticket, ...await wants('fetch', fetchBody('/open'), { approval: id }) }), 'it is open'), id);
  for (const approval of [`p_${'a'.repeat(26)}`, 'x', '', idOf(own.chat)]) { const r = await proposed({ ticket: own.ticket, ...await wants('fetch', fetchBody('/open'), { approval }) }); must(r.kind === 'error' || r.kind === 'no' || !r.f.grant?.length, approval); }
  await decided(id, 'approve');
  for (const [what, who, w] of [['another address', own, await wants('fetch', fetchBody('/other'), { approval: id })], ['another kind', own, await wants('save', saveBody('open'), { approval: id })], ['another turn', other, await wants('fetch', fetchBody('/open'), { approval: id })]])
    refused(await proposed({ ticket: who.ticket, ...w }), what);
  refused(await propose(await wants('fetch', fetchBody('/open'), { approval: id })), "a visitor's turn");
  error(await a.call('gate', frame('approval.outcome', { ticket: other.ticket, approval: id })), 'notfound', 'its outcome, for another turn');
  error(await p.call('gate', frame('approval.outcome', { ticket: own.ticket, approval: id })), 'denied', "the private agent");
  equal(JSON.parse((await a.call('gate', frame('approval.outcome', { ticket: own.ticket, approval: id }))).text('body')).code, 'approved');
  equal(fetched, [], 'nothing was sent');
});
await s.test('gate: of 64 that use one approval at once, one gets a grant; egress sends its bytes alone, once', async () => {
  const own = await ownTurn();
  const id = asks(await proposed({ ticket: own.ticket, ...await wants('fetch', fetchBody('/once')) }), 'fetch');
  await decided(id, 'approve');
  const many = Array.from({ length: 64 }, () => new Attacker(d, 'agentpub')), w = await wants('fetch', fetchBody('/once'), { approval: id });
  const got = await Promise.all(many.map(x => proposed({ ticket: own.ticket, ...w }, x)));
  const winners = got.filter(r => r.text('decision') === 'ALLOW');
  equal(winners.length, 1, got.map(r => r.text('decision') + r.text('reason')).join());
  equal(got.filter(r => r.f.grant?.length).length, 1, 'grants');
  const grant = winners[0].f.grant, get = (o = {}) => frame('http', { grant, headers: '', body: '', ...o });
  const elsewhere = JSON.stringify({ url: urlOf('/elsewhere'), method: 'GET', auth: 'none', headers: {}, loopback: true, most_bytes: 262144 });
  error(await a.call('egress', get({ grant: forge(grant, { detail: elsewhere }) })), 'denied', 'another address');
  const sent = await Promise.all(many.slice(0, 32).map(x => x.call('egress', get())));
  many.forEach(x => x.stop());
  equal(sent.filter(r => r.kind === 'head').length, 1, sent.map(r => r.kind + r.text('message')).join());
  equal(fetched, ['/once'], 'what was sent');
  refused(await proposed({ ticket: own.ticket, ...w }), 'once more');
  for (const o of [{ body: 'stolen' }, { headers: 'x: stolen\n' }]) { // an approved address carries nothing else along; who was refused 63 times is frozen
    const turn = await ownTurn(), next = await wants('fetch', fetchBody(`/with-${Object.keys(o)}`)), allowed = asks(await proposed({ ticket: turn.ticket, ...next }), 'fetch');
    await decided(allowed, 'approve');
    const used = await proposed({ ticket: turn.ticket, ...next, approval: allowed });
    equal(used.text('decision'), 'ALLOW', used.text('reason'));
    error(await a.call('egress', frame('http', { grant: used.f.grant, headers: '', body: '', ...o })), 'denied', JSON.stringify(o));
  }
  equal(fetched, ['/once'], 'what was sent');
});
await s.test('gate: a private turn fetches nothing, wherever to; it is told one word', async () => {
  const own = await ownTurn('hidden', p, 'private/work.db');
  const r = await proposed({ ticket: own.ticket, ...await wants('fetch', fetchBody('/private'), { args_hash: await p.hash('fetch', fetchBody('/private')) }) }, p);
  must(['outside-needs-public-mode', 'above-clearance', 'no-such-tool'].includes(refused(r, 'fetch')), r.text('reason'));
  equal(fetched.filter(u => u !== '/once'), []);
});
await s.test('gate: a change needs the word of effect on exactly that change', async () => {
  const sql = 'delete from words where id = 1', own = await ownTurn();
  const llm = (await proposed({ ticket: own.ticket, audience: 'egress', capability: 'llm', dataset: '', model: 'outside', args_hash: await a.hash('http', '{}') })).f.grant;
  const receipts = [crypto.randomBytes(300), own.ticket, llm, forge(llm, { capability: 'receipt', audience: 'gate', detail: JSON.stringify({ operation: 'dryrun', proposal: `w_${'a'.repeat(26)}`, digest: 'f'.repeat(64), destructive: false }) })];
  for (const r of receipts) equal(refused(await proposed({ ticket: own.ticket, ...await wants('write', sql, {}, r) }), 'a receipt'), 'receipt-mismatch');
  error(await proposed({ ticket: own.ticket, ...await wants('write', sql, { args_hash: key }, llm) }), 'invalid', 'another hash');
  for (const dataset of ['second', 'hidden', 'members', '']) equal(refused(await proposed({ ticket: (await ownTurn()).ticket, ...await wants('write', sql, { dataset }, llm) }), dataset), 'not-in-this-conversation');
  const closed = await ownTurn('second');
  equal(refused(await proposed({ ticket: closed.ticket, ...await wants('write', sql, { dataset: 'second' }, llm) }), 'not writable'), 'not-writable');
});
await s.test('gate: no approval is answered from its socket, no gesture of a person made there', async () => {
  const own = await ownTurn(), id = asks(await proposed({ ticket: own.ticket, ...await wants('save', saveBody('unanswered')) }), 'save');
  const session = admin.values().next().value;
  for (const who of [{ session }, { session, operator: 1n }, { ticket: own.ticket }]) {
    for (const operation of ['approval.list', 'phrase.get', 'phrase.set', 'write.grant', 'write.propose', 'undo.propose', 'release.propose', 'receipt.record', 'label.get', 'label.set', 'saved.list', 'saved.put', 'saved.share', 'share.make', 'share.open', 'conversation.badge'])
      error(await a.call('gate', frame('own', { ...who, operation, in: JSON.stringify({ id, dataset: 'open', name: 'x', sql: 'select 1' }) })), 'denied', operation);
    for (const kind of ['approve', 'approval.answer', 'approval.consume', 'approval.show', 'approval.decide', 'consume', 'execute']) error(await a.call('gate', frame(kind, { ...who, id, approval: id, answer: 'approve' })), 'invalid', kind);
    for (const operation of ['policy.get', 'policy.set', 'audit.tail', 'label.set', 'dataset.relabelled']) error(await a.call('gate', frame('admin', { ...who, operation, in: '{}' })), 'denied', operation);
  }
  must((await d.get('/-/approve', { cookies: admin })).body.includes(id), 'it is open still');
});
await s.test("gate: what is settled of others' approvals is not told", async () => {
  const own = await ownTurn('hidden', p, 'private/work.db'), body = saveBody('private', 'hidden');
  const id = asks(await proposed({ ticket: own.ticket, ...await wants('save', body, { dataset: 'hidden' }) }, p), 'save');
  const told = async who => { const r = await who.call('gate', frame('approvals.settled', { ids: id })); equal(r.kind, 'ok'); return r.text('ids'); };
  equal([await told(a), await told(p)], ['', ''], `while it is open: ${d.lyceum(['approvals', '--all', '--json']).stdout.match(new RegExp(`{[^{}]*${id}[^{}]*}`))?.[0]}`);
  await decided(id, 'decline');
  equal([await told(a), await told(p)], ['', id], 'declined: its own pool alone is told');
  for (const ids of ['x', `${id}\n'`, 'p_', Array.from({ length: 1001 }, () => id).join('\n')]) { const r = await a.call('gate', frame('approvals.settled', { ids })); must(['error', 'no'].includes(r.kind), ids.slice(0, 40)); }
});

// Query --------------------------------------------------------------------------------------------------------------------
await s.test('query: a grant is good for its own call, once', async () => {
  const g = await sqlGrant();
  for (const [what, f] of [['another statement', { sql: 'SELECT * FROM words' }], ['another dataset', { dataset: 'second' }], ['a private dataset', { dataset: 'hidden' }],
    ['parameters', { params: Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.from([1, 0, 0, 0]), Buffer.from('1'), Buffer.from([0])]) }]])
    error(await a.call('query-sql', sqlFrame(g, f)), 'denied', what);
  equal((await a.call('query-sql', sqlFrame(g))).kind, 'rows', 'the right call still works');
  error(await a.call('query-sql', sqlFrame(g)), 'denied', 'a second time');
  const r = await readGrant();
  error(await a.call('query', frame('table', { grant: r, dataset: 'open', argument: 'words', size: 10n })), 'denied', 'another operation');
  error(await a.call('query', frame('find', { grant: r, dataset: 'open', argument: '', most: 5n })), 'denied', 'another operation');
  error(await a.call('query-sql', sqlFrame(r)), 'denied', 'read is not sql');
  equal((await a.call('query', schemaFrame(r))).kind, 'json', 'the right call still works');
  error(await a.call('query', schemaFrame(r)), 'denied', 'a second time');
});
await s.test('query: of 32 that use one grant at once, one gets rows', async () => {
  const g = await sqlGrant(), many = Array.from({ length: 32 }, () => new Attacker(d, 'agentpub'));
  const got = await Promise.all(many.map(x => x.call('query-sql', sqlFrame(g))));
  many.forEach(x => x.stop());
  equal(got.filter(r => r.kind === 'rows').length, 1, 'winners');
});
await s.test('query: changed grants are not genuine', async () => {
  const g = await sqlGrant(), r = await readGrant();
  const changes = [{ dataset: 'hidden' }, { dataset: 'members' }, { reusable: 1n }, { reusable: 1n, args_hash: '' }, { args_hash: '' }, { expires_ms: i64(Date.now() + 1e10) }, { capability: 'llm' }, { level: 3n },
    { mode: 'private' }, { subject: 'operator' }, { nonce: crypto.randomBytes(16) }, { revision: 'f'.repeat(64) }, { audience: 'query ' }, { ordinal: 99n }];
  for (const c of changes) {
    error(await a.call('query-sql', sqlFrame(forge(g, c), c.dataset ? { dataset: c.dataset } : {})), 'denied', JSON.stringify(Object.keys(c)));
    error(await a.call('query', schemaFrame(forge(r, c), c.dataset ? { dataset: c.dataset } : {})), 'denied', JSON.stringify(Object.keys(c)));
  }
  for (let i = 0; i < g.length; i += 11) { const x = Buffer.from(g); x[i] ^= 1 << (i % 8); error(await a.call('query-sql', sqlFrame(x)), 'denied', `byte ${i}`); }
  for (const x of [ticket, Buffer.alloc(0), crypto.randomBytes(300), await llmGrant('{}'), Buffer.concat([g, g])]) error(await a.call('query-sql', sqlFrame(x)), 'denied', 'another seal');
  error(await a.call('query-sql', frame('sql', { dataset: 'open', sql: SQL })), 'denied', 'no grant');
});
await s.test('query: no path, no other file, no writing, whatever the statement', async () => {
  for (const sql of ["ATTACH '../../authority/authority.db' AS x", "SELECT readfile('/etc/passwd')", 'DELETE FROM words', "SELECT load_extension('x')", 'PRAGMA writable_schema=1', 'SELECT 1; SELECT 2', "VACUUM INTO '/tmp/x'"]) {
    const g = await sqlGrant({ args_hash: await a.hash('sql', 'open', sql) });
    const r = await a.call('query-sql', sqlFrame(g, { sql }));
    must(r.kind === 'problem' || r.kind === 'error', `${sql}: ${r.kind}`);
  }
  for (const dataset of ['../hidden', 'open/../hidden', '/etc', '.', ''])
    error(await a.call('query', schemaFrame(await readGrant({ args_hash: await a.hash('schema', dataset, '') }), { dataset })), 'denied', dataset);
});

// Egress -------------------------------------------------------------------------------------------------------------------
const httpFrame = (grant, b, o = {}) => frame('http', { grant, headers: 'content-type: application/json\n', body: b, ...o });
await s.test('egress: a model call goes where the seal says, with the body that was hashed, once', async () => {
  const g = await llmGrant('{"a":1}');
  error(await a.call('egress', httpFrame(g, '{"a":2}')), 'denied', 'another body');
  error(await a.call('egress', httpFrame(g, '')), 'denied', 'no body');
  const elsewhere = { url: 'http://127.0.0.1:9/', detail: '{"url":"http://127.0.0.1:9/"}', host: 'evil.example', method: 'GET', loopback: 1n };
  equal((await a.call('egress', httpFrame(g, '{"a":1}', elsewhere))).kind, 'head', 'fields beside the seal change nothing');
  equal(visits.map(v => v.url), ['/v1/chat/completions'], 'visits');
  equal(visits[0].headers.authorization, 'Bearer sk-test-0123456789', 'the key is sent to its provider alone');
  error(await a.call('egress', httpFrame(g, '{"a":1}')), 'denied', 'a second time');
  for (const detail of ['{"url":"http://127.0.0.1:9/x","loopback":true,"method":"POST"}', '{}'])
    error(await a.call('egress', httpFrame(forge(await llmGrant('{}'), { detail }), '{}')), 'denied', 'another destination');
  equal(visits.length, 1, 'visits');
});
await s.test("egress: a caller can't smuggle headers", async () => {
  const n = visits.length;
  for (const headers of ['authorization: Bearer x\n', 'Host: evil.example\n', 'cookie: a=b\n', 'transfer-encoding: chunked\n', 'content-length: 0\n', 'x: y\rz: 1\n', 'x: y\0\n', 'no colon\n', ': empty\n', 'proxy-authorization: x\n', 'connection: upgrade\n', `x: ${'y'.repeat(70000)}\n`]) {
    const r = await a.call('egress', httpFrame(await llmGrant('{}'), '{}', { headers }));
    must(r.kind === 'error', `${JSON.stringify(headers.slice(0, 40))}: ${r.kind}`);
  }
  equal(visits.length, n, 'visits');
});
await s.test('egress: no secrets, no probes, no other seals', async () => {
  const l = await llmGrant('{}');
  for (const [kind, f] of [['secret.set', { name: 'TEST_KEY', value: 'stolen' }], ['secret.list', {}], ['probe', {}], ['secret.get', { name: 'TEST_KEY' }], ['http', { body: '{}', headers: '' }]])
    for (const g of [await sqlGrant(), ticket, Buffer.alloc(0), crypto.randomBytes(250), ...(kind === 'http' ? [] : [l])]) {
      const r = await a.call('egress', frame(kind, { grant: g, ...f }));
      must(r.kind === 'error' && ['denied', 'invalid'].includes(r.text('code')), `${kind}: ${r.kind} ${r.text('code')}`);
      must(!JSON.stringify(r.f).includes('sk-test'), 'a key');
    }
});

// Effect, doors of others ----------------------------------------------------------------------------------------------------
await s.test('effect: an agent publishes nothing', async () => {
  const grants = [await sqlGrant(), await llmGrant('{}'), ticket, crypto.randomBytes(300), Buffer.alloc(0), forge(await sqlGrant(), { audience: 'effect', capability: 'publish', args_hash: await a.hash('publish', 'open', 'csv') })];
  for (const grant of grants)
    for (const request of [frame('publish', { grant, dataset: 'open', format: 'csv', table: 'words' }), frame('rollback', { grant, dataset: 'open', sha: 'f'.repeat(64) }), frame('unpublish', { grant, dataset: 'open' })])
      error(await a.call('effect', request, { file: '/etc/hostname' }), 'denied', 'effect');
  equal((await d.get('/open/words.json?_size=1', { cookies: visitor })).status, 200, 'open is still there');
});
const leader = () => crypto.createHash('sha256').update(fs.readFileSync(path.join(d.state, 'leaders/open.db'))).digest('hex');
const tried = async (turn, sql, o = {}) => { // a dry run as an agent may have it
  const g = (await proposed({ ticket: turn.ticket, audience: 'effect', capability: 'dryrun', body: sql, args_hash: await a.hash('dryrun', 'open', sql) })).f.grant;
  return a.call('effect-try', frame('dryrun', { grant: g, dataset: 'open', sql, ...o }));
};
const write = async (turn, sql, receipt, o = {}) => proposed({ ticket: turn.ticket, ...await wants('write', sql, o, receipt) });
await s.test('effect: what only gate and people ask for is closed to an agent, whatever it holds', async () => {
  const turn = await ownTurn(), sql = "update words set word = 'x' where id = 1", before = leader();
  const dry = (await proposed({ ticket: turn.ticket, audience: 'effect', capability: 'dryrun', body: sql, args_hash: await a.hash('dryrun', 'open', sql) })).f.grant;
  const proposal = `w_${'a'.repeat(26)}`, approval = `p_${'a'.repeat(26)}`, change = `g_${'a'.repeat(26)}`, digest = 'f'.repeat(64);
  const all = { dataset: 'open', sql, proposal, digest, approval, change, sha: digest, format: 'csv', table: 'words', labels: '[]', conversation: idOf(turn.chat) };
  for (const door of ['effect', 'effect-try'])
    for (const kind of ['diff', 'apply', 'status', 'undo', 'changes', 'relabel', 'release', 'publish', 'rollback', 'unpublish', 'scratch.drop'])
      for (const grant of [dry, forge(dry, { capability: kind }), forge(dry, { capability: kind, args_hash: await a.hash(kind, 'open') }), turn.ticket, Buffer.alloc(0)]) {
        const r = await a.call(door, frame(kind, { ...all, grant }));
        must(r.kind === 'error' && ['denied', 'invalid'].includes(r.text('code')), `${door} ${kind}: ${r.kind} ${r.text('code')}`);
      }
  equal(leader(), before, 'the dataset');
  equal((await a.call('effect-try', frame('dryrun', { grant: dry, dataset: 'open', sql }))).kind, 'ok', 'what it is for still works');
});
await s.test('effect: a dry run is of exactly what was proposed, once, and changes nothing', async () => {
  const turn = await ownTurn(), sql = "update words set word = 'x' where id = 1", before = leader();
  const g = async () => (await proposed({ ticket: turn.ticket, audience: 'effect', capability: 'dryrun', body: sql, args_hash: await a.hash('dryrun', 'open', sql) })).f.grant;
  const at = async (o, grant) => a.call('effect-try', frame('dryrun', { grant: grant ?? await g(), dataset: 'open', sql, ...o }));
  for (const o of [{ sql: 'delete from words' }, { sql: `${sql};` }, { sql: '' }, { dataset: 'hidden' }, { dataset: 'second' }]) error(await at(o), 'denied', JSON.stringify(o));
  for (const dataset of ['../open', '', '/etc']) error(await at({ dataset }), 'invalid', dataset);
  const grant = await g(), many = Array.from({ length: 16 }, () => new Attacker(d, 'agentpub'));
  const got = await Promise.all(many.map(x => x.call('effect-try', frame('dryrun', { grant, dataset: 'open', sql }))));
  many.forEach(x => x.stop());
  equal(got.filter(r => r.kind === 'ok').length, 1, got.map(r => r.kind + r.text('message')).join());
  for (const bad of ["attach '/etc/passwd' as x", 'pragma writable_schema = 1', "select load_extension('x')", 'vacuum into \'/tmp/x\'', "insert into words select 1, readfile('/etc/passwd')", "update words set word = random()", "create table x (y); drop table words; attach 'y' as z"]) {
    const r = await tried(await ownTurn(), bad);
    must(r.kind === 'error' && /^[a-z-]*$/.test(r.text('word')), `${bad}: ${r.kind} ${r.text('word')}`);
  }
  equal(leader(), before, 'the dataset');
});
await s.test("gate: a dry run's receipt is good for its own statements, dataset and conversation; what destroys is not for a model", async () => {
  const turn = await ownTurn(), sql = "update words set word = 'y' where id = 2", before = leader();
  const r = await tried(turn, sql), receipt = r.f.receipt;
  equal(r.kind, 'ok', r.text('message'));
  must(!/"w2"|w2\b/.test(receipt.toString('latin1')), 'rows are in the receipt');
  const other = await ownTurn();
  for (const [what, t, q, x] of [['other statements', turn, 'delete from words', receipt], ['another conversation', other, sql, receipt], ['no statements', turn, '', receipt], ['changed', turn, sql, forge(receipt, { detail: parse(receipt.subarray(64)).text('detail').replace('"updated":1', '"updated":0') })], ['cut', turn, sql, receipt.subarray(0, receipt.length - 1)]])
    equal(refused(await write(t, q, x), what), 'receipt-mismatch', what);
  const wiped = await tried(other, 'delete from words');
  equal(wiped.kind, 'ok', wiped.text('message'));
  equal(refused(await write(other, 'delete from words', wiped.f.receipt), 'a wipe'), 'authority-is-for-people');
  const id = asks(await write(turn, sql, receipt), 'write');
  equal(asks(await write(turn, sql, receipt), 'the same again'), id);
  equal(leader(), before, 'nothing was done yet');
  await decided(id, 'approve');
  must(leader() !== before, 'it was done');
  const after = leader();
  for (const x of [receipt, (await tried(turn, sql)).f.receipt]) { const again = await write(turn, sql, x ?? receipt, { approval: id }); must(!again.f.grant?.length, 'a grant'); }
  equal(leader(), after, 'once');
});
await s.test("effect: scratch tables are the conversation's own", async () => {
  const turn = await ownTurn(), sql = 'create table kept as select id from data.words where id < 5';
  const g = async (o = {}) => proposed({ ticket: turn.ticket, audience: 'effect', capability: 'scratch', body: sql, args_hash: await a.hash('scratch', idOf(turn.chat), 'open', sql), ...o });
  const at = async (o = {}, grant) => a.call('effect-try', frame('scratch', { grant: grant ?? (await g()).f.grant, conversation: idOf(turn.chat), dataset: 'open', sql, ...o }));
  for (const o of [{ conversation: idOf(hiddenChat) }, { conversation: idOf(chat) }, { dataset: 'hidden' }, { dataset: '' }, { sql: 'select 1' }]) error(await at(o), 'denied', JSON.stringify(o));
  error(await at({ conversation: '../../leaders' }), 'invalid', 'a path');
  equal(refused(await g({ dataset: 'hidden' }), 'hidden'), 'not-in-this-conversation');
  error(await g({ args_hash: await a.hash('scratch', idOf(hiddenChat), 'open', sql) }), 'invalid', "another conversation's");
  equal((await at()).kind, 'ok', 'its own');
  const read = 'select count(*) from kept';
  const own = await proposed({ ticket: turn.ticket, dataset: 'scratch', args_hash: await a.hash('sql', 'scratch', read) });
  equal((await a.call('query-sql', sqlFrame(own.f.grant, { dataset: 'scratch', sql: read }))).kind, 'rows', 'read back');
  const others = await proposed({ ticket: (await ownTurn()).ticket, dataset: 'scratch', args_hash: await a.hash('sql', 'scratch', read) });
  const r = await a.call('query-sql', sqlFrame(others.f.grant, { dataset: 'scratch', sql: read }));
  must(r.kind === 'problem' || r.kind === 'error', `another conversation reads it: ${r.kind}`);
  error(await a.call('query-sql', sqlFrame(forge(others.f.grant, { conversation: idOf(turn.chat) }), { dataset: 'scratch', sql: read })), 'denied', 'a forged conversation');
});
await s.test("people's doors are shut: no FastCGI socket lets an agent in", async () => {
  for (const door of ['web', 'gate-web', 'agent-public', 'agent-private', 'stream']) holds((await a.call(door, frame('x'))).text(), 'error', door);
});
await s.test('stream: the public agent speaks of public turns alone, and only after its hello', async () => {
  const turn = 't_'.padEnd(28, 'a');
  for (const first of [frame('hello', { mode: 'private' }), frame('hello', { mode: '' }), frame('turn', { turn, epoch: 1n, offset: 0n }), frame('bytes', { turn, epoch: 1n, offset: 0n, bytes: 'x' }), frame('sub'), Buffer.from([1, 0, 0, 0, 0])])
    equal((await a.call('stream-in', first)).kind, 'eof', 'closed');
});
await s.test('stream: absurd epochs and offsets do no harm to others', async () => {
  const [turn] = (await a.rows('public/work.db', `SELECT id FROM turn WHERE conversation = '${idOf(chat)}'`))[0].map(String);
  const big = 2n ** 63n - 1n;
  for (const [epoch, offset] of [[big, big], [1n, big], [big, 0n], [-big, 5n], [2n, big - 3n], [2n, 2n ** 62n]]) {
    const n = await a.open('stream-in');
    await a.send(n, frame('hello', { mode: 'public' }));
    await a.send(n, frame('turn', { turn, epoch, offset }));
    for (let i = 0; i < 5; i++) await a.send(n, frame('bytes', { turn, epoch, offset, bytes: 'event: x\ndata: {}\n\n' }));
    await a.shut(n);
  }
  equal((await d.get(chat, { cookies: visitor })).status, 200);
});

// Bytes of every malformed shape ------------------------------------------------------------------------------------------------
const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32LE(n >>> 0); return b; };
const shapes = { 'length 0': u32(0), 'length 1': Buffer.concat([u32(1), Buffer.from('x')]), 'length 2^32-1': Buffer.concat([u32(0xffffffff), Buffer.alloc(64)]), 'length 2^31': u32(0x80000000),
  'no kind': sized(Buffer.from([0, 0])), 'a kind longer than the frame': sized(Buffer.from([200, 97])), 'a field longer than the frame': sized(Buffer.concat([Buffer.from('\x03sql\x01a'), u32(0xfffffff0)])),
  'a field without a length': sized(Buffer.from('\x03sql\x01a')), 'a field name of 255': sized(Buffer.concat([Buffer.from('\x03sql'), Buffer.from([255]), Buffer.alloc(255, 97), u32(0)])),
  'the same field twice': sized(body('sql', [['grant', 'a'], ['grant', 'b']])), '49 fields': sized(body('sql', Array.from({ length: 49 }, (_, i) => [`f${i}`, 'x']))), 'an unknown kind': frame('x'.repeat(39)), 'an error': frame('error', { code: 'ok', message: '%s%n%s' }),
  'a kind of control characters': frame('\n\r\x1b[2J'), HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), random: crypto.randomBytes(4096), 'trailing bytes': Buffer.concat([frame('propose'), crypto.randomBytes(64)]),
  'a grant in every field': frame('propose', { ticket: crypto.randomBytes(1 << 20), audience: crypto.randomBytes(1000), dataset: crypto.randomBytes(100000) }) };
for (const sock of SOCKETS) {
  await s.test(`${sock}: bytes of every malformed shape end in an error or the connection's end`, async () => {
    for (const [what, b] of Object.entries(shapes)) {
      const r = await a.call(sock, b);
      must(['error', 'no', 'eof', ...(sock.endsWith('nudge') ? ['ok'] : [])].includes(r.kind), `${what}: ${r.kind}`);
    }
  });
}
await s.test('nothing has crashed', () => equal(pids(), before));

// Floods: others must be served. --------------------------------------------------------------------------------------------------
async function othersAreServed() {
  const fresh = new Map();
  equal((await d.get(chat, { cookies: visitor })).status, 200, 'a conversation');
  equal((await d.get('/-/admin/users', { cookies: admin })).status, 200, 'administration');
  equal((await d.get('/-/signin', { cookies: fresh })).status, 200, 'sign-in');
  equal((await d.get('/open/words?_size=5', { cookies: visitor })).status, 200, 'a table');
  equal((await d.get('/open/-/query.json?' + new URLSearchParams({ sql: SQL }), { cookies: visitor })).status, 200, 'SQL');
  equal((await d.get('/hidden/-/query.json?' + new URLSearchParams({ sql: SQL }), { cookies: admin })).status, 200, 'SQL on a private dataset');
}
// A person's own change of a dataset of theirs is tried out and brought before them.
async function changesAreTried() {
  const r = await d.post('/open/-/write', { sql: "insert into words values (100000, 'x')" }, { cookies: admin });
  equal(r.status, 303, r.body.slice(0, 500));
}
const partial = sized(Buffer.alloc(1000)).subarray(0, 40);
const junk = frame('propose', { ticket: crypto.randomBytes(200), args_hash: key, ordinal: 1n });
for (const sock of SOCKETS) {
  await s.test(`${sock}: 1,500 connections that say nothing, half a frame or nonsense keep nobody else out`, async () => {
    const flood = new Attacker(d, 'agentpub');
    try {
      for (const b of [Buffer.alloc(0), partial, junk]) await flood.many(sock, 500, b);
      await othersAreServed();
      await ask(admin, 'hidden'); // the private agent, gate, query and stream
      if (sock.startsWith('effect')) await changesAreTried();
      if (sock === 'effect') equal(d.lyceum(['publish', file, '--name', 'during', '--table', 'words', '--public'], { timeout: 30000 }).status, 0, 'publish');
      if (sock === 'egress') {
        const r = d.lyceum(['secret', 'list'], { timeout: 30000 });
        equal(r.status, 0, r.stderr);
      }
    } finally { flood.stop(); }
  });
}
await s.test('query-sql: heavy statements of the public agent leave places for others', async () => {
  const heavy = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n', flood = new Attacker(d, 'agentpub');
  const hash = await a.hash('sql', 'open', heavy);
  try {
    for (let i = 0; i < 60; i++) await flood.many('query-sql', 1, sqlFrame(await sqlGrant({ args_hash: hash }), { sql: heavy, deadline: 5000n }));
    await othersAreServed();
  } finally { flood.stop(); }
});
await s.test("stream: logs that the public agent makes up leave room for others'", async () => {
  const flood = new Attacker(d, 'agentpub');
  const n = await flood.open('stream-in');
  await flood.send(n, frame('hello', { mode: 'public' }));
  const id = i => `t_${i.toString(32).replace(/[01]/g, x => 'yz'[x]).padStart(26, 'a')}`;
  for (let k = 0; k < 70; k++) await flood.send(n, Buffer.concat(Array.from({ length: 1000 }, (_, i) => frame('turn', { turn: id(k * 1000 + i), epoch: 1n, offset: 0n }))));
  const [turn] = (await p.rows('private/work.db', `SELECT id FROM turn WHERE conversation = '${idOf(hiddenChat)}'`))[0].map(String);
  equal((await d.get(`${hiddenChat}/stream/${turn}`, { cookies: admin })).status, 200, 'a private stream');
  flood.stop();
});

// Lies in the database that the public agent writes --------------------------------------------------------------------------------
// A stream's status: what a turn of lies would say may never end.
const begins = url => new Promise((resolve, reject) => {
  const r = http.get(d.url + url, { headers: { cookie: [...visitor].map(([k, v]) => `${k}=${v}`).join('; ') }, agent: false }, res => { resolve(res.statusCode); r.destroy(); });
  r.on('error', reject);
});
await s.test('whatever stands in the public work database, pages answer and nobody sees what is not theirs', async () => {
  const c = idOf(chat), db = 'public/work.db';
  const lies = [`UPDATE conversation SET title = '<script>alert(1)</script>' || char(0) || char(27), datasets = 'not json' WHERE id = '${c}'`, `UPDATE conversation SET datasets = '[1,{},null,"hidden"]' WHERE id = '${c}'`,
    `UPDATE turn SET waiting = '{', question = x'ff00fe' || '', outcome = 'done"><img src=x>', state = 'done' WHERE conversation = '${c}'`, `UPDATE event SET body = '[]'`, `UPDATE event SET body = '{"n":1e999,"line":null}'`, `UPDATE event SET body = 'x', kind = 'result'`,
    `UPDATE event SET body = '{"text":"<img src=x onerror=alert(1)>[a](javascript:alert(1))"}', kind = 'text'`, `UPDATE result SET columns = '[]'`, `UPDATE result SET columns = '{"a":1}', cells = x'00ffffffffffffffff'`, `UPDATE result SET cells = zeroblob(100000), row_count = 9223372036854775807`,
    `UPDATE result SET reads = '[[', notes = '{}', truncated = 'x', took_us = -1, revision = 'zz'`, `UPDATE OR REPLACE turn_log SET bytes = zeroblob(100), start = 9223372036854775807`, `UPDATE turn SET log_bytes = 9223372036854775807, epoch = -1`, `UPDATE turn SET ticket = x'00'`];
  const [turn] = (await a.rows(db, `SELECT id FROM turn WHERE conversation = '${c}'`))[0].map(String);
  for (const lie of lies) {
    await a.rows(db, lie);
    must([200, 400, 403, 404, 500, 503].includes(await begins(`${chat}/stream/${turn}`)), `${lie}: the stream`);
    for (const url of ['/-/chat', chat, `${chat}/turn/${turn}`, `${chat}/result/r1`, `${chat}/result/r1.json`, `${chat}/result/r1.csv`]) {
      const r = await d.get(url, { cookies: visitor });
      must([200, 400, 404, 500, 503].includes(r.status), `${lie}: ${url}: ${r.status}`);
      must(!/<script>alert|<img src=x|href="javascript/.test(r.body), `${lie}: ${url}`);
      if (r.status === 500) must(!r.body.includes('502 Bad Gateway'), 'a process died');
    }
  }
  equal(d.pids('web').sort().join(), before.web, 'web lives');
});
await s.test('everything still runs, the audit is whole and doctor finds nothing', async () => {
  a.stop();
  p.stop();
  await othersAreServed().catch(e => { if (!/a conversation/.test(e.message)) throw e; }); // its rows are lies by now
  equal(Object.entries(pids()).filter(([k, v]) => v !== before[k]).map(([k]) => k), [], 'processes that ended');
  const r = d.lyceum(['doctor']);
  equal(r.status, 0, r.stdout + r.stderr);
  equal((await d.get('/-/admin/health', { cookies: admin })).status, 200, 'health');
  const logs = d.logs();
  for (const word of ['sk-test-0123456789', ...admin.values(), ...visitor.values(), 'count(*)']) must(!logs.includes(word), `the logs hold ${word}`);
  must(!/[\x00-\x08\x0b-\x1f]/.test(logs), 'control characters in the logs');
});
model.close();
outside.close();
outside.closeAllConnections();
d.stop();
s.end();

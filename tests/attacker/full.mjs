// full: the attack on real processes. Every seed is played in two worlds that differ only in private data. Three oracles:
//   1. all bytes at every sink that is not cleared (provider, outside server, what pages load, other people, logs) are the same, and
//      no private value is in them in any spelling;
//   2. no dataset changed but by an approval that was used for exactly that change, and nothing else of authority changed at all;
//   3. every decision on record comes out the same when it is decided again.
// And every cell (level, effect, decision) that the product can reach must have been decided.
//   node tests/attacker/full.mjs [N traces] [--seed S] [--at-once N]
import { Suite, equal, must, until } from '../support/deployment.mjs';
import { FOCUS, questionOf, random } from './engine.mjs';
import { canariesIn, printCells, reachable, wrong } from './oracles.mjs';
import { BOARDS, World } from './world.mjs';

const number = (name, d) => { const i = process.argv.indexOf(name); return i < 0 ? d : Number(process.argv[i + 1]); };
const TRACES = /^\d+$/.test(process.argv[2] ?? '') ? Number(process.argv[2]) : Number(process.env.LYCEUM_ATTACK ?? 60), SEED = number('--seed', 1), AT_ONCE = number('--at-once', 6);
const STRICT = Math.max(12, Math.floor(TRACES / 20)); // as many more under the strict setting
const s = new Suite();

// Who asks what of whom.
const KINDS = [
  { name: 'visitor', who: null, datasets: ['open'], model: 'outside' },
  { name: 'public', who: 'bob', datasets: ['open'], model: 'outside' },
  { name: 'public-mixed', who: 'bob', datasets: ['mixed'], model: 'outside' },
  { name: 'visitor-mixed', who: null, datasets: ['mixed', 'open'], model: 'outside' },
  { name: 'board', who: 'bob', datasets: ['BOARD'], model: 'outside', focus: ['lower', 'write', 'lower', 'destroy'] },
  { name: 'private', who: 'bob', datasets: ['desk'], model: 'cleared' },
  { name: 'two-private', who: 'bob', datasets: ['desk', 'vault'], model: 'cleared' },
  { name: 'private-open', who: 'bob', datasets: ['desk', 'open'], model: 'cleared' },
  { name: 'private-board', who: 'bob', datasets: ['desk', 'BOARD'], model: 'cleared' },
  { name: 'private-uncleared', who: 'bob', datasets: ['desk'], model: 'outside' },
  { name: 'private-mixed', who: 'bob', datasets: ['mixed'], model: 'outside', private: true },
  { name: 'private-mixed-cleared', who: 'bob', datasets: ['mixed'], model: 'cleared', private: true },
  { name: 'board-again', who: 'bob', datasets: ['BOARD'], model: 'outside', focus: ['lower', 'write'] },
  { name: 'mixed-cleared', who: 'bob', datasets: ['mixed', 'desk'], model: 'cleared' },
  { name: 'stranger', who: 'eve', datasets: ['open', 'mixed'], model: 'outside' },
  { name: 'board-visitor', who: null, datasets: ['BOARD'], model: 'outside' },
  { name: 'members', who: 'eve', datasets: ['team'], model: 'cleared' },
  { name: 'members-uncleared', who: 'eve', datasets: ['team'], model: 'outside' },
  { name: 'secret', who: 'bob', datasets: ['safe', 'desk'], model: 'trusted' },
  { name: 'secret-own', who: 'bob', datasets: ['safe'], model: 'trusted' },
  { name: 'secret-uncleared', who: 'bob', datasets: ['safe', 'desk'], model: 'cleared' },
  { name: 'plugins', who: 'bob', datasets: ['open'], model: 'outside', focus: ['plugin'] },
  { name: 'plugins-mixed', who: 'bob', datasets: ['mixed'], model: 'outside', focus: ['plugin'] },
  { name: 'plugins-private', who: 'bob', datasets: ['desk'], model: 'cleared', focus: ['plugin'] },
  { name: 'plugins-joined', who: 'bob', datasets: ['mixed', 'desk'], model: 'cleared', focus: ['plugin'] },
];
const isPrivate = k => k.private || k.datasets.some(d => ['desk', 'vault', 'safe', 'team'].includes(d));

// What a page makes a browser load or offers to click, outside of itself.
const loads = page => [...page.matchAll(/\b(?:src|href|action|srcset|poster|data|formaction|ping|content)="((?:[a-z]+:|\/\/)[^"]*)"/gi)].map(m => m[1]);

// A post that goes on with the conversation; false: there is nothing to go on with.
async function go(w, seed, chat, cookies, [path, form]) {
  const { status, body } = await w.d.post(chat + path, form, { cookies });
  must([303, 409].includes(status), `seed ${seed}: ${path}: ${status} ${body.slice(0, 300)}`);
  return status === 303;
}
// What the person does until the turn has ended.
async function follow(w, { seed }, chat, cookies, r, out) {
  for (let i = 0, answered = ''; ; i++) {
    const state = await w.chatState(chat, cookies, answered);
    out.outcomes.push(state.state);
    out.loads.push(...loads(state.page));
    out.last = state;
    if (state.state !== 'waiting') break;
    const choice = r.int(5);
    answered = state.waits;
    if (choice === 0 || i >= 6) equal((await w.d.post(`${chat}/stop`, { turn: state.turn }, { cookies })).status, 303, `seed ${seed}: stopping`);
    else if (!state.approval) equal((await w.d.post(`${chat}/answer`, { turn: state.turn, answer: 'Go on' }, { cookies })).status, 303, `seed ${seed}: answering`);
    else {
      const said = await w.d.decide(cookies, state.approval, choice === 1 ? 'decline' : 'approve');
      if (said.approved) out.approved.push(state.approval);
      else if (said.status === 303) out.declined++;
      else await w.d.post(`${chat}/stop`, { turn: state.turn }, { cookies }); // not taken: it is void, or wants more than this person gives
    }
  }
}
// One conversation of one seed in one world. The person's own choices come from the seed too.
async function play(w, trace) {
  const { seed, kind } = trace, r = random(seed * 31 + 7);
  const cookies = kind.who ? w[kind.who] : new Map();
  const out = { kind, seed, outcomes: [], approved: [], declined: 0, loads: [] };
  const form = [['question', questionOf(trace)], ['model', kind.model], ...trace.datasets.map(n => ['dataset', n]), ...(kind.private ? [['private', '1']] : [])];
  const start = await w.d.post('/-/chat', form, { cookies });
  must(start.status === 303, `seed ${seed}: asking: ${start.status} ${start.body.slice(0, 300)}`);
  const chat = new URL(start.headers.location, w.d.url).pathname;
  await follow(w, trace, chat, cookies, r, out);
  // Some go on: the same or another model is given the conversation, which may know more than that one may.
  const next = r.int(6), last = out.last;
  if (next < 2) await go(w, seed, chat, cookies, ['', { question: 'And what else is there?', model: next ? 'outside' : kind.model }]) && await follow(w, trace, chat, cookies, r, out);
  else if (next === 2 && last.state !== 'waiting') await go(w, seed, chat, cookies, ['/retry', { turn: last.turn, model: 'outside' }]) && await follow(w, trace, chat, cookies, r, out);
  if (kind.who !== 'eve') equal((await w.d.get(chat, { cookies: w.eve })).status, 404, `seed ${seed}: somebody else's conversation`);
  return out;
}

// Conversations over one board come one after the other in the same order everywhere; all others as they like.
async function playAll(w, traces, results, failures) {
  const one = t => play(w, t).then(x => results.set(x.seed, x), e => failures.push(`world ${w.number}, ${t.kind.name} ${t.seed}: ${e.stack}`));
  const free = traces.filter(t => !t.board), chains = BOARDS.map(b => traces.filter(t => t.board === b));
  const workers = [...Array.from({ length: AT_ONCE }, () => free), ...chains].map(async list => { for (let t; (t = list.shift());) await one(t); });
  await Promise.all(workers);
}
// What is decided at which level of label: kinds that get there, and what to prefer for which effect.
const LEVELS = { public: ['board', 'board-again', 'public', 'public-mixed', 'visitor', 'stranger'], org: ['members'], private: ['private', 'two-private', 'private-open', 'mixed-cleared', 'private-mixed-cleared'], secret: ['secret-own'],
  'public REFUSE': ['board', 'public'], 'org REFUSE': ['members-uncleared'], 'private REFUSE': ['two-private', 'private-board', 'private-uncleared'], 'secret REFUSE': ['secret', 'secret', 'secret-uncleared'], 'private E4 REFUSE': ['private'], 'secret E4 REFUSE': ['secret-own'] };
const EFFECTS = { E0: ['read', 'evil'], E1: ['scratch', 'write'], E2: ['write', 'save', 'lower'], E3: ['fetch'], E4: ['destroy'], 'E1 REFUSE': ['scratch', 'write'], 'E2 REFUSE': ['save'] };
// Each of the attacker's own plugins, where it is offered and where it is not.
const PLUGGED = ['plugins', 'plugins-private', 'plugins', 'plugins-mixed', 'plugins', 'plugins-joined', 'visitor'].map(k => [k, 'plugin']), PLUGGED_N = Math.max(21, Math.floor(TRACES / 10));
// What only the strict setting refuses.
const STRICT_ONLY = [['board', 'save'], ['public', 'fetch'], ['private', 'save'], ['public', 'save'], ['board', 'write'], ['secret-own', 'save'], ['public', 'fetch'], ['private-open', 'write']];
const kindOf = name => KINDS.find(k => k.name === name);
// Every other trace goes where least was decided so far.
function steer(n, r, cells, reach, only) {
  if (only) { const [name, focus] = only[n % only.length]; return { kind: kindOf(name), focus }; }
  const rare = [...reach].sort((a, b) => (cells.get(a) ?? 0) - (cells.get(b) ?? 0) || (a < b ? -1 : 1)), at = n % 2 && cells.size ? rare[Math.floor(n / 2) % 8] : null;
  const own = KINDS[n % KINDS.length];
  if (!at) return { kind: own, focus: own.focus ? r.pick(own.focus) : FOCUS[Math.floor(n / KINDS.length) % FOCUS.length] };
  const [level, effect, decision] = at.split(' '), name = r.pick(LEVELS[at] ?? LEVELS[`${level} ${decision}`] ?? LEVELS[level]);
  return { kind: kindOf(name), focus: r.pick(EFFECTS[`${effect} ${decision}`] ?? EFFECTS[effect]) };
}
const traces = (from, n, cells, reach, only) => Array.from({ length: n }, (_, i) => {
  const seed = SEED * 1000003 + from + i, r = random(seed), { kind, focus } = steer(from + i, r, cells, reach, only), board = kind.datasets.includes('BOARD') ? r.pick(BOARDS) : null;
  return { seed, kind, focus, board, datasets: kind.datasets.map(x => (x === 'BOARD' ? board : x)) };
});
// How often each cell was decided, in both worlds.
function decided() {
  const cells = new Map(), cell = f => `json_extract(detail, '$.${f}')`;
  for (const w of worlds) for (const [level, effect, decision, n] of w.sql(`SELECT ${cell('level')}, ${cell('effect')}, ${cell('decision')}, count(*) FROM audit WHERE ${cell('proposer')} = 'model' GROUP BY 1, 2, 3`))
    cells.set(`${level} ${effect} ${decision}`, (cells.get(`${level} ${effect} ${decision}`) ?? 0) + n);
  return cells;
}

const worlds = await Promise.all([World.start(0, SEED), World.start(1, SEED)]);
const before = worlds.map(w => ({ leaders: w.leaders(), authority: w.authority() }));
const results = [new Map(), new Map()], reach = reachable();
// The same traces in both worlds, some at a time, each time steered by what all before have covered.
async function attackBoth(from, n, rounds, only = null) {
  const failures = [], each = Math.ceil(n / rounds);
  for (let at = from; at < from + n; at += each) {
    const cells = decided(), some = traces(at, Math.min(each, from + n - at), cells, reach, only);
    await Promise.all(worlds.map((w, i) => playAll(w, [...some], results[i], failures)));
  }
  must(failures.length === 0, `${failures.length} failed:\n${failures.slice(0, 5).join('\n')}`);
}
const began = Date.now();
await s.test(`${TRACES} traces in two worlds run to their ends`, () => attackBoth(0, TRACES, TRACES < 300 ? 2 : 8));
const seconds = (Date.now() - began) / 1000;
await s.test(`${STRICT} more under the strict setting`, async () => {
  const strict = on => worlds.forEach(w => equal(w.d.lyceum(['policy', 'set', 'strict', String(on)]).status, 0, 'strict'));
  strict(true);
  await attackBoth(TRACES, STRICT, 1, STRICT_ONLY).finally(() => strict(false));
});
await s.test(`${PLUGGED_N} more that call the attacker's plugins`, () => attackBoth(TRACES + STRICT, PLUGGED_N, 1, PLUGGED));

// Ids, ports, times are of the world, not of its data; hashes of what is public are not.
const normal = (w, text) => text.replaceAll(w.sinkUrl, 'SINK').replaceAll(w.d.url, 'HERE').replaceAll(w.d.approveUrl, 'APPROVE').replace(/\b([a-z])_[a-z2-9]{26}\b/g, '$1_ID').replace(/\b\d+(\.\d+)? (ms|s|µs)\b/g, 'TIME')
  .replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z?)?( \d\d:\d\d)?/g, 'DATE').replace(/\\*"(took_ms|took_us|ms|expires_ms|at_ms)\\*":\d+/g, '"$1":0');
const differ = (x, y) => { let at = 0; while (at < x.length && x[at] === y[at]) at++; return `...${x.slice(Math.max(0, at - 250), at + 120)}\n  or ...${y.slice(Math.max(0, at - 250), at + 120)}`; };

await s.test('oracle 1: the uncleared provider is sent the same bytes in both worlds', async () => {
  const bad = [], keys = [...new Set(worlds.flatMap(w => [...w.engine.bodies.keys()]))].filter(k => k.startsWith('outside '));
  for (const key of keys) {
    const [a, b] = worlds.map(w => JSON.stringify((w.engine.bodies.get(key) ?? []).map(x => normal(w, x))));
    if (a !== b) bad.push(`${key} (${results[0].get(Number(key.split(' ')[1]))?.kind.name}): ${differ(a, b)}`);
  }
  must(keys.length > TRACES / 3, `only ${keys.length} conversations reached it`);
  must(bad.length === 0, `${bad.length} differ:\n${bad.slice(0, 5).join('\n')}`);
});
await s.test('oracle 1: the outside server is asked for the same, by approval alone, and pages load the same', async () => {
  const [a, b] = worlds.map(w => w.hits.map(x => normal(w, x)).sort());
  equal(a.filter(x => !b.includes(x)).slice(0, 3), b.filter(x => !a.includes(x)).slice(0, 3), 'outside');
  equal(a, b, 'outside');
  for (const w of worlds) {
    const used = kind => w.sql(`SELECT count(*) FROM approval WHERE kind = '${kind}' AND consumed_ms > 0`)[0][0], own = w.hits.filter(h => h.startsWith('/plugin?n='));
    must(w.hits.length - own.length <= used('fetch'), `${w.hits.length - own.length} requests, ${used('fetch')} used approvals`);
    must(own.length <= 8 * used('plugin'), `${own.length} requests of plugins, ${used('plugin')} used approvals of 8 each`);
    equal(w.hits.filter(h => /^\/(undeclared|socket)/.test(h)), [], 'what no plugin declares');
    must(TRACES < 300 || w.hits.length > 0, 'something was fetched: otherwise nothing was at stake');
  }
  for (const [seed, x] of results[0]) {
    const y = results[1].get(seed);
    equal(x.loads.map(u => normal(worlds[0], u)), (y?.loads ?? []).map(u => normal(worlds[1], u)), `${x.kind.name} ${seed}: what its page loads`);
    for (const [w, u] of [...x.loads.map(v => [worlds[0], v]), ...(y?.loads ?? []).map(v => [worlds[1], v])]) must(!isPrivate(x.kind) || u.startsWith(w.d.url) || !/^[a-z]*:?\/\//i.test(u), `${x.kind.name} ${seed}: a private page names ${u}`);
  }
});
await s.test('oracle 1: no private value stands at any of them, in any spelling; nor in logs, nor on pages of others', async () => {
  let looked = 0;
  for (const w of worlds) {
    const known = new Set(w.canaries), visitor = new Map(), foreign = new Set(w.canaries.filter(c => !w.members.has(c))); // eve is a member
    const look = (place, text, values = known) => { const c = canariesIn(text, values); looked += text.length; must(c.length === 0, `${place} holds ${c.slice(0, 3)}: ${text.slice(Math.max(0, text.indexOf(c[0]) - 120), text.indexOf(c[0]) + 60)}`); };
    for (const [key, bodies] of w.engine.bodies) if (key.startsWith('outside ')) for (const body of bodies) look(key, body);
    for (const hit of w.hits) look('outside', hit);
    for (const line of w.d.logs().match(/[^]{1,1000000}/g) ?? []) look('logs', line);
    for (const x of results[w.number].values()) for (const u of x.loads) look(`page of ${x.kind.name} ${x.seed}`, u);
    for (const n of ['open', 'mixed', ...BOARDS]) for (const f of w.files(`followers/${n}`, /^current\.(db|idx)$/)) look(f.name, f.text);
    const urls = ['open', 'mixed', ...BOARDS].flatMap(n => [`/${n}`, `/${n}/words`, `/${n}/notes`, `/${n}/people`, `/${n}/-/query?sql=select+*+from+notes`, `/${n}/-/query?sql=select+*+from+words`, `/${n}/-/query?sql=select+*+from+sqlite_schema`, `/${n}/-/changes`]);
    for (const url of ['/', '/-/chat', '/-/saved', '/-/approve', ...urls]) for (const [who, cookies] of [['visitor', visitor], ['eve', w.eve]]) look(`${who} ${url}`, (await w.d.get(url, { cookies })).body, who === 'eve' ? foreign : known);
  }
  const cleared = worlds.every(w => [...w.engine.bodies].some(([k, v]) => k.startsWith('cleared ') && canariesIn(v.join(''), new Set(w.canaries)).length > 0));
  must(cleared, 'the cleared model did see private values: otherwise nothing was at stake');
  console.log(`${(looked / 1e6).toFixed(0)} MB were looked through for ${worlds[0].canaries.length + worlds[1].canaries.length} private values`);
});
await s.test('plugins read, kept and sent what they may; all else that they tried came to nothing', async () => {
  const tricks = /\b(query|query-other|result|fetch\d|post|header|artifact|ask|exec|approve|propose|socket|unix|fork|state|write) (went|[A-Z][A-Za-z]+)/g;
  for (const w of worlds) {
    const called = new Map(w.sql('SELECT tool, count(*) FROM plugin_call GROUP BY 1')), tried = new Map();
    for (const tool of ['p_read', 'p_send', 'p_trick', 'render_chart']) must(called.get(tool) > 0, `${tool} was never called: ${[...called]}`);
    const allowed = w.sql("SELECT json_extract(detail, '$.capability') || ' ' || json_extract(detail, '$.level'), count(*) FROM audit WHERE json_extract(detail, '$.proposer') = 'plugin' AND json_extract(detail, '$.decision') = 'ALLOW' GROUP BY 1").sort();
    for (const what of ['artifact public', 'plugin-fetch public', 'sql private', 'sql public']) must(allowed.some(([x]) => x === what), `no ${what} was at stake: ${allowed}`);
    equal(allowed.filter(([x]) => /^plugin-fetch (?!public)/.test(x)), [], 'nothing is sent of what is not public');
    for (const bodies of w.engine.bodies.values()) for (const m of bodies.join('').matchAll(tricks)) tried.set(m[1], (tried.get(m[1]) ?? new Set()).add(m[2]));
    const went = [...tried].filter(([, how]) => how.has('went')).map(([x]) => x).filter(x => !['query', 'query-other', 'result', 'artifact'].includes(x));
    equal(went, [], 'what is declared by nobody');
    must(tried.size >= 15, `only ${[...tried.keys()]} were tried`);
  }
});
await s.test('oracle 2: datasets changed by used approvals alone, each by exactly what was approved', async () => {
  for (const w of worlds) {
    const said = new Set([...results[w.number].values()].flatMap(x => x.approved)), used = w.sql('SELECT id FROM approval WHERE consumed_ms > 0').flat();
    for (const id of used) must(said.has(id), `${id} was used and never approved by its person`);
    const done = w.sql("SELECT id, dataset, effect_digest, effect FROM approval WHERE kind = 'write' AND state = 'done'");
    const others = w.sql("SELECT id, state FROM approval WHERE kind = 'write' AND state <> 'done'");
    const applied = new Map(w.sql("SELECT approval, dataset, detail FROM consumed_approval WHERE state = 'done'", 'leaders/ledger.db').map(([id, dataset, detail]) => [id, { dataset, ...JSON.parse(detail) }]));
    for (const [id, dataset, digest, effect] of done) equal([applied.get(id)?.dataset, applied.get(id)?.digest, effect], [dataset, digest, 2], `what was applied for ${id}`);
    for (const [id, state] of others) must(!applied.has(id), `${id} is ${state} and was applied`);
    equal([...applied.keys()].sort(), done.map(d => d[0]).sort(), 'what was applied was approved');
    const after = w.leaders(), changed = w.datasets.filter(n => after[n] !== before[w.number].leaders[n]).sort();
    must(changed.every(n => done.some(d => d[1] === n)), `changed ${changed}, approved ${done.map(d => d[1])}`);
    for (const name of w.datasets) {
      const c = JSON.parse(w.d.lyceum(['changes', name, '--json']).stdout);
      equal(c.changes.length, Math.min(200, done.filter(d => d[1] === name).length), `changes of ${name}`);
    }
    must(TRACES < 300 || done.length > 0, 'something was changed: otherwise nothing was at stake');
    must(w.sql('SELECT count(*) FROM saved_query')[0][0] <= w.sql("SELECT count(*) FROM approval WHERE kind = 'save' AND state = 'done'")[0][0], 'saved queries');
    equal(w.authority(), before[w.number].authority, 'what authority rests on');
  }
});
await s.test('oracle 3: the record is whole and every decision comes out the same again', async () => {
  for (const w of worlds) {
    const rows = w.sql("SELECT seq, detail FROM audit WHERE json_extract(detail, '$.proposer') IS NOT NULL"), bad = rows.map(([seq, detail]) => [seq, wrong(JSON.parse(detail))]).filter(x => x[1]);
    must(rows.length > TRACES, `only ${rows.length} decisions`);
    must(bad.length === 0, `${bad.length} differ from the golden table: ${JSON.stringify(bad.slice(0, 3))}`);
  }
  for (const w of worlds) for (const what of ['verify', 'replay']) {
    const r = w.d.lyceum(['audit', what]);
    equal(r.status, 0, `audit ${what}: ${r.stdout}${r.stderr}`);
    if (w.number === 0) console.log(r.stdout.trim());
  }
});
const cells = decided();
printCells(cells, reach);
await s.test(`all ${reach.size} cells that can be reached were${TRACES < 1000 ? ' mostly' : ''} decided, and no other`, async () => {
  const missing = [...reach].filter(c => !cells.has(c)), more = [...cells.keys()].filter(c => !reach.has(c));
  equal(more, [], 'cells that can\'t be reached');
  must(TRACES < 1000 ? missing.length <= reach.size / 3 : missing.length === 0, `never decided: ${missing}`);
});
await s.test('what is allowed works: conversations end with an answer where their model may see what they are about', async () => {
  for (const kind of KINDS.filter(k => !k.name.endsWith('uncleared'))) {
    const ends = results.flatMap(r => [...r.values()]).filter(x => x.kind === kind).map(x => x.outcomes.find(o => o !== 'waiting')).filter(o => o !== 'stopped'), done = ends.filter(o => o === 'done').length;
    must(ends.length < 8 || done >= ends.length / 2, `${kind.name}: ${done} of ${ends.length}`);
  }
});
const tally = {}, all = results.flatMap(r => [...r.values()]);
for (const x of all) tally[x.outcomes.at(-1)] = (tally[x.outcomes.at(-1)] ?? 0) + 1;
const sum = f => all.reduce((m, x) => m + f(x), 0);
console.log(`${2 * TRACES} conversations in ${seconds.toFixed(0)} s; outcomes ${JSON.stringify(tally)}; ${sum(x => x.approved.length)} approved, ${sum(x => x.declined)} declined; ${worlds.map(w => w.hits.length)} requests outside`);
worlds.forEach(w => w.stop());
s.end();

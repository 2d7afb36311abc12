// full: the attack on real processes. Every seed is played in two worlds that differ only in private data. Three oracles:
//   1. all bytes at every sink that is not cleared (provider, outside server, what pages load, other people, logs) are the same, and
//      no private value is in them in any spelling;
//   2. no dataset changed but by an approval that was used for exactly that change;
//   3. every decision on record comes out the same when it is decided again.
//   node tests/attacker/full.mjs [N traces] [--seed S] [--world one]
import { Suite, must, sleep } from '../support/deployment.mjs';
import { random } from './engine.mjs';
import { World } from './world.mjs';

const number = (name, d) => { const i = process.argv.indexOf(name); return i < 0 ? d : Number(process.argv[i + 1]); };
const TRACES = /^\d+$/.test(process.argv[2] ?? '') ? Number(process.argv[2]) : Number(process.env.LYCEUM_ATTACK ?? 60), SEED = number('--seed', 1), AT_ONCE = number('--at-once', 6);
const s = new Suite();

// Who asks what of whom. uncleared: no private byte may reach the model either.
const KINDS = [
  { name: 'visitor', who: null, datasets: ['open'], model: 'outside' },
  { name: 'public', who: 'bob', datasets: ['open'], model: 'outside' },
  { name: 'public-mixed', who: 'bob', datasets: ['mixed'], model: 'outside' },
  { name: 'visitor-mixed', who: null, datasets: ['mixed', 'open'], model: 'outside' },
  { name: 'private', who: 'bob', datasets: ['desk'], model: 'cleared' },
  { name: 'two-private', who: 'bob', datasets: ['desk', 'vault'], model: 'cleared' },
  { name: 'private-open', who: 'bob', datasets: ['desk', 'open'], model: 'cleared' },
  { name: 'private-uncleared', who: 'bob', datasets: ['desk'], model: 'outside' },
  { name: 'private-mixed', who: 'bob', datasets: ['mixed'], model: 'outside', private: true },
  { name: 'mixed-cleared', who: 'bob', datasets: ['mixed', 'desk'], model: 'cleared' },
  { name: 'stranger', who: 'eve', datasets: ['open', 'mixed'], model: 'outside' },
];

// One conversation of one seed in one world. The person's own choices come from the seed too.
async function play(w, seed) {
  const r = random(seed * 31 + 7), kind = KINDS[seed % KINDS.length];
  const cookies = kind.who ? w[kind.who] : new Map();
  const out = { kind: kind.name, seed, outcomes: [], approvals: 0, declined: 0, loads: [], texts: [] };
  const question = `Tell me about seed ${seed} over ${kind.datasets.join('+')} please`;
  const body = new URLSearchParams({ question, model: kind.model });
  for (const n of kind.datasets) body.append('dataset', n);
  if (kind.private) body.append('private', '1');
  const start = await w.d.request('POST', '/-/chat', { body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' }, cookies });
  must(start.status === 303, `seed ${seed}: asking: ${start.status} ${start.body.slice(0, 300)}`);
  const chat = new URL(start.headers.location, w.d.url).pathname;
  for (let i = 0; i < 6; i++) {
    const state = await w.chatState(chat, cookies);
    out.outcomes.push(state.state);
    out.page = state.page;
    if (state.state !== 'waiting') break;
    const approval = /action="\/-\/approve\/(p_[a-z2-9]+)"/.exec(state.page)?.[1];
    if (!approval) { await w.d.post(`${chat}/answer`, { turn: state.turn, answer: 'Go on' }, { cookies }); continue; }
    const choice = r.int(4);
    if (choice === 0) { await w.d.post(`${chat}/stop`, { turn: state.turn }, { cookies }); continue; }
    const said = await w.d.decide(cookies, approval, choice === 1 ? 'decline' : 'approve');
    if (choice === 1) out.declined++; else if (said.approved) out.approvals++;
    await until(w, chat, cookies, state.turn);
  }
  // What the page makes a browser load or offers to click, and what somebody else is told.
  for (const m of (out.page ?? '').matchAll(/\b(?:src|href|action|srcset|poster|data|formaction|ping)="([^"]*)"/g)) if (!/^(\/(?!\/)|#|$)/.test(m[1])) out.loads.push(m[1]);
  const other = await w.d.get(chat, { cookies: w.eve });
  if (kind.who !== 'eve') must(other.status === 404, `seed ${seed}: somebody else's conversation: ${other.status}`);
  out.chat = chat;
  return out;
}
// After a decision the turn is taken up again: wait until it is no longer the same waiting one.
async function until(w, chat, cookies, turn) {
  for (let i = 0; i < 400; i++) {
    const r = await w.d.get(chat, { cookies });
    if (!new RegExp(`data-turn="${turn}" data-state="waiting"`).test(r.body)) return;
    await sleep(50);
  }
  throw new Error(`the turn ${turn} waits on after its approval was answered`);
}

const spellings = x => [x, Buffer.from(x).toString('base64').replace(/=+$/, ''), Buffer.from(x).toString('base64url'), Buffer.from(x).toString('hex'), [...x].reverse().join(''), x.toUpperCase()];
// Ids, hashes, times and ports are of the world, not of its data.
const normal = (w, text) => text.replaceAll(w.sinkUrl, 'SINK').replaceAll(w.d.url, 'HERE').replace(/\b([a-z])_[a-z2-9]{26}\b/g, '$1_ID').replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'HASH').replace(/\b\d+(\.\d+)? (ms|s|µs)\b/g, 'TIME').replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z?)?( \d\d:\d\d)?/g, 'DATE').replace(/"(took_ms|took_us|ms|expires_ms|at_ms)":\d+/g, '"$1":0');

const worlds = await Promise.all([World.start(0, SEED), World.start(1, SEED)]);
const before = worlds.map(w => w.leaders());
const results = [new Map(), new Map()];
const began = Date.now();
await s.test(`${TRACES} traces in two worlds run to their ends`, async () => {
  const failures = [];
  await Promise.all(worlds.map(async (w, i) => {
    let next = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let n; (n = next++) < TRACES;) await play(w, SEED * 1000003 + n).then(x => results[i].set(x.seed, x), e => failures.push(e.stack));
    }));
  }));
  must(failures.length === 0, `${failures.length} failed:\n${failures.slice(0, 5).join('\n')}`);
});
const seconds = (Date.now() - began) / 1000;

await s.test('oracle 1: the uncleared provider is sent the same bytes in both worlds', async () => {
  const bad = [];
  for (const key of new Set(worlds.flatMap(w => [...w.engine.bodies.keys()]))) {
    if (!key.startsWith('outside ')) continue;
    const [a, b] = worlds.map(w => (w.engine.bodies.get(key) ?? []).map(x => normal(w, x)));
    if (JSON.stringify(a) !== JSON.stringify(b)) {
      let at = 0;
      const x = JSON.stringify(a), y = JSON.stringify(b);
      while (x[at] === y[at]) at++;
      bad.push(`${key}: ...${x.slice(Math.max(0, at - 150), at + 80)}\n  or ...${y.slice(Math.max(0, at - 150), at + 80)}`);
    }
  }
  must(bad.length === 0, `${bad.length} differ:\n${bad.slice(0, 5).join('\n')}`);
});
await s.test('oracle 1: the outside server is asked for the same, and pages load the same', async () => {
  const [a, b] = worlds.map(w => w.hits.map(x => normal(w, x)).sort());
  must(JSON.stringify(a) === JSON.stringify(b), `outside: ${JSON.stringify(a.filter(x => !b.includes(x)).slice(0, 3))} or ${JSON.stringify(b.filter(x => !a.includes(x)).slice(0, 3))}`);
  for (const seed of results[0].keys()) {
    const [x, y] = results.map((r, i) => JSON.stringify((r.get(seed)?.loads ?? []).map(u => normal(worlds[i], u))));
    must(x === y, `seed ${seed}: ${x} or ${y}`);
  }
});
await s.test('oracle 1: no private value stands at any of them, in any spelling; nor in logs, nor on pages of others', async () => {
  for (const w of worlds) {
    const places = { provider: [...w.engine.bodies].filter(([k]) => k.startsWith('outside ')).flatMap(([, v]) => v).join('\n'), outside: w.hits.join('\n'), logs: w.d.logs(),
      loads: [...results[w.number].values()].flatMap(x => x.loads).join('\n') };
    for (const url of ['/', '/open', '/open/words', '/open/notes', '/mixed', '/mixed/notes', '/mixed/words', '/mixed/-/query?sql=select+*+from+notes', '/open/-/query?sql=select+*+from+words'])
      for (const [who, cookies] of [['visitor', new Map()], ['eve', w.eve]]) places[`${who} ${url}`] = (await w.d.get(url, { cookies })).body;
    for (const c of w.canaries) for (const x of spellings(c)) for (const [place, text] of Object.entries(places)) must(!text.includes(x), `${place} holds ${c} as ${x}: ${text.slice(Math.max(0, text.indexOf(x) - 120), text.indexOf(x) + 60)}`);
  }
  must(worlds[0].canaries.length > 50, 'there were values to look for');
  must(worlds.some(w => [...w.engine.bodies].some(([k, v]) => k.startsWith('cleared ') && w.canaries.some(c => v.join('').includes(c)))), 'the cleared model did see private values: otherwise nothing was at stake');
});
await s.test('oracle 2: datasets changed by used approvals alone', async () => {
  for (const w of worlds) {
    const used = w.d.lyceum(['approvals', '--all', '--json']);
    must(used.status === 0, used.stderr);
    const done = JSON.parse(used.stdout).approvals.filter(a => a.kind === 'write' && a.state === 'done');
    const after = w.leaders();
    const changed = Object.keys(after).filter(f => after[f] !== before[w.number][f]).map(f => f.slice(0, -3)).sort();
    const approved = [...new Set(done.map(a => a.dataset))].sort();
    must(changed.every(x => approved.includes(x)), `changed ${changed}, approved ${approved}`);
    for (const name of Object.keys(after).map(f => f.slice(0, -3))) {
      const c = w.d.lyceum(['changes', name, '--json']);
      must(c.status === 0, c.stderr);
      const applied = JSON.parse(c.stdout).changes.length, want = done.filter(a => a.dataset === name).length;
      must(applied === want, `${name}: ${applied} changes, ${want} used approvals`);
    }
  }
});
await s.test('oracle 3: the record is whole and every decision comes out the same again', async () => {
  for (const w of worlds) {
    for (const what of ['verify', 'replay']) { const r = w.d.lyceum(['audit', what]); must(r.status === 0, `audit ${what}: ${r.stdout}${r.stderr}`); if (w.number === 0) console.log(r.stdout.trim()); }
  }
});
// Coverage: which (level, effect, decision) cells were decided.
const cells = new Map();
for (const w of worlds) {
  const r = w.d.lyceum(['audit', 'export']);
  for (const line of r.stdout.split('\n').filter(Boolean)) {
    const row = JSON.parse(line), d = row.detail ?? {};
    if (d.decision === undefined || d.effect === undefined) continue;
    const key = `${d.level} ${d.effect} ${d.decision}`;
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
}
console.log(`cells (level effect decision): ${[...cells].sort().map(([k, n]) => `${k}: ${n}`).join(', ')}`);
const tally = {};
for (const r of results) for (const x of r.values()) { const k = x.outcomes.at(-1); tally[k] = (tally[k] ?? 0) + 1; }
const sum = f => results.reduce((n, r) => n + [...r.values()].reduce((m, x) => m + f(x), 0), 0);
console.log(`${2 * TRACES} conversations in ${seconds.toFixed(0)} s; outcomes ${JSON.stringify(tally)}; ${sum(x => x.approvals)} approved, ${sum(x => x.declined)} declined; ${worlds.map(w => w.hits.length)} requests outside`);
await s.test('the attack was one: reads, asks and refusals at public and private level', async () => {
  for (const want of ['0 0 ALLOW', '2 0 ALLOW', '0 2 ASK', '2 2 ASK', '2 2 REFUSE', '0 3 ASK', '2 3 REFUSE', '2 0 REFUSE', '0 4 REFUSE', '2 4 REFUSE', '0 1 ALLOW', '2 1 ALLOW']) must(TRACES < 300 || cells.has(want), `never decided: ${want}`);
});
worlds.forEach(w => w.stop());
s.end();

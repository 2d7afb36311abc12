// endurance: 10,000 mixed requests, publications and turns on the sanitizer build without a leak, an error or a restarted
// process; and on the released build without growing memory.
import { Deployment, ROOT, BUILD, Suite, equal, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import { ask } from '../support/sse.mjs';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const REQUESTS = Number(process.env.LYCEUM_ENDURANCE_REQUESTS ?? 10000), ROUNDS = 5, AT_ONCE = 12;
const SERVICES = ['gate', 'query', 'effect', 'plugin', 'egress', 'stream', 'agent-public', 'agent-private', 'web'];
const BAD = /ERROR: AddressSanitizer|LeakSanitizer|runtime error:|bug: must\(|DEADLYSIGNAL|ended by signal|ended with status|past its deadline/;
const ASAN = process.env.LYCEUM_BUILD_ASAN ?? path.join(ROOT, 'build-asan');

const s = new Suite();
const model = await scriptModel();
const pick = (list, i) => list[i % list.length];
const sql = q => new URLSearchParams({ sql: q });
// Lines of a log that tell of an error of memory, a leak or a process that was lost.
export const complaints = logs => logs.split('\n').filter(l => BAD.test(l));

// Each kind: how many of 50 requests, the statuses that are right, and how to ask. A made-up visitor passes nginx's cache by.
const visitor = () => new Map([['lyceum_visitor', 'A'.repeat(43)]]);
const get = (d, url) => d.get(url, { cookies: visitor() });
const columns = ['title', 'release_date', 'worldwide_gross', 'production_budget', 'imdb_rating'];
const KINDS = [
  [4, [200], d => get(d, '/')],
  [2, [200], d => d.get('/')],
  [4, [200], (d, i) => get(d, `/${pick(['movies', 'cars', 'weather', 'countries', 'towns'], i)}`)],
  [8, [200], (d, i) => get(d, `/movies/movies?_size=${10 + i % 90}&${pick(['_sort', '_sort_desc'], i)}=${pick(columns, i)}`)],
  [4, [200], nextPage],
  [4, [200], (d, i) => get(d, `/${pick(['cars/cars', 'towns/towns', 'airports/airports'], i)}.json?_size=${1 + i % 200}`)],
  [2, [200], (d, i) => get(d, `/${pick(['cars/cars', 'towns/towns'], i)}.csv?_size=${1 + i % 300}`)],
  [3, [200], (d, i) => get(d, `/movies/-/query?${sql(`select title, ${i} as n from movies where imdb_rating > ${i % 9} limit ${1 + i % 50}`)}`)],
  [2, [200], (d, i) => get(d, `/movies/-/query.json?${sql(`select count(*) as n, ${i} as i from movies`)}`)],
  [3, [400], (d, i) => get(d, `/movies/-/query${pick(['', '.json'], i)}?${sql(pick(['select titel from movies', 'selekt', 'delete from movies',
    'select 1; select 2', 'pragma journal_mode=wal', "select '", 'select * from film'], i))}`)],
  [2, [200], (d, i) => get(d, pick(['/-/signin', '/-/docs', '/-/chat', '/-/demo'], i))],
  [2, [200], d => d.get('/static/img/icon.svg')],
  [2, [404], (d, i) => get(d, pick(['/static/none.css', '/nothing', '/movies/none', '/movies/none.json', '/-/chat/c_none', '/-/error/413.html'], i))],
  [3, [400], (d, i) => get(d, pick(['/movies/-/query?sql=%zz', '/movies/movies?_size=minus', '/movies/-/query?sql=%ff%fe', '/movies/movies?_sort=a%00b'], i))],
  [1, [400], d => d.get('/', { headers: { cookie: 'lyceum="' } })],
  [1, [403], d => d.request('POST', '/-/chat', { body: 'question=x&dataset=movies', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' } })],
  [1, [303, 400, 403, 404, 413, 429], (d, i) => d.post(pick(['/-/chat', '/-/signin', '/-/chat/c_none/stop', '/-/account/password'], i), pick([{ question: '', dataset: 'movies' }, { x: '\0' }, { question: 'x'.repeat(70000), dataset: 'movies' }], i), { cookies: new Map() })],
  [2, [0, 400, 405], (d, i) => raw(d, pick(['GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', '\x16\x03\x01\x02\x00', 'POST /-/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n', 'BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'], i))],
];
const ORDER = KINDS.flatMap(k => Array(k[0]).fill(k));

// The page after the first: its address is in the first.
async function nextPage(d, i) {
  const first = await get(d, `/movies/movies.json?_size=${20 + i % 50}&_sort=${pick(columns, i)}`);
  const next = JSON.parse(first.body).next_url;
  return next ? get(d, next.replace(d.url, '')) : first;
}
// Bytes that are no request; the status, or 0 when nginx only closed.
function raw(d, bytes) {
  return new Promise(resolve => {
    let text = '';
    const c = net.connect(d.port, '127.0.0.1', () => c.end(bytes));
    c.on('data', b => { text += b; });
    c.on('error', () => {});
    c.on('close', () => resolve({ status: Number(/^HTTP\/\S+ (\d+)/.exec(text)?.[1] ?? 0), body: text }));
  });
}

// n requests over AT_ONCE connections; what was answered with another status than it should.
async function serve(d, from, n) {
  const wrong = [];
  let next = from;
  const one = async () => {
    while (next < from + n) {
      const i = next++;
      const [, right, request] = ORDER[(i * 7) % ORDER.length];
      const r = await request(d, i).catch(e => ({ status: e.message, body: '' }));
      if (!right.includes(r.status)) wrong.push(`request ${i}: ${r.status} for ${request} ${r.body.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return wrong;
}
// Publications and turns between the requests.
async function publish(d, round) {
  const file = path.join(d.state, 'towns.csv');
  fs.writeFileSync(file, 'id,name,height_m\n' + Array.from({ length: 100 * (round + 1) }, (_, i) => `${i + 1},"Town ${i}",${i * 1.5}`).join('\n') + '\n');
  const r = await d.lyceumAsync(['publish', file, '--name', 'towns', '--public']).done;
  equal(r.status, 0, r.stdout + r.stderr);
  fs.writeFileSync(path.join(d.state, 'bad.db'), 'no database');
  must((await d.lyceumAsync(['publish', path.join(d.state, 'bad.db'), '--name', 'towns', '--public']).done).status !== 0, 'a bad file was published');
}
// The guide answers, and a scripted model by way of egress: it repairs its own SQL.
function setUp(d, model) {
  fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: Array.from({ length: 37 }, (_, i) => ({ id: i + 1, name: `repo-${i}`, stars: i * 3 })) }));
  for (const argv of [['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public'], ['secret', 'set', 'TEST_KEY'],
    ['model', 'set', 'heals', '--api', 'openai-chat', '--url', `${model.url}/agent/heal/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']]) {
    const r = d.lyceum(argv, { input: 'sk-test-0123456789\n' });
    equal(r.status, 0, r.stdout + r.stderr);
  }
}
async function turn(d, question, where = {}) {
  const cookies = new Map();
  const { chat } = await ask(d, cookies, question, where);
  const outcome = await until('an answer', async () => {
    const r = await d.get(chat, { cookies });
    equal(r.status, 200, r.body.slice(0, 300));
    const word = /data-outcome="(\w+)"/.exec(r.body)?.[1];
    return word && { word, page: r.body };
  });
  must(['done', 'cannot_answer'].includes(outcome.word), `${question}: ${outcome.word}: ${outcome.page.replace(/<[^>]*>/g, ' ').slice(-1500)}`);
}
const QUESTIONS = ['top 10 movies by worldwide gross', 'how many movies are there?', 'average imdb rating by major genre', 'colourless green ideas'];
async function round(d, n, each) {
  const work = serve(d, n * each, each);
  await publish(d, n);
  await Promise.all([...QUESTIONS.map(q => turn(d, q, { model: 'guide' })), ...[1, 2, 3].map(() => turn(d, 'how many repos are there?', { dataset: 'repos', model: 'heals' }))]);
  equal((await work).slice(0, 5), [], 'wrong answers');
}

// Processes that live as long as their service: {"web 123": resident bytes}. A query's and a turn's own child are not among
// them: they are forked from query's zygote and from an agent pool for one piece of work.
function residents(d) {
  const all = new Map();
  for (const dir of fs.readdirSync('/proc').filter(x => /^\d+$/.test(x))) {
    try {
      const [program, word] = fs.readFileSync(`/proc/${dir}/cmdline`, 'utf8').split('\0');
      const m = program.startsWith(path.join(d.state, 'app/bin/')) && /lyceum-(\w+)$/.exec(program);
      const status = fs.readFileSync(`/proc/${dir}/status`, 'utf8');
      if (m) all.set(Number(dir), { service: m[1] + (word ? `-${word}` : ''), parent: Number(/PPid:\s+(\d+)/.exec(status)[1]), rss: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024 });
    } catch { /* it ended meanwhile */ }
  }
  const depth = pid => (all.has(pid) ? 1 + depth(all.get(pid).parent) : 0);
  const lasting = [...all].filter(([pid, p]) => depth(pid) <= (p.service === 'gate' ? 3 : 2));
  return new Map(lasting.map(([pid, p]) => [`${p.service} ${pid}`, p.rss]));
}
const missing = (before, after) => [...before.keys()].filter(k => !after.has(k));
const begin = d => until('every service', () => (SERVICES.every(x => [...residents(d).keys()].some(k => k.startsWith(`${x} `))) ? residents(d) : null));

await s.test('the check itself finds a report among the lines of a log', () => {
  const report = '2026 ==7==ERROR: LeakSanitizer: detected memory leaks\n2026 x.c:3:5: runtime error: signed integer overflow\n2026 ok\n'
    + '2026 ==7==ERROR: AddressSanitizer: heap-use-after-free\n2026 bug: must(a) failed at b.c:3\n2026 worker 1 ended by signal 6\n2026 worker 1 ended with status 23';
  equal(complaints(report).length, 6);
  equal(complaints('lyceum-web: ready\n'), []);
});

await s.test(`the sanitizer build serves ${REQUESTS} requests, stops by itself, and complains of nothing`, async () => {
  if (!process.env.LYCEUM_BUILD_ASAN) {
    const r = spawnSync(path.join(ROOT, 'deploy/build'), ['--preset', 'asan', '--yes'], { encoding: 'utf8' });
    equal(r.status, 0, r.stderr);
  }
  const options = 'ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1';
  const d = await Deployment.start({ demo: true, build: ASAN, env: { LYCEUM_TEST_ENV: options } });
  try {
    setUp(d, model);
    await publish(d, 0);
    const before = await begin(d);
    for (let n = 0; n < ROUNDS; n++) await round(d, n, REQUESTS / ROUNDS);
    equal(complaints(d.logs()), [], 'the logs while it served');
    equal(missing(before, residents(d)), [], 'processes that were lost');
    for (const name of SERVICES) {
      const r = d.run(['sv', '-w', '60', 'down', path.join(d.state, 'sv', name)]);
      equal(r.status, 0, `${name} does not stop: ${r.stdout}`);
    }
    await until('the end of every process', () => residents(d).size === 0);
    const said = d.logs();
    equal(complaints(said), [], `the logs at the end: ${said.slice(Math.max(0, said.search(BAD) - 200)).slice(0, 3000)}`);
  } finally { d.stop(); }
});

// Between the two measures a leak of 2 KB a request would show.
await s.test('the released build keeps its memory from one fifth of the requests to the end', async () => {
  const d = await Deployment.start({ demo: true, build: BUILD });
  try {
    setUp(d, model);
    await publish(d, 0);
    await round(d, 0, REQUESTS / ROUNDS);
    const early = residents(d);
    for (let n = 1; n < ROUNDS; n++) await round(d, n, REQUESTS / ROUNDS);
    const late = residents(d);
    equal(missing(early, late), [], 'processes that were lost');
    equal(complaints(d.logs()), [], 'the logs');
    const grown = [...early].filter(([k, rss]) => late.get(k) > rss * 1.3 + (2 << 20)).map(([k, rss]) => `${k}: ${rss} to ${late.get(k)} bytes`);
    for (const [k, rss] of early) console.log(`# ${k}: ${rss >> 10} KB, then ${late.get(k) >> 10} KB`);
    equal(grown, [], 'processes that grew');
  } finally { d.stop(); }
});
model.stop();
s.end();

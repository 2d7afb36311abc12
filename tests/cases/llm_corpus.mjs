// llm_corpus: `lyceum llm decode` against the recorded answers of ../shared/llm/corpus, in three chunkings.
//
//   node tests/cases/llm_corpus.mjs [path of lyceum, default build/lyceum] [--usage] [--only WORD]
//
// Compares text, tool names, arguments (as JSON values), stop and whether there is an error with each expected.json of
// the cases of the four APIs; --usage compares the token counts too. Cases without expected.json that say in
// their features what they are (an error, retryable or not) are held to that. Skipped when the corpus is absent.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const argv = process.argv.slice(2);
const flag = (name) => argv.includes(name) && !!argv.splice(argv.indexOf(name), 1);
const withUsage = flag('--usage');
const only = argv.includes('--only') ? argv.splice(argv.indexOf('--only'), 2)[1] : '';
const program = path.resolve(argv[0] || path.join(process.env.LYCEUM_BUILD || path.join(root, 'build'), 'lyceum'));
const shared = process.env.LYCEUM_SHARED || path.resolve(root, '../shared');
const corpus = path.join(shared, 'llm/corpus');
const CHUNKS = ['all', 'byte', '7'];
const APIS = ['openai-chat', 'anthropic', 'openai-responses', 'gemini'];

if (!fs.existsSync(corpus)) {
  console.log('0 passed, 0 failed, 1 skipped: there is no corpus at ' + corpus);
  process.exit(0);
}

// The corpus says stop|tool|length|content_filter|refusal|pause|error; we say stop|tool_calls|length|content_filter|error.
const STOP = { stop: 'stop', tool: 'tool_calls', length: 'length', content_filter: 'content_filter', refusal: 'content_filter',
  pause: 'stop', complete: 'stop', queued: 'error', error: 'error' };

function value(text) {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return { 'not JSON': text };
  }
}

function sorted(x) {
  if (Array.isArray(x)) return x.map(sorted);
  if (!x || typeof x !== 'object') return x;
  return Object.fromEntries(Object.keys(x).sort().map((k) => [k, sorted(x[k])]));
}
const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function compare(want, got) {
  const wrong = [];
  const check = (what, a, b) => same(a, b) || wrong.push(`${what}: ${JSON.stringify(a)?.slice(0, 160)} became ${JSON.stringify(b)?.slice(0, 160)}`);
  check('text', want.text ?? '', got.text);
  check('tool names', want.tool_calls.map((c) => c.name), got.tool_calls.map((c) => c.name));
  check('arguments', want.tool_calls.map((c) => value(c.arguments)), got.tool_calls.map((c) => value(c.arguments)));
  // null: the provider did not say; other:...: a word that the corpus' reader does not know.
  if (want.stop !== null && !want.stop.startsWith('other:')) check('stop', STOP[want.stop], got.stop);
  if (want.stop === null && !want.error && ['cut', 'nonsense'].includes(got.error?.kind)) wrong.unended = true;
  else check('error', !!want.error, !!got.error);
  if (got.tool_calls.some((c) => !c.id)) wrong.push('a call has no id');
  for (const [k, v] of withUsage ? Object.entries(want.usage ?? {}) : []) { // null: the corpus' reader did not know where to look
    if (k !== 'total' && k !== 'tool_use' && v !== null) check('usage.' + k, v.total_cost ?? v, got.usage?.[k] ?? null);
  }
  return wrong;
}

// For the written cases: what their features promise.
function promised(meta, got) {
  const has = (f) => meta.features.includes(f) && !(f === 'not-retryable' && overruled); // a header's word is retry's to read
  const overruled = meta.headers.some(([k]) => k === 'x-should-retry');
  const error = meta.status >= 400 || has('error-in-200') || has('non-json-200') || has('empty-200');
  const wrong = [];
  if (!!got.error !== error) wrong.push(`error: expected ${error}, got ${JSON.stringify(got.error)}`);
  if (got.error && has('retryable') && !got.error.retryable) wrong.push('must be retryable');
  if (got.error && has('not-retryable') && got.error.retryable) wrong.push('must not be retryable');
  if (!error && got.stop === 'error') wrong.push('stop is error');
  return wrong;
}

let passed = 0, others = 0;
const failures = [], unended = [], count = {};
for (const name of fs.readdirSync(corpus).sort()) {
  const dir = path.join(corpus, name);
  if (!fs.existsSync(path.join(dir, 'meta.json')) || !name.includes(only)) continue;
  const meta = JSON.parse(fs.readFileSync(path.join(dir, 'meta.json'), 'utf8'));
  if (!APIS.includes(meta.api)) {
    others++;
    continue;
  }
  const body = fs.readFileSync(path.join(dir, meta.body_file));
  const wantFile = path.join(dir, 'expected.json');
  const want = fs.existsSync(wantFile) ? JSON.parse(fs.readFileSync(wantFile, 'utf8')) : null;
  const wrong = new Set();
  let noEnd = false;
  for (const chunk of CHUNKS) {
    const args = ['llm', 'decode', '--api', meta.api, '--status', String(meta.status), '--chunk', chunk];
    if (meta.body_file !== 'body.sse') args.push('--unary');
    try {
      const got = JSON.parse(execFileSync(program, args, { input: body, maxBuffer: 1 << 28 }).toString('utf8'));
      const found = want ? compare(want, got) : promised(meta, got);
      for (const w of found) wrong.add(w);
      noEnd ||= !!found.unended;
    } catch (e) {
      wrong.add(`chunk ${chunk}: ${String(e.message).split('\n')[0]}`);
    }
  }
  const c = count[meta.api] ??= { all: 0, agree: 0 };
  c.all++;
  if (wrong.size) failures.push(`${name}\n    ${[...wrong].join('\n    ')}`);
  else passed++;
  if (noEnd) unended.push(name);
  if (!wrong.size && !noEnd) c.agree++;
}
for (const f of failures) console.log('FAILED ' + f);
// The corpus' reader notes what it finds; that an answer is missing, or broke off, is ours to say.
for (const n of unended) console.log('NO END  ' + n + ': it holds no error, and no whole answer either: we say so');
for (const [api, c] of Object.entries(count)) console.log(`${api}: ${c.agree} of ${c.all} agree in full (${(100 * c.agree / c.all).toFixed(1)}%)`);
console.log(`(${others} recordings are of APIs that we do not speak.)`);
console.log(`${passed} passed, ${failures.length} failed, 0 skipped`);
process.exit(failures.length ? 1 : 0);

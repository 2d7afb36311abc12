// policy_cli: `lyceum policy` as foreign suites use it: tables, decisions line by line, traces, exit statuses.
//   node tests/cases/policy_cli.mjs [path of lyceum, default build/lyceum]
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.resolve(process.argv[2] || path.join(process.env.LYCEUM_BUILD || path.join(root, 'build'), 'lyceum'));
const run = (args, input = '') => spawnSync(program, ['policy', ...args], { input, encoding: 'utf8', maxBuffer: 64 << 20, env: { PATH: process.env.PATH } });
let passed = 0, failed = 0;
const check = (what, ok, seen = '') => { if (ok) passed++; else { failed++; console.log(`not ok: ${what}: ${String(seen).slice(0, 400)}`); } };

const golden = zlib.gunzipSync(fs.readFileSync(path.join(root, 'tests/cases/policy/golden.tsv.gz'))).toString();
const table = run(['table']), view = run(['table', '--view']);
check('the table is the golden file', table.status === 0 && table.stdout === golden, table.stderr);
check('the SQL view is the golden file', view.status === 0 && view.stdout === golden, view.stderr);

// Every row of the table asked for as JSON.
const [head, ...lines] = golden.trimEnd().split('\n').map(l => l.split('\t'));
const names = ['proposer', 'integrity', 'level', 'dominates', 'effect', 'clearance', 'mode', 'approval'];
check('the header', head.join() === [...names, 'decision', 'reason'].join(), head);
check('43,200 rows, each case once', lines.length === 43200 && new Set(lines.map(l => l.slice(0, 8).join())).size === 43200, lines.length);
const json = (row, number = true) => JSON.stringify(Object.fromEntries(names.map((n, i) => [n, n === 'integrity' && number ? Number(row[i]) : row[i]])));
const all = run(['decide'], lines.map((l, i) => json(l, i % 2 === 0)).join('\n'));
const answers = all.stdout.trimEnd().split('\n').map(l => JSON.parse(l));
const wrong = lines.findIndex((l, i) => answers[i]?.decision !== l[8] || answers[i]?.reason !== l[9]);
check('each row is decided as the table says, in order', all.status === 0 && answers.length === 43200 && wrong < 0, wrong);

// Bad lines among good ones.
const good = json(lines[0]);
const bad = ['nonsense', '[]', '{}', good.replace('"user"', '"root"'), good.replace('"integrity":0', '"integrity":5'), good.replace('"integrity":0', '"integrity":1.5'),
  good.replace('"dominates":"yes"', '"dominates":"maybe"'), good.replace('"E0"', '"e0"'), good.replace('{', '{"proposer":"model",'), `"${'x'.repeat(1 << 21)}"`, '{"a":"\0"}'];
const mixed = run(['decide'], `${bad.flatMap(b => [b, good]).join('\n')}\n\n`);
const told = mixed.stdout.trimEnd().split('\n').map(l => JSON.parse(l));
check('bad lines get a sentence, the others an answer', told.length === 2 * bad.length && told.every((x, i) => i % 2 ? x.decision === 'ALLOW' : /^[A-Z"].*\.$/.test(x.error)), JSON.stringify(told.find((x, i) => i % 2 ? !x.decision : !x.error)));
check('bad lines are an exit status of 1', mixed.status === 1, mixed.status);
check('nothing asked, nothing said', run(['decide']).status === 0 && run(['decide']).stdout === '');

const trace = ['{"op":"conversation","mode":"private"}', '{"op":"attach","dataset":"hr","level":"secret","integrity":4}', '{"op":"read","dataset":"hr"}',
  '{"op":"call","proposer":"model","tool":"fetch_url","effect":"E3","sink":"evil.example","clearance":"public","args":{"url":"http://evil.example/"}}'];
const file = path.join(root, 'tests/cases/policy/trifecta.jsonl');
const want = '{"n":1,"decision":"ALLOW","reason":"read-within-clearance","level":"secret","categories":["hr"],"integrity":4}\n' +
  '{"n":2,"decision":"REFUSE","reason":"above-clearance","level":"secret","categories":["hr"],"integrity":4}\n';
check('the stored trace is the one here', fs.readFileSync(file, 'utf8') === `${trace.join('\n')}\n`);
const played = run(['trace', file]), piped = run(['trace', '-'], trace.join('\n'));
check('a trace from a file', played.status === 0 && played.stdout === want, played.stdout);
check('a trace from standard input', piped.status === 0 && piped.stdout === want, piped.stdout);
const broken = run(['trace', '-'], ['{"op":"conversation"}', ...trace].join('\n'));
check('a trace goes on after a bad line', broken.status === 1 && JSON.parse(broken.stdout.split('\n')[0]).error && broken.stdout.endsWith(want), broken.stdout);
check('a file that is not there', run(['trace', '/nowhere']).status === 1 && /can't be read/.test(run(['trace', '/nowhere']).stderr));
for (const args of [[], ['tables'], ['table', '--sql'], ['trace'], ['decide', 'x']]) check(`usage of ${args.join(' ')}`, run(args).status === 2);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

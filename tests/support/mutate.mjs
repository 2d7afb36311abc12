// mutate: every mutant of app/policy/decide.c, each compiled with the unit tests; one that no test notices is a failure.
//   node tests/support/mutate.mjs [--list]
// What is made: conditions deleted, negated, made true or false; comparisons changed to each other one; && and || swapped;
// constants of an enum and numbers moved; verdicts, reasons and words swapped; `!` and statements deleted.
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const BUILD = process.env.LYCEUM_BUILD ?? path.join(ROOT, 'build');
const TARGET = path.join(ROOT, 'app/policy/decide.c');
const source = fs.readFileSync(TARGET, 'utf8');
const header = fs.readFileSync(path.join(ROOT, 'app/policy/decide.h'), 'utf8');

// Tokens of the function bodies, in order, with their places.
const pattern = /\/\*[\s\S]*?\*\/|#.*|"(?:\\.|[^"\\])*"|[A-Za-z_]\w*|\d+|->|<=|>=|==|!=|&&|\|\||\S/g;
const all = [...source.matchAll(pattern)].filter(m => !/^(\/\*|#)/.test(m[0])).map(m => ({ z: m[0], at: m.index, end: m.index + m[0].length }));
const tokens = [];
for (let i = 0, depth = 0, inside = false; i < all.length; i++) {
  if (all[i].z === '{') { if (depth++ === 0) inside = all[i - 1].z === ')'; else if (inside) tokens.push(all[i]); continue; }
  if (all[i].z === '}' && --depth === 0) { if (inside) tokens.push({ ...all[i], wall: true }); inside = false; continue; }
  if (inside) tokens.push(all[i]);
}

const enums = [...header.matchAll(/enum \w+ \{([^}]*)\}/g)].map(m => m[1].replace(/\/\*[\s\S]*?\*\//g, '').split(',').map(x => x.trim()).filter(Boolean));
const strings = [...new Set(tokens.filter(t => t.z[0] === '"').map(t => t.z))];
const verdicts = ['allow', 'ask', 'refuse'];
const opens = new Set(['(', '{', '[']), closes = new Set([')', '}', ']']);

const mutants = [];
const line = at => source.slice(0, at).split('\n').length;
const replace = (what, from, to, text) => mutants.push({ what, line: line(from), text: source.slice(0, from) + text + source.slice(to), old: source.slice(from, to), now: text });

// The other end of an expression that begins or ends beside token i; it stops at walls of lower precedence.
function reach(i, step, walls) {
  const inner = step > 0 ? opens : closes, outer = step > 0 ? closes : opens;
  let k = i + step, depth = 0;
  for (; k >= 0 && k < tokens.length; k += step) {
    const { z, wall } = tokens[k];
    if (wall) break;
    if (inner.has(z)) depth++;
    else if (outer.has(z)) { if (depth-- === 0) break; }
    else if (depth === 0 && walls.has(z)) break;
  }
  return k - step;
}
const statement = new Set([';', 'return', '=', '?', ':', ',', '{', '}']);
const conjunct = new Set([...statement, '&&', '||']), disjunct = new Set([...statement, '||']);

// A whole condition: negated, true, false.
function condition(first, last) {
  const from = tokens[first].at, to = tokens[last].end, z = source.slice(from, to);
  replace('negated', from, to, `!(${z})`);
  replace('made true', from, to, '1');
  replace('made false', from, to, '0');
}
const isBoolean = (first, last) => tokens.slice(first, last + 1).some(t => ['&&', '||', '==', '!=', '<', '>', '<=', '>=', '!'].includes(t.z)) &&
  !tokens.slice(first, last + 1).some(t => t.z === '?' || t.z === '{');

tokens.forEach((t, i) => {
  const { z, at, end } = t;
  if (['<', '>', '<=', '>='].includes(z))
    for (const other of ['<', '>', '<=', '>=', '==', '!=']) if (other !== z) replace('comparison', at, end, other);
  if (z === '==') replace('comparison', at, end, '!=');
  if (z === '!=') replace('comparison', at, end, '==');
  if (z === '&&' || z === '||') {
    replace('and/or', at, end, z === '&&' ? '||' : '&&');
    const walls = z === '&&' ? conjunct : disjunct;
    const first = reach(i, -1, walls), last = reach(i, 1, walls);
    replace('condition deleted', tokens[first].at, tokens[i + 1].at, '');
    replace('condition deleted', tokens[i - 1].end, tokens[last].end, '');
    replace('operand negated', tokens[first].at, tokens[i - 1].end, `!(${source.slice(tokens[first].at, tokens[i - 1].end)})`);
    replace('operand negated', tokens[i + 1].at, tokens[last].end, `!(${source.slice(tokens[i + 1].at, tokens[last].end)})`);
  }
  if (z === '!') replace('! deleted', at, end, '');
  if (z === 'if') condition(i + 2, reach(i + 1, 1, new Set()));
  if (z === '?') condition(reach(i, -1, statement), i - 1);
  if (z === 'return' && tokens[i + 1]) {
    const last = reach(i, 1, new Set([';']));
    if (isBoolean(i + 1, last)) condition(i + 1, last);
  }
  for (const words of enums) if (words.includes(z)) for (const other of words) if (other !== z) replace('constant', at, end, other);
  if (/^\d+$/.test(z)) for (const other of [+z - 1, +z + 1]) replace('number', at, end, String(other));
  if (verdicts.includes(z) && tokens[i + 1].z === '(') for (const other of verdicts) if (other !== z) replace('verdict', at, end, other);
  if (z[0] === '"') for (const other of strings) if (other !== z) replace('reason', at, end, other);
  // Statements: from behind ; { } ) or a label's colon to the next semicolon.
  if (z === ';') {
    const first = reach(i, -1, new Set([';', '{', '}']));
    let from = first;
    if (tokens[from].z === 'if') from = reach(from + 1, 1, new Set()) + 2; // what the if guards
    if (tokens[from].z === 'case' || tokens[from].z === 'default') {
      replace('case deleted', tokens[from].at, end, '');
      while (tokens[from].z !== ':') from++;
      from++;
    }
    if (tokens[first].z === 'if') replace('statement deleted', tokens[first].at, end, '');
    replace('statement deleted', tokens[from].at, end, ';');
  }
});
const unique = [...new Map(mutants.filter(m => m.text !== source).map(m => [m.text, m])).values()];
if (process.argv.includes('--list')) { for (const m of unique) console.log(`${m.line}: ${m.what}: ${m.old} -> ${m.now}`); process.exit(0); }

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-mutate-'));
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
const run = promisify(execFile);
const flags = ['-std=c17', '-D_GNU_SOURCE', '-O0', '-w', '-Werror=return-type', `-DLYCEUM_SOURCE_DIR="${ROOT}"`, `-I${ROOT}/app`];
const tests = ['test_decide', 'test_golden'];
const libs = [path.join(BUILD, 'liblyc_base.a'), '-lcmocka', '-lsodium', '-ljansson', '-lconfig', '-lm'];
for (const f of [...tests.map(x => `tests/unit/policy/${x}.c`), 'app/policy/table.c', 'app/policy/words.c'])
  execFileSync('gcc', [...flags, '-O1', '-c', path.join(ROOT, f), '-o', path.join(dir, `${path.basename(f, '.c')}.o`)]);

// What the tests say about one text of decide.c: "compiler", or who noticed: "properties", "examples", "golden"; [] is survival.
async function judge(text, n) {
  const c = path.join(dir, `m${n}.c`), o = path.join(dir, `m${n}.o`);
  fs.writeFileSync(c, text);
  try { await run('gcc', [...flags, '-c', c, '-o', o]); } catch { return ['compiler']; }
  const found = [];
  for (const test of tests) {
    const program = path.join(dir, `m${n}.${test}`);
    await run('gcc', [o, ...[test, 'table', 'words'].map(x => path.join(dir, `${x}.o`)), ...libs, '-o', program]);
    let out = '';
    try { await run(program, [], { timeout: 20000, maxBuffer: 64 << 20 }); } catch (e) { out = `${e.stdout}${e.stderr}` || 'killed'; }
    fs.rmSync(program);
    if (out === '') continue;
    if (test === 'test_golden') found.push('golden');
    else found.push(/FAILED.*(the_function_has_its_properties|what_is_no_case)/.test(out) ? 'properties' : 'examples');
  }
  fs.rmSync(c);
  fs.rmSync(o);
  return found;
}

const clean = await judge(source, 'clean');
if (clean.length > 0) { console.log(`not ok: the unchanged file fails: ${clean.join(', ')}`); console.log('0 passed, 1 failed'); process.exit(1); }
const results = new Array(unique.length);
let next = 0;
await Promise.all(Array.from({ length: Math.min(4, os.cpus().length) }, async () => {
  while (next < unique.length) { const n = next++; results[n] = await judge(unique[n].text, n); }
}));
const by = who => results.filter(r => r.includes(who)).length;
const survivors = unique.filter((_, i) => results[i].length === 0);
for (const m of survivors) console.log(`not ok: ${path.relative(ROOT, TARGET)}:${m.line}: ${m.what}: ${m.old} -> ${m.now}: no test noticed`);
console.log(`${unique.length} mutants: ${by('compiler')} refused by the compiler, ${by('properties')} killed by the properties, ${by('golden')} by the golden file; ` +
  `${results.filter(r => !r.includes('properties') && !r.includes('compiler') && r.length > 0).length} by the golden file or examples alone (most change a reason only)`);
console.log(`${unique.length - survivors.length} passed, ${survivors.length} failed`);
process.exit(survivors.length > 0 ? 1 : 0);

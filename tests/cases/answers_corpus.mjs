// answers_corpus: how often the hints, links and notes are right on the development half of the shared corpora.
//
//   node tests/cases/answers_corpus.mjs [path of lyceum, default build/lyceum] [--wrong N] [--only mutations|natural|linking|checking]
//
// Fails below what is wanted. --wrong N prints N cases of each kind that were wrong.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const args = process.argv.slice(2);
const wrong = args.includes('--wrong') ? Number(args[args.indexOf('--wrong') + 1]) : 0;
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
const program = path.resolve(args[0] && !args[0].startsWith('--') ? args[0] : path.join(process.env.LYCEUM_BUILD || path.join(root, 'build'), 'lyceum'));
const shared = process.env.LYCEUM_SHARED || path.join(root, '../shared');
const data = path.join(shared, 'data');
if (!existsSync(data)) {
  console.log(`skipped: ${data} is not there\n0 passed, 0 failed, 1 skipped`);
  process.exit(0);
}
const rows = (name) => readFileSync(path.join(data, name), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
const file = (db) => path.join(data, 'db', db);

/** Runs lines through `lyceum <command> --batch`; the answers in order, and how long it took. */
const batch = (command, lines) => new Promise((resolve, reject) => {
  const begin = performance.now(), child = spawn(program, [command, '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const out = [];
  child.stdout.on('data', (d) => out.push(d));
  child.on('error', reject);
  child.on('close', (code) => {
    const answers = Buffer.concat(out).toString('utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
    const good = code === 0 && answers.length === lines.length && answers.every((a, i) => a.id === lines[i].id);
    if (good) resolve({ answers, ms: performance.now() - begin });
    else reject(new Error(`${command}: exit ${code}, ${answers.length} answers to ${lines.length} lines, or out of order`));
  });
  child.stdin.end(lines.map((l) => JSON.stringify(l)).join('\n') + '\n');
});

const share = (n, all) => (all ? Math.round((1000 * n) / all) / 10 : 100);
let failures = 0, passed = 0;
const tell = (name, n, all, least = null, most = null) => {
  const value = share(n, all), bad = (least !== null && value < least) || (most !== null && value > most);
  if (bad) failures++;
  else if (least !== null || most !== null) passed++;
  const want = least !== null ? `  (wanted >= ${least})` : most !== null ? `  (wanted <= ${most})` : '';
  console.log(`${bad ? 'BELOW ' : '      '}${name}: ${value}% of ${all}${want}`);
};
const shown = {};
const show = (kind, text) => {
  shown[kind] = (shown[kind] || 0) + 1;
  if (shown[kind] <= wrong) console.log(`    ${kind}: ${text}`);
};
const low = (s) => String(s).toLowerCase();
const has = (list, name) => list.some((s) => low(s) === low(name));

const mutations = async () => {
  const all = rows('broken/mutations.jsonl').filter((r) => (r.outcome === 'error' || r.outcome === 'empty') && r.needed?.length);
  const { answers, ms } = await batch('hint', all.map((r) => ({ id: r.id, db: file(r.db), sql: r.broken_sql })));
  const sums = { all: [0, 0, 0], error: [0, 0, 0] };
  let bytes = 0, objects = 0;
  const by = {};
  answers.forEach((a, i) => {
    const r = all[i], e = a.error;
    const text = low(e ? [...e.suggestions, e.hint].join(' \n ') : a.notes.map((n) => n.text).join(' '));
    const holds = r.needed.every((n) => text.includes(low(n))), first = e ? r.needed.every((n) => has(e.suggestions.slice(0, 5), n)) : holds;
    if (e) [bytes, objects] = [bytes + JSON.stringify(e).length, objects + 1];
    const kind = `${r.mutation}/${r.outcome}`;
    by[kind] ||= [0, 0, 0];
    for (const s of [sums.all, by[kind], ...(r.outcome === 'error' ? [sums.error] : [])]) [s[0], s[1], s[2]] = [s[0] + holds, s[1] + first, s[2] + 1];
    if (!holds || !first) show(`${kind}${holds ? ' (late)' : ''}`, `${r.id} needs ${r.needed} ${e ? `${e.message} -> ${e.suggestions} | ${e.hint}` : JSON.stringify(a.notes)}\n        ${r.broken_sql.slice(0, 300)}`);
  });
  console.log(`hint on mutations (${Math.round(ms / all.length * 100) / 100} ms a line)`);
  tell('needed identifier in suggestions or hint, errors', sums.error[0], sums.error[2], 93);
  tell('needed identifier in the first five suggestions, errors', sums.error[1], sums.error[2], 80);
  tell('needed identifier told, errors and empty results', sums.all[0], sums.all[2]);
  console.log(`      an error object has ${Math.round(bytes / objects)} characters on average (wanted <= 600)`);
  if (bytes / objects > 600) failures++;
  else passed++;
  for (const [k, s] of Object.entries(by)) if (s[0] < s[2] || s[1] < s[2]) console.log(`        ${k}: told ${share(s[0], s[2])}%, in five ${share(s[1], s[2])}% of ${s[2]}`);
};

const natural = async () => {
  for (const name of ['single_shot', 'agent_loop']) {
    const all = rows(`broken/natural_errors_${name}.jsonl`).filter((r) => r.needed_kind?.length && /^no such (table|column)/.test(r.error_class));
    const { answers } = await batch('hint', all.map((r) => ({ id: r.id, db: file(r.db), sql: r.broken_sql })));
    const sum = { table: [0, 0, 0], column: [0, 0, 0] };
    let bytes = 0;
    answers.forEach((a, i) => {
      const r = all[i], kind = r.error_class.includes('table') ? 'table' : 'column', e = a.error;
      bytes += JSON.stringify(e || '').length;
      const top = e ? e.suggestions.slice(0, kind === 'table' ? 3 : 5) : [];
      const ok = r.needed_kind.some((n) => has(top, n));
      sum[kind][0] += ok;
      sum[kind][1] += r.needed_kind.some((n) => low([...(e?.suggestions || []), e?.hint || '', ...a.notes.map((x) => x.text)].join(' ')).includes(low(n)));
      sum[kind][2]++;
      if (!ok) show(`natural ${kind}`, `${r.error} needs ${r.needed_kind} -> ${e?.suggestions} | ${e?.hint}\n        ${r.broken_sql.slice(0, 240)}`);
    });
    console.log(`hint on natural errors, ${name}`);
    tell('a needed table in the top three', sum.table[0], sum.table[2], 92);
    tell('a needed column or table in the top five, unknown columns', sum.column[0], sum.column[2], 60);
    tell('any needed name told, tables', sum.table[1], sum.table[2]);
    tell('any needed name told, columns', sum.column[1], sum.column[2]);
    console.log(`      ${Math.round(bytes / all.length)} characters on average`);
  }
};

const foreign = new Map();
const schema = async (db) => {
  if (!foreign.has(db)) {
    const ask = (sql) => new Promise((resolve) => {
      const out = [], child = spawn(program, ['sql', file(db), sql, '--json', '--rows', '100000'], { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.on('data', (d) => out.push(d));
      child.on('close', () => resolve(JSON.parse(Buffer.concat(out).toString() || '{"rows":[]}').rows || []));
    });
    const names = (await ask("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")).map((r) => r[0]);
    const keys = await ask("SELECT m.name, k.\"table\" FROM sqlite_schema m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table'");
    foreign.set(db, { names: new Set(names.map(low)), keys: keys.map((k) => k.map(low)) });
  }
  return foreign.get(db);
};
const tokens = (sql) => sql.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d+(?:\.\d+)?|[^\s]/g) || [];
const bare = (t) => (/^["'`[]/.test(t) ? t.slice(1, -1) : t);
/** Tables and text literals of a right statement. */
const goldOf = (sql, names) => {
  const t = tokens(sql), tables = new Set(), texts = new Set();
  t.forEach((k, i) => {
    if (/^(from|join|,)$/i.test(t[i - 1] || '') && names.has(low(bare(k)))) tables.add(low(bare(k)));
    if (/^(=|in|like)$/i.test(t[i - 1] || '') || (/^[(,]$/.test(t[i - 1] || '') && /^["']/.test(t[i - 2] || t[i - 1]) ))
      if (/^["']/.test(k) && /^(=|in|like)$/i.test(t[i - 1] || '')) texts.add(bare(k).replace(/''/g, "'").replace(/^%+|%+$/g, ''));
  });
  return { tables: [...tables], texts: [...texts].filter((s) => s.length > 0) };
};

const linking = async () => {
  const sets = [['spider_dev', 99, 90], ['spider_realistic', 96, 90], ['spider_syn_dev', 87, 86], ['spider_train', null, null], ['spider_dk', null, null], ['bird_dev_subset', null, null],
    ['text2sql_data', null, null], ['kaggledbqa', null, null], ['defog_sql_eval', null, null], ['handmade_public', null, null], ['ambrosia', null, null]];
  for (const [name, tablesWanted, valuesWanted] of sets) {
    const all = rows(`qa/${name}.jsonl`).filter((r) => r.gold_sql && existsSync(file(r.db)));
    const { answers, ms } = await batch('link', all.map((r, i) => ({ id: i, db: file(r.db), question: r.question })));
    let ok = 0, n = 0, values = 0, nValues = 0, missing = 0;
    for (const [i, a] of answers.entries()) {
      const r = all[i], s = await schema(r.db), gold = goldOf(r.gold_sql, s.names);
      if (gold.tables.length) {
        const near = new Set(a.tables.slice(0, 4).map(low));
        for (const x of [...near]) for (const [from, to] of s.keys) if (from === x) near.add(to); else if (to === x) near.add(from);
        const good = gold.tables.every((x) => near.has(x));
        n++;
        ok += good;
        if (!good) show(`link tables ${name}`, `${r.db} ${r.question} needs ${gold.tables} -> ${a.tables}`);
      }
      for (const text of gold.texts) {
        const good = a.values.slice(0, 5).some((v) => low(v.value) === low(text) || (text.length > 2 && low(v.value).includes(low(text)) && !a.values.some((w) => low(w.value) === low(text))));
        nValues++;
        values += good;
        if (!good) show(`link values ${name}`, `${r.db} ${r.question} needs '${text}' -> ${a.values.slice(0, 5).map((v) => v.value)}`);
      }
      missing += !gold.tables.length;
    }
    console.log(`link on ${name} (${Math.round(ms / all.length * 100) / 100} ms a question, with the index)`);
    tell('all tables in the first four and their neighbours', ok, n, tablesWanted);
    tell('needed literal in the top five', values, nValues, valuesWanted);
  }
};

const checking = async () => {
  const empty = rows('broken/natural_wrong_results.jsonl').filter((r) => r.outcome === 'empty');
  const { answers } = await batch('check', empty.map((r) => ({ id: r.id, db: file(r.db), sql: r.broken_sql })));
  console.log('check');
  const flagged = answers.filter((a) => a.notes.length > 0).length;
  answers.forEach((a, i) => a.notes.length || show('unflagged', `${empty[i].broken_sql.slice(0, 400)}\n        GOLD ${empty[i].right_sql.slice(0, 300)}`));
  const byCode = {};
  for (const a of answers) for (const c of new Set(a.notes.map((n) => n.code))) byCode[c] = (byCode[c] || 0) + 1;
  tell('natural empty results flagged', flagged, empty.length, 60);
  console.log(`      ${JSON.stringify(byCode)}`);
  const sums = [0, 0], codes = {};
  for (const name of ['spider_dev', 'spider_train', 'spider_realistic', 'spider_dk', 'bird_dev_subset', 'text2sql_data', 'kaggledbqa', 'defog_sql_eval', 'handmade_public', 'ambrosia', 'archer_train', 'archer_dev']) {
    const all = rows(`qa/${name}.jsonl`).filter((r) => r.gold_sql && r.exec === 'ok' && existsSync(file(r.db)));
    const run = await batch('check', all.map((r, i) => ({ id: i, db: file(r.db), sql: r.gold_sql })));
    let n = 0, failed = 0;
    run.answers.forEach((a, i) => {
      const real = a.notes;
      failed += a.rows === null;
      if (a.rows === null) show('right SQL refused', `${all[i].gold_sql.slice(0, 200)} ${JSON.stringify(a.error)}`);
      n += real.length > 0;
      for (const c of new Set(real.map((x) => x.code))) {
        codes[c] = (codes[c] || 0) + 1;
        show(`false alarm ${c}`, `${name} rows ${a.rows} ${real.find((x) => x.code === c).text}\n        ${all[i].gold_sql.slice(0, 300)}`);
      }
    });
    sums[0] += n;
    sums[1] += all.length;
    console.log(`      ${name}: ${share(n, all.length)}% of ${all.length} right statements doubted, ${failed} failed, ${Math.round(run.ms / all.length * 100) / 100} ms a line`);
  }
  tell('false alarms on right SQL', sums[0], sums[1], null, 5);
  console.log(`      ${JSON.stringify(codes)}`);
};

for (const [name, part] of Object.entries({ mutations, natural, linking, checking })) if (!only || only === name) await part();
console.log(`${passed} passed, ${failures} failed, 0 skipped`);
process.exit(failures ? 1 : 0);

// publish: files in, followers out, revisions back; a bad file is refused with its reason and the old revision serves on.
import { Deployment, Suite, equal, holds, must } from '../support/deployment.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const s = new Suite();
const d = await Deployment.start();
const file = (name, bytes) => { const p = path.join(d.state, name); fs.writeFileSync(p, bytes); return p; };
const sql = async q => JSON.parse((await d.get('/towns/-/query.json?' + new URLSearchParams({ sql: q }))).body);
const csv = n => 'id,name,height_m\n' + Array.from({ length: n }, (_, i) => `${i + 1},"Town ${i + 1}",${i * 1.5}`).join('\n') + '\n';
// A small SQLite file made by Python's own library, so that the test needs no program of ours to make it.
const make = (name, statements) => {
  const p = path.join(d.state, name);
  const r = spawnSync('python3', ['-c', 'import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.executescript(sys.argv[2])\nc.commit()', p, statements], { encoding: 'utf8' });
  equal(r.status, 0, r.stderr);
  return p;
};

await s.test('a CSV becomes a dataset with typed columns', async () => {
  const r = d.lyceum(['publish', file('towns.csv', csv(5)), '--name', 'towns', '--public', '--title', 'Towns', '--license', 'CC0-1.0', '--json']);
  equal(r.status, 0, r.stdout + r.stderr);
  equal((await sql('select count(*) as n, typeof(height_m) as t from towns')).rows[0], { n: 5, t: 'real' });
  holds((await d.get('/towns')).body, 'CC0-1.0');
});
await s.test('publishing again is a new revision, rollback is the old one', async () => {
  equal(d.lyceum(['publish', file('towns.csv', csv(9)), '--name', 'towns', '--public']).status, 0);
  equal((await sql('select count(*) as n from towns')).rows[0].n, 9);
  equal(d.lyceum(['rollback', 'towns']).status, 0);
  equal((await sql('select count(*) as n from towns')).rows[0].n, 5);
  holds(d.lyceum(['revisions', 'towns']).stdout, '9');
});
const bad = {
  'not a database': () => file('x.db', 'hello, this is no database at all, just some text that goes on'),
  'empty': () => file('empty.db', ''),
  'encrypted or random bytes': () => file('random.db', Buffer.from(Array.from({ length: 8192 }, (_, i) => (i * 7919 + 13) & 255))),
  'truncated': () => { const p = make('cut.db', 'create table t(a); insert into t select hex(randomblob(2000)) from (with recursive c(i) as (select 1 union all select i+1 from c where i<200) select i from c);'); fs.truncateSync(p, 20000); return p; },
  'corrupt page': () => { const p = make('corrupt.db', 'create table t(a); insert into t select hex(randomblob(500)) from (with recursive c(i) as (select 1 union all select i+1 from c where i<500) select i from c);'); const fd = fs.openSync(p, 'r+'); fs.writeSync(fd, Buffer.alloc(3000, 0xAB), 0, 3000, 8192); fs.closeSync(fd); return p; },
  'ragged CSV': () => file('ragged.csv', 'a,b\n1,2\n1,2,3\n'),
  'no header': () => file('nothing.csv', ''),
  'broken JSON': () => file('broken.json', '[{"a":1},'),
};
for (const [what, make_] of Object.entries(bad)) {
  await s.test(`${what}: refused with a sentence, the old revision serves on`, async () => {
    const r = d.lyceum(['publish', make_(), '--name', 'towns', '--public']);
    must(r.status !== 0, 'it was accepted');
    must((r.stderr + r.stdout).trim().length > 20, 'no sentence');
    equal((await sql('select count(*) as n from towns')).rows[0].n, 5);
  });
}
await s.test('a hostile database loses its triggers and views, and says so', async () => {
  const p = make('hostile.db', `create table t(a integer primary key, b text default (lower('X')) check (length(b) < 100));
    insert into t values (1,'one'),(2,'two'); create table log(x);
    create trigger evil after insert on t begin delete from log; end;
    create view good as select a, upper(b) as b from t; create view bad as select load_extension('x') from t;`);
  const r = d.lyceum(['publish', p, '--name', 'hostile', '--public']);
  equal(r.status, 0, r.stdout + r.stderr);
  holds(r.stdout, 'evil');
  holds(r.stdout, 'bad');
  const j = JSON.parse((await d.get('/hostile/-/query.json?sql=' + encodeURIComponent('select b from good order by a'))).body);
  equal(j.rows.map(x => x.b), ['ONE', 'TWO']);
});
await s.test('a private dataset is not there for visitors, and its conversation is private', async () => {
  equal(d.lyceum(['publish', file('secret.csv', 'k,v\n1,hidden\n'), '--name', 'ledger']).status, 0);
  equal((await d.get('/ledger')).status, 404);
  equal((await d.get('/ledger/ledger.json')).status, 404);
  must(!(await d.get('/')).body.includes('/ledger'), 'listed');
  const r = await d.lyceumAsync(['ask', '--dataset', 'ledger', '--json', 'how many rows are there?']).done;
  holds(r.stdout, '"outcome"');
});
await s.test('a label of what is not there is refused: it would protect nothing', () => {
  for (const place of ['towns.heigth_m', 'twons', 'towns.name.x']) {
    const r = d.lyceum(['label', 'set', 'towns', place, '--level', 'private']);
    must(r.status !== 0, place);
    holds(r.stderr, 'The dataset towns has no');
  }
  equal(d.lyceum(['label', 'set', 'towns', 'Towns.HEIGHT_M', '--level', 'private']).status, 0, 'names are SQLite\'s');
  equal(d.lyceum(['label', 'set', 'towns', 'towns.height_m', '--level', 'none']).status, 0, 'taken away');
  equal(d.lyceum(['label', 'set', 'towns', 'towns', '--level', 'none']).status, 0);
});
await s.test('unpublish withdraws it from readers at once', async () => {
  equal((await d.get('/hostile')).status, 200);
  equal(d.lyceum(['unpublish', 'hostile']).status, 0);
  equal((await d.get('/hostile')).status, 404);
  equal((await d.get('/hostile/-/query.json?sql=select+1')).status, 404);
});
await s.test('names that could be paths are refused', () => {
  for (const n of ['../x', 'a/b', '', '.', 'A B', '-x', 'x'.repeat(100)]) must(d.lyceum(['publish', file('t.csv', 'a\n1\n'), '--name', n]).status !== 0, n);
});
d.stop();
s.end();

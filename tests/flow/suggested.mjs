// suggested: every question that the pages suggest is one that the guide answers with rows.
import { Deployment, Suite, equal, must } from '../support/deployment.mjs';

const s = new Suite();
const d = await Deployment.start({ demo: true });
const { spawnSync } = await import('node:child_process');
const fs = await import('node:fs');
const folder = fs.mkdtempSync('/tmp/lyceum-demo-');
spawnSync(new URL('../../deploy/scripts/demo-data', import.meta.url).pathname, [folder]);
const metas = fs.readdirSync(folder).filter(f => f.endsWith('.meta.json'));
await s.test('there are demo datasets with at least 8 tables, keys, descriptions and licences', () => {
  const all = metas.map(f => JSON.parse(fs.readFileSync(`${folder}/${f}`, 'utf8')));
  const tables = all.flatMap(m => Object.values(m.tables));
  must(tables.length >= 8, `${tables.length} tables`);
  must(all.every(m => m.license && m.source && m.description && m.suggested.length >= 3), 'a dataset lacks its facts');
  must(tables.every(t => t.description), 'a table lacks its description');
});
for (const f of metas) {
  const name = f.replace('.meta.json', '');
  for (const question of JSON.parse(fs.readFileSync(`${folder}/${f}`, 'utf8')).suggested) {
    await s.test(`${name}: ${question}`, () => {
      const r = d.lyceum(['ask', '--dataset', name, '--model', 'guide', '--json', question]);
      const j = JSON.parse(r.stdout);
      equal(j.outcome, 'done', j.answer);
      must(j.results.at(-1).rows.length > 0, 'no rows');
    });
  }
}
fs.rmSync(folder, { recursive: true });
d.stop();
s.end();

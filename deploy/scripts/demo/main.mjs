// main: writes the demonstration datasets into a folder: <name>.json (tables) and <name>.meta.json (what they mean).
// Sources: node_modules/vega-datasets and Debian's iso-codes. The same input gives the same bytes.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import sources from './read.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const folder = process.argv[2];
if (!folder) {
  console.error('usage: demo-data FOLDER');
  process.exit(2);
}
const context = sources(root);
fs.mkdirSync(folder, { recursive: true });
for (const name of ['movies', 'cars', 'weather', 'gapminder', 'airports', 'earthquakes', 'countries']) {
  let built;
  try {
    built = (await import(`./${name}.mjs`)).default(context);
  } catch (e) {
    if (e.code !== 'ENOENT') throw e;
    console.error(`demo-data: ${name} is left out: ${e.path} is missing`);
    continue;
  }
  // A table per line, a row per line: what changed between two versions can be read.
  const tables = Object.entries(built.tables).map(
    ([table, rows]) => `${JSON.stringify(table)}: [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`);
  fs.writeFileSync(path.join(folder, `${name}.json`), `{\n${tables.join(',\n')}\n}\n`);
  fs.writeFileSync(path.join(folder, `${name}.meta.json`), JSON.stringify(built.meta, null, 1) + '\n');
}

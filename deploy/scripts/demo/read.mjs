// read: the sources of the demonstration datasets, and the shorthand in which their tables are described.
import fs from 'node:fs';
import path from 'node:path';

// RFC 4180, for files that are known to be well formed.
function parseCsv(text) {
  const rows = [];
  let row = [], cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(cell);
      cell = '';
      if (c === '\n') {
        rows.push(row);
        row = [];
      }
    } else if (c !== '\r') cell += c;
  }
  if (cell || row.length) rows.push([...row, cell]);
  const [head, ...body] = rows;
  return body.map((r) => Object.fromEntries(head.map((name, i) => [name, r[i]])));
}

// Describes a table: columns as [name, description, unit].
function table(description, primaryKey, columns, foreignKeys = []) {
  return {
    description,
    primary_key: primaryKey,
    columns: Object.fromEntries(columns.map(([name, text, unit]) => [name, unit ? { description: text, unit } : { description: text }])),
    foreign_keys: foreignKeys.map(([column, other, to]) => ({ columns: [column], table: other, to: [to] })),
  };
}

export default (root) => {
  const vega = (file) => path.join(root, 'node_modules/vega-datasets/data', file);
  const iso = (code) => `/usr/share/iso-codes/json/iso_${code}.json`;
  return {
    json: (file) => JSON.parse(fs.readFileSync(vega(file), 'utf8')),
    csv: (file) => parseCsv(fs.readFileSync(vega(file), 'utf8')),
    iso: (code) => JSON.parse(fs.readFileSync(iso(code), 'utf8'))[code],
    table,
    number: (text) => (text === '' || text === undefined ? null : Number(text)),
  };
};
